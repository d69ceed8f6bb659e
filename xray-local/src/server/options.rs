use std::net::{Ipv4Addr, SocketAddr};

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
    pub(super) limits: Limits,
}

/// UDP and TCP 2000 on loopback, where SDKs look for a daemon.
impl Default for Options {
    fn default() -> Self {
        Self {
            address: (Ipv4Addr::LOCALHOST, 2000).into(),
            allow_remote: false,
            hosts: Vec::new(),
            limits: Limits::default(),
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

    /// How much is kept.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }
}
