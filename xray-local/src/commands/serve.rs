//! Without a command: the server, until it is told to end.

use std::env;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use tokio::runtime;
use xray_daemon::Counts;
use xray_local::{Keys, Limits, Options, Server, Store, count_text, printable};

use super::output::talk;
use super::secret::Secrets;
use super::start::{Starting, failure};
use super::state_folder::state_folder;
use super::{Exit, Failure, amount};

/// The least that a store on disk can be held to: the log that documents are written to first takes half of it.
const LEAST_ON_DISK: u64 = 32_000_000;

/// The file in the state folder that keeps the sampling rules.
const RULES_FILE: &str = "sampling-rules.json";

#[derive(Debug, Args)]
pub(super) struct Serve {
    /// The address to receive segments on (UDP) and to answer the X-Ray API on (TCP); port 0 picks a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:2000", env = "XRAY_LOCAL_BIND", value_parser = address)]
    bind: SocketAddr,

    /// Permit an address that other machines can reach: whoever reaches it can read and write all that is stored
    #[arg(long)]
    allow_remote: bool,

    /// A name that the server may be called by, beside localhost and addresses; may be repeated
    #[arg(long, value_name = "NAME")]
    allow_host: Vec<String>,

    #[command(flatten)]
    secrets: Secrets,

    /// The folder that keeps traces and sampling rules [default: xray-local in $XDG_STATE_HOME or ~/.local/state]
    #[arg(long, value_name = "DIR", env = "XRAY_LOCAL_DATA")]
    data: Option<PathBuf>,

    /// The file that keeps the sampling rules; groups, tags and settings stand in files beside it [default: sampling-rules.json in the folder of --data]
    #[arg(long, value_name = "FILE")]
    rules: Option<PathBuf>,

    /// Keep nothing on disk: traces and sampling rules are forgotten when it ends
    #[arg(long, conflicts_with_all = ["rules", "data"])]
    memory: bool,

    /// How much room traces may take before the oldest leave: 32MB at least, or some with --memory [default: 10GB, or 256MB with --memory]
    #[arg(long, value_name = "SIZE", value_parser = amount::some_size)]
    keep_bytes: Option<u64>,

    /// How long a trace is kept after its first document came
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, default_value = "30d", value_parser = amount::some_time)]
    keep_age: Duration,

    /// Refuse documents that make a trace larger than this, as X-Ray does somewhere above 100kB [default: no limit]
    #[arg(long, value_name = "SIZE", value_parser = amount::some_size)]
    trace_bytes: Option<u64>,

    /// How much memory the index may take for what it has read: with less, queries over many traces take longer [default: 128MB, or 32MB with --memory]
    #[arg(long, value_name = "SIZE", value_parser = amount::size)]
    index_memory: Option<u64>,
}

/// Reads an address, whose host may be a name.
pub(super) fn address(text: &str) -> Result<SocketAddr, String> {
    if text.parse::<u16>().is_ok() {
        return Err(format!(
            "expected a host and a port, as in 127.0.0.1:{text}"
        ));
    }
    let found = text.to_socket_addrs().map(|mut addresses| {
        // `localhost` may mean both; SDKs send to the older one.
        let first = addresses.next();
        addresses.find(SocketAddr::is_ipv4).or(first)
    });
    match found {
        Ok(Some(address)) => Ok(address),
        Ok(None) => Err("the name has no address".to_owned()),
        Err(error) => Err(format!(
            "expected a host and a port, as in 127.0.0.1:2000 ({error})"
        )),
    }
}

impl Serve {
    pub(super) fn run(self) -> Result<Exit, Failure> {
        let places = self.places();
        self.check_room(&places)?;
        let mut options = self.options(&places);
        let keys = self.secrets.keys()?;
        let callers = keys.as_ref().map(Keys::count);
        if let Some(keys) = keys {
            options = options.keys(keys);
        }
        if let Some(key) = self.secrets.encryption_key()? {
            options = options.encryption_key(key);
        }
        let server =
            Server::start(options).map_err(|error| failure(&error, self.bind, Starting::Alone))?;
        let limits = self.limits(&places);
        let greet = || {
            talk(format_args!(
                "{}",
                greeting(&server, &places, &limits, callers)
            ));
        };
        until_signal(greet).map_err(|error| {
            Failure::failed(
                format!("cannot wait for signals: {error}"),
                "The system may be out of open files: end other programs, or raise `ulimit -n`.",
            )
        })?;
        let store = server.store().clone();
        let received = server.stop();
        talk(format_args!("{}", farewell(&store, &received)));
        Ok(Exit::Ok)
    }

    fn options(&self, places: &Places) -> Options {
        let mut options = Options::default()
            .bind(self.bind)
            .allow_remote(self.allow_remote)
            .limits(self.limits(places))
            .notices(|text| talk(format_args!("xray-local: {text}\n")));
        for host in &self.allow_host {
            options = options.allow_host(host);
        }
        if let Some(file) = &places.rules {
            options = options.rules(file);
        }
        if let Some(folder) = &places.data {
            options = options.data(folder);
        }
        options
    }

    fn check_room(&self, places: &Places) -> Result<(), Failure> {
        let is_too_little = |bytes: &u64| places.data.is_some() && *bytes < LEAST_ON_DISK;
        match self.keep_bytes.filter(is_too_little) {
            Some(bytes) => Err(Failure::usage(
                format!(
                    "--keep-bytes {}: a store on disk takes {} at least",
                    amount::size_text(bytes),
                    amount::size_text(LEAST_ON_DISK)
                ),
                "Keep more, or keep it in memory: xray-local --memory --keep-bytes SIZE",
            )),
            None => Ok(()),
        }
    }

    fn limits(&self, places: &Places) -> Limits {
        let limits = match places.data {
            Some(_) => Limits::on_disk(),
            None => Limits::default(),
        };
        Limits {
            bytes: self.keep_bytes.unwrap_or(limits.bytes),
            age: self.keep_age,
            trace_bytes: self.trace_bytes.unwrap_or(limits.trace_bytes),
            index_bytes: self.index_memory.unwrap_or(limits.index_bytes),
            ..limits
        }
    }

    fn places(&self) -> Places {
        if self.memory {
            return Places::default();
        }
        let data = self.data.clone();
        let data = data.or_else(|| state_folder(|name| env::var_os(name)));
        let rules = self.rules.clone();
        Places {
            rules: rules.or_else(|| data.as_ref().map(|folder| folder.join(RULES_FILE))),
            data,
        }
    }
}

/// What is kept where; `None` in memory.
#[derive(Default)]
struct Places {
    data: Option<PathBuf>,
    rules: Option<PathBuf>,
}

fn greeting(server: &Server, places: &Places, limits: &Limits, keys: Option<usize>) -> String {
    let callers = match keys {
        None => String::new(),
        Some(1) => ", to requests that its key has signed".to_owned(),
        Some(keys) => format!(", to requests that one of {keys} keys has signed"),
    };
    let name = |place: &Option<PathBuf>| match place {
        Some(path) => path.display().to_string(),
        None => "memory until it ends".to_owned(),
    };
    let encrypted = match server.store().encryption_key() {
        Some(key) => format!(", encrypted with {key}"),
        None => String::new(),
    };
    format!(
        "\
xray-local {version}
  receives   UDP {address}
  answers    {url} (the X-Ray API){callers}
  keeps      traces in {data}{encrypted}, up to {bytes} and {age}; nothing leaves this machine
  rules      for sampling, in {rules}

Paste into the shell of your program:
  export AWS_XRAY_DAEMON_ADDRESS={address_to_use}
  export AWS_ENDPOINT_URL_XRAY={url}
  export AWS_XRAY_REPORT_HEALTH=true     # for `xray-local doctor`

Ctrl-C ends it.
",
        version = env!("CARGO_PKG_VERSION"),
        address = server.address(),
        address_to_use = server.local_address(),
        url = server.url(),
        data = name(&places.data),
        rules = name(&places.rules),
        bytes = amount::size_text(limits.bytes),
        age = amount::time_text(limits.age),
    )
}

/// What became of all that came, a line for each thing worth one.
pub(super) fn farewell(store: &Store, received: &Counts) -> String {
    let counts = store.counts();
    let mut lines = vec![format!(
        "{} received ({} rejected, {} refused for lack of room); {} stored, {} refused",
        count_text(received.received, "datagram", "datagrams"),
        received.rejected(),
        received.refused,
        count_text(counts.stored, "document", "documents"),
        counts.rejected,
    )];
    if received.overrun > 0 {
        lines.push(format!(
            "the kernel dropped {}, which came faster than they were read; a larger net.core.rmem_max helps (8 MiB are asked for)",
            count_text(received.overrun, "more datagram", "more datagrams")
        ));
    }
    if counts.evicted_traces > 0 {
        let evicted = count_text(counts.evicted_traces, "trace has", "traces have");
        lines.push(format!("{evicted} left, the oldest first"));
    }
    if counts.removed_traces > 0 {
        let removed = count_text(counts.removed_traces, "trace was", "traces were");
        lines.push(format!("{removed} taken out"));
    }
    if counts.unwritten > 0 {
        let unwritten = count_text(counts.unwritten, "document", "documents");
        lines.push(format!("{unwritten} could not be written"));
    }
    if let Some(last) = store.rejections().last() {
        let last = printable(&last.to_string());
        lines.push(format!("the last document that was refused: {last}"));
    }
    let lines = lines.iter().map(|line| format!("xray-local: {line}\n"));
    format!("\n{}", lines.collect::<String>())
}

/// Waits for Ctrl-C, or for SIGTERM where there is such a thing. Calls `ready` as soon as these are heard.
fn until_signal(ready: impl FnOnce()) -> io::Result<()> {
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(signal(ready))
}

#[cfg(unix)]
async fn signal(ready: impl FnOnce()) -> io::Result<()> {
    use std::future::poll_fn;
    use std::task::Poll;
    use tokio::signal::unix::{SignalKind, signal};

    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    ready();
    poll_fn(|context| {
        let interrupted = interrupt.poll_recv(context).is_ready();
        match interrupted | terminate.poll_recv(context).is_ready() {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }
    })
    .await;
    Ok(())
}

#[cfg(not(unix))]
async fn signal(ready: impl FnOnce()) -> io::Result<()> {
    ready();
    tokio::signal::ctrl_c().await
}
