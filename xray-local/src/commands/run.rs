//! `run`: a program with a server of its own.

use std::ffi::OsString;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitStatus;

use clap::Args;
use tokio::process::Command;
use tokio::runtime;
use xray_local::{Limits, Options, Server, Store, TimeRange, count_text, map, printable};

use super::export::ExportFile;
use super::output::talk;
use super::serve::{address, farewell};
use super::start::{Starting, failure};
use super::{Exit, Failure, amount};

const EXAMPLES: &str = "\
Examples:
  xray-local run -- ./my-service                     what it traced is summed up at the end
  xray-local run --export traces.jsonl -- make test  and is in the file afterwards

";

/// Run a program with an X-Ray of its own: exits with the program's code
///
/// AWS_XRAY_DAEMON_ADDRESS, AWS_ENDPOINT_URL_XRAY and XRAY_LOCAL_ADDRESS tell the program where it is; AWS_XRAY_REPORT_HEALTH has xray-sdk
/// tell how it does, for the doctor. Variables of OpenTelemetry are left as they are: xray-local takes segment documents, and no OTLP.
/// Signals are passed on. At the end
/// what was traced is summed up on standard error. A program that a signal ended counts as 128 and the signal's number; 127 says that
/// there is no such program, 126 that it cannot be started.
#[derive(Debug, Args)]
#[command(before_help = EXAMPLES)]
pub(super) struct Run {
    /// The address for segments (UDP) and the X-Ray API (TCP); port 0 picks a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0", value_parser = address)]
    bind: SocketAddr,

    /// The folder that keeps the traces [default: memory, until it ends]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,

    /// Write all documents into this file at the end, one a line, as `xray-local export` does
    #[arg(long, value_name = "FILE")]
    export: Option<PathBuf>,

    /// Do not sum up at the end
    #[arg(long, short)]
    quiet: bool,

    /// The program and its arguments
    #[arg(value_name = "COMMAND", required = true, last = true)]
    command: Vec<OsString>,
}

impl Run {
    pub(super) fn run(self) -> Result<Exit, Failure> {
        let export = self.export.as_deref().map(ExportFile::open).transpose()?;
        let notices = |text: &str| talk(format_args!("xray-local: {text}\n"));
        let mut options = Options::default().bind(self.bind).notices(notices);
        if let Some(folder) = &self.data {
            options = options.data(folder).limits(Limits::on_disk());
        }
        let server = Server::start(options)
            .map_err(|error| failure(&error, self.bind, Starting::ForProgram))?;
        if !self.quiet {
            talk(format_args!(
                "xray-local: {} shows what is traced\n",
                server.url()
            ));
        }
        let runtime = runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| cannot_wait(&error))?;
        let ended = runtime.block_on(self.wait(&server));
        let store = server.store().clone();
        // What had arrived is stored before this returns.
        let received = server.stop();
        let exit = exit(ended?);
        if !self.quiet {
            talk(format_args!(
                "{}{}",
                summary(&store),
                farewell(&store, &received)
            ));
        }
        if let Some(export) = export {
            export.write(&store)?;
        }
        Ok(exit)
    }

    async fn wait(&self, server: &Server) -> Result<ExitStatus, Failure> {
        let mut signals = signal::Signals::listen().map_err(|error| cannot_wait(&error))?;
        let (program, arguments) = self.command.split_first().expect("clap wants one at least");
        let address = server.local_address().to_string();
        let mut child = Command::new(program)
            .args(arguments)
            .env("AWS_XRAY_DAEMON_ADDRESS", &address)
            .env("AWS_ENDPOINT_URL_XRAY", server.url())
            // For the doctor.
            .env("AWS_XRAY_REPORT_HEALTH", "true")
            .env("XRAY_LOCAL_ADDRESS", &address)
            .spawn()
            .map_err(|error| cannot_start(program, &error))?;
        signals
            .pass_on_until_end(&mut child)
            .await
            .map_err(|error| cannot_wait(&error))
    }
}

fn cannot_start(program: &OsString, error: &io::Error) -> Failure {
    let exit = match error.kind() {
        io::ErrorKind::NotFound => Exit::Child(127),
        _ => Exit::Child(126),
    };
    let program = printable(&program.to_string_lossy());
    Failure::new(
        exit,
        format!("cannot start {program:?}: {error}"),
        "Name a program that is in PATH, or its path: xray-local run -- ./my-service",
    )
}

fn cannot_wait(error: &io::Error) -> Failure {
    Failure::failed(
        format!("cannot wait for the program: {error}"),
        "The system may be out of open files: end other programs, or raise `ulimit -n`.",
    )
}

#[cfg(unix)]
fn exit(status: ExitStatus) -> Exit {
    use std::os::unix::process::ExitStatusExt as _;
    let code = status.code().or_else(|| Some(128 + status.signal()?));
    Exit::Child(code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
}

#[cfg(not(unix))]
fn exit(status: ExitStatus) -> Exit {
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Exit::Child(code.unwrap_or(1))
}

/// What was traced: how much, the map, and the slowest.
fn summary(store: &Store) -> String {
    let traces = store.summaries(&TimeRange::ALWAYS);
    if traces.is_empty() {
        return "\nxray-local: nothing was traced. Does the program read AWS_XRAY_DAEMON_ADDRESS, and does it sample?\n\
            One that sends OTLP (OTEL_*) needs OpenTelemetry's collector between, with the exporter awsxray and AWS_ENDPOINT_URL_XRAY as its endpoint.\n".to_owned();
    }
    let count =
        |of: fn(&xray_local::TraceSummary) -> bool| traces.iter().filter(|trace| of(trace)).count();
    let mut text = format!(
        "\nxray-local: {}: {} with faults, {} with errors, {} throttled\n",
        count_text(traces.len() as u64, "trace", "traces"),
        count(|trace| trace.has_fault),
        count(|trace| trace.has_error && !trace.has_fault),
        count(|trace| trace.has_throttle),
    );
    for line in map(&store.service_graph(&TimeRange::ALWAYS)).lines() {
        text.push_str(&format!("  {line}\n"));
    }
    // How long one takes that goes on nobody knows.
    let times = traces
        .iter()
        .filter_map(|trace| Some((trace, trace.duration?)));
    if let Some((slowest, time)) = times.max_by(|one, other| one.1.total_cmp(&other.1)) {
        let time = amount::duration_text(Some(time));
        text.push_str(&format!("  the slowest took {time}: {}\n", slowest.id));
    }
    text
}

#[cfg(unix)]
mod signal {
    use std::future::poll_fn;
    use std::io;
    use std::process::ExitStatus;
    use std::task::Poll;

    use nix::sys::signal::{Signal, kill};
    use nix::unistd::{Pid, getpgrp, tcgetpgrp};
    use tokio::process::Child;
    use tokio::signal::unix::{Signal as Heard, SignalKind, signal};

    /// What is passed on. The terminal itself sends the first two to all who run in its foreground.
    const PASSED_ON: [Signal; 6] = [
        Signal::SIGINT,
        Signal::SIGQUIT,
        Signal::SIGTERM,
        Signal::SIGHUP,
        Signal::SIGUSR1,
        Signal::SIGUSR2,
    ];

    /// The signals that this process hears in place of being ended by them.
    pub(super) struct Signals {
        heard: Vec<(Signal, Heard)>,
    }

    impl Signals {
        pub(super) fn listen() -> io::Result<Self> {
            let listen = |passed: Signal| {
                let heard = signal(SignalKind::from_raw(passed as i32))?;
                Ok((passed, heard))
            };
            let heard: io::Result<_> = PASSED_ON.into_iter().map(listen).collect();
            Ok(Self { heard: heard? })
        }

        /// Waits for the child to end.
        pub(super) async fn pass_on_until_end(
            &mut self,
            child: &mut Child,
        ) -> io::Result<ExitStatus> {
            loop {
                let id = child.id().and_then(|id| i32::try_from(id).ok());
                let passed = tokio::select! {
                    ended = child.wait() => return ended,
                    passed = self.next() => passed,
                };
                if let Some(id) = id.filter(|_| !is_sent_by_terminal(passed)) {
                    // It may have ended just now.
                    let _ = kill(Pid::from_raw(id), passed);
                }
            }
        }

        async fn next(&mut self) -> Signal {
            poll_fn(|context| {
                for (passed, heard) in &mut self.heard {
                    if heard.poll_recv(context).is_ready() {
                        return Poll::Ready(*passed);
                    }
                }
                Poll::Pending
            })
            .await
        }
    }

    /// Whether the child has heard it, too: it runs in the foreground of the same terminal.
    fn is_sent_by_terminal(passed: Signal) -> bool {
        matches!(passed, Signal::SIGINT | Signal::SIGQUIT)
            && tcgetpgrp(io::stdin()).is_ok_and(|foreground| foreground == getpgrp())
    }
}

#[cfg(not(unix))]
mod signal {
    use std::io;
    use std::process::ExitStatus;

    use tokio::process::Child;

    pub(super) struct Signals;

    impl Signals {
        pub(super) fn listen() -> io::Result<Self> {
            Ok(Self)
        }

        /// Waits for the child to end. Ctrl-C reaches it by itself.
        pub(super) async fn pass_on_until_end(
            &mut self,
            child: &mut Child,
        ) -> io::Result<ExitStatus> {
            loop {
                tokio::select! {
                    ended = child.wait() => return ended,
                    _ = tokio::signal::ctrl_c() => {}
                }
            }
        }
    }
}
