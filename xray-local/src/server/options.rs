use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use crate::access::Admission;
#[cfg(feature = "keys")]
use crate::access::Keys;
use crate::clock::Clock;
use crate::notice::Notice;
#[cfg(feature = "disk")]
use crate::store::EncryptionKey;
use crate::store::Limits;

/// How a server is started.
///
/// ```
/// use xray_local::{Limits, Options};
///
/// let options = Options::default()
///     .bind("127.0.0.1:0".parse()?)
///     .limits(Limits { traces: 1_000, ..Limits::default() });
/// # Ok::<(), std::net::AddrParseError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Options {
    pub(super) address: SocketAddr,
    pub(super) allow_remote: bool,
    pub(super) hosts: Vec<String>,
    pub(super) admission: Callers,
    pub(super) limits: Limits,
    pub(super) rules: Option<PathBuf>,
    #[cfg(feature = "disk")]
    pub(super) data: Option<PathBuf>,
    #[cfg(feature = "disk")]
    pub(super) encryption_key: Option<EncryptionKey>,
    pub(super) clock: Clock,
    pub(super) notice: Notice,
}

/// Who lets callers in; everyone is, where there is nobody.
#[derive(Clone)]
pub(super) struct Callers(pub(super) Option<Arc<dyn Admission>>);

impl fmt::Debug for Callers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "some" } else { "all" })
    }
}

/// UDP and TCP 2000 on loopback, where SDKs look for a daemon. Nothing is kept on disk.
impl Default for Options {
    fn default() -> Self {
        Self {
            address: (Ipv4Addr::LOCALHOST, 2000).into(),
            allow_remote: false,
            hosts: Vec::new(),
            admission: Callers(None),
            limits: Limits::default(),
            rules: None,
            #[cfg(feature = "disk")]
            data: None,
            #[cfg(feature = "disk")]
            encryption_key: None,
            clock: Clock::default(),
            notice: Notice::default(),
        }
    }
}

impl Options {
    /// The address, for UDP and TCP both. Port 0 picks a number that is free for both.
    pub fn bind(mut self, address: SocketAddr) -> Self {
        self.address = address;
        self
    }

    /// Permits an address that other machines can reach. Whoever reaches it can read and write what is stored.
    pub fn allow_remote(mut self, allowed: bool) -> Self {
        self.allow_remote = allowed;
        self
    }

    /// A name under which the server is called, beside `localhost` and addresses: that of its container, for example.
    /// Calls under other names are refused, since a web page can make a browser call any name (DNS rebinding).
    pub fn allow_host(mut self, name: impl Into<String>) -> Self {
        self.hosts.push(name.into());
        self
    }

    /// The keys that requests over TCP must be signed with. Without them everyone who reaches the port may call everything.
    #[cfg(feature = "keys")]
    pub fn keys(mut self, keys: Keys) -> Self {
        self.admission = Callers(Some(Arc::new(keys)));
        self
    }

    /// How much is kept.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// The file that keeps the sampling rules, so that they are there again when the next server starts with it. It is read when
    /// the server starts, where it is there, and written when a call changes the rules. It has the form of GetSamplingRules' answer.
    /// Groups, tags, resource policies and settings are kept beside it, in `groups.json`, `tags.json`, `resource-policies.json` and
    /// `settings.json`.
    pub fn rules(mut self, file: impl Into<PathBuf>) -> Self {
        self.rules = Some(file.into());
        self
    }

    /// The folder that keeps the traces, so that they are there again when the next server starts with it; it is made where it is
    /// not there. One server at a time has it. What is said to be stored outlives the process, however it ends; a power cut may cost
    /// the last second. Without it traces are kept in memory. Mind [`Limits::on_disk`].
    #[cfg(feature = "disk")]
    pub fn data(mut self, folder: impl Into<PathBuf>) -> Self {
        self.data = Some(folder.into());
        self
    }

    /// The key that the folder of traces is encrypted with, from its start: a folder that was made without a key takes none. Documents, and all that is
    /// known of what they say, are sealed with AES-256-GCM; ids and times of traces are not.
    #[cfg(feature = "disk")]
    pub fn encryption_key(mut self, key: EncryptionKey) -> Self {
        self.encryption_key = Some(key);
        self
    }

    /// What time it is for sampling and for the age of traces, in place of the machine's own clock: for tests that let it stand still, or hurry on.
    ///
    /// ```
    /// use std::sync::atomic::{AtomicU64, Ordering};
    /// use std::sync::Arc;
    /// use std::time::{Duration, SystemTime};
    /// use xray_local::Options;
    ///
    /// let seconds = Arc::new(AtomicU64::new(1_700_000_000));
    /// let ours = Arc::clone(&seconds);
    /// let options = Options::default()
    ///     .clock(move || SystemTime::UNIX_EPOCH + Duration::from_secs(ours.load(Ordering::Relaxed)));
    /// seconds.fetch_add(10, Ordering::Relaxed);
    /// ```
    pub fn clock(mut self, time: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.clock = Clock::new(time);
        self
    }

    /// Who is told what goes wrong while the server runs and is over again, a line at a time: that the disk is full, for one. Called
    /// by whichever thread finds out, which waits for it. Without it nobody is; [`Store::trouble`](crate::Store::trouble) tells what
    /// is wrong at present.
    pub fn notices(mut self, hear: impl Fn(&str) + Send + Sync + 'static) -> Self {
        self.notice = Notice::new(hear);
        self
    }
}
