//! A real xray-local as the receiver: it stores on disk what it gets.

use std::env;
use std::fs;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::{self, Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use serde_json::Value;

/// The program beside this one, with a folder of its own. It ends, and its folder goes, when this is dropped.
pub(super) struct Local {
    child: Child,
    address: SocketAddr,
    folder: PathBuf,
}

/// What its greeting has before its address.
const GREETING: &str = "AWS_ENDPOINT_URL_XRAY=http://";

impl Local {
    /// Starts it; none where it was not built.
    pub(super) fn start() -> io::Result<Option<Self>> {
        let program = env::current_exe()?.with_file_name("xray-local");
        if !program.exists() {
            return Ok(None);
        }
        let folder = env::temp_dir().join(format!("overhead-{}", process::id()));
        let child = Command::new(program)
            .args(["--bind", "127.0.0.1:0", "--data"])
            .arg(&folder)
            .stderr(Stdio::piped())
            .spawn()?;
        let mut local = Self {
            child,
            address: ([127, 0, 0, 1], 0).into(),
            folder,
        };
        let told = local.child.stderr.take().map(BufReader::new);
        let mut lines = told.into_iter().flat_map(BufReader::lines);
        let address = lines.find_map(|line| {
            let line = line.ok()?;
            let (_, address) = line.split_once(GREETING)?;
            address.split_whitespace().next()?.parse().ok()
        });
        // What it says later goes nowhere, and does not hold it up.
        thread::spawn(move || lines.for_each(drop));
        local.address = address.ok_or_else(|| io::Error::other("xray-local did not start"))?;
        Ok(Some(local))
    }

    /// Where it receives documents.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many documents it has stored, once it has done with all that it took.
    pub(super) fn stored(&self) -> io::Result<u64> {
        loop {
            let health = self.health()?;
            let number = |place| {
                let number = health.pointer(place).and_then(Value::as_u64);
                number.ok_or_else(|| io::Error::other(format!("no {place} in {health}")))
            };
            let stored = number("/store/stored")?;
            let done = stored + number("/store/rejected")? + number("/store/unwritten")?;
            if done >= number("/datagrams/accepted")? {
                return Ok(stored);
            }
            thread::sleep(Duration::from_millis(100));
        }
    }

    fn health(&self) -> io::Result<Value> {
        let mut stream = TcpStream::connect(self.address)?;
        let head = format!("Host: {}\r\nConnection: close", self.address);
        write!(stream, "GET /local/health HTTP/1.1\r\n{head}\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (_, body) = answer.split_once("\r\n\r\n").unwrap_or_default();
        Ok(serde_json::from_str(body)?)
    }
}

impl Drop for Local {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}
