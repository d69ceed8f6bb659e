//! The process that asks, and receives documents.

use std::env;
use std::error::Error;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::SocketAddr;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::thread;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;

use super::affinity::{self, Core};
use super::load;
use crate::sink::Sink;

/// What came of asking.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Answer {
    /// How many responses came in all, warming up included.
    pub(super) all: u64,
    /// How many came in a second that counts.
    pub(super) each_second: f64,
    /// What half of them took at most, in microseconds; and 99 in 100.
    pub(super) p50: f64,
    pub(super) p99: f64,
}

/// That process, which has told where documents may be sent, and waits for the address of a server.
pub(super) struct Client {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    sink: SocketAddr,
}

impl Client {
    pub(super) fn start() -> io::Result<Self> {
        let mut child = Command::new(env::current_exe()?)
            .arg("--ask")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(io::Error::other("it has no pipes"));
        };
        let mut output = BufReader::new(output);
        let sink = line(&mut output)?;
        Ok(Self {
            child,
            input,
            output,
            sink,
        })
    }

    /// Where it receives documents.
    pub(super) fn sink(&self) -> SocketAddr {
        self.sink
    }

    /// Has it ask a server. A thread waits for the answer.
    pub(super) fn ask(
        mut self,
        server: SocketAddr,
    ) -> io::Result<oneshot::Receiver<io::Result<(Answer, Self)>>> {
        writeln!(self.input, "{server}")?;
        let (tell, answer) = oneshot::channel();
        thread::spawn(move || {
            let answer = line(&mut self.output);
            // Who asked may have given up.
            let _ = tell.send(answer.map(|answer| (answer, self)));
        });
        Ok(answer)
    }

    /// Ends it, and tells how many datagrams it got.
    pub(super) fn end(mut self) -> io::Result<u64> {
        drop(self.input);
        let received = line(&mut self.output)?;
        self.child.wait()?;
        Ok(received)
    }
}

/// Reads one line of JSON.
fn line<T: DeserializeOwned>(output: &mut BufReader<ChildStdout>) -> io::Result<T> {
    let mut line = String::new();
    output.read_line(&mut line)?;
    Ok(serde_json::from_str(&line)?)
}

/// What that process does.
///
/// # Errors
///
/// When the server does not answer, or nobody listens any more.
pub(crate) fn run() -> Result<(), Box<dyn Error>> {
    affinity::stay_on(Core::Last);
    let sink = Sink::open()?;
    let mut lines = io::stdin().lines();
    println!("{}", serde_json::to_string(&sink.address())?);
    let server = lines.next().ok_or("there is no server to ask")??;
    println!("{}", serde_json::to_string(&answer(server.parse()?)?)?);
    // Documents may still come until there is nobody who would send them.
    lines.for_each(drop);
    println!("{}", sink.end()?);
    Ok(())
}

/// How long a server is asked, before it counts and then.
const WARM_UP: Duration = Duration::from_millis(150);
const MEASURED: Duration = Duration::from_millis(600);

/// Asks a server.
///
/// # Errors
///
/// When it does not answer.
pub(super) fn answer(server: SocketAddr) -> io::Result<Answer> {
    let mut asked = load::ask(server, WARM_UP, MEASURED)?;
    Ok(Answer {
        all: asked.all,
        each_second: asked.microseconds.len() as f64 / asked.time.as_secs_f64(),
        p50: asked.quantile(0.5),
        p99: asked.quantile(0.99),
    })
}
