use std::fmt;
use std::io;
use std::net::SocketAddr;

/// Why a socket could not be bound or a receiver could not be started.
#[derive(Debug)]
pub struct Error {
    what: What,
    source: io::Error,
}

#[derive(Debug)]
enum What {
    Bind(SocketAddr),
    Start,
}

impl Error {
    pub(crate) fn bind(address: SocketAddr, source: io::Error) -> Self {
        Self {
            what: What::Bind(address),
            source,
        }
    }

    pub(crate) fn start(source: io::Error) -> Self {
        Self {
            what: What::Start,
            source,
        }
    }

    /// Another process holds the address.
    pub fn is_address_in_use(&self) -> bool {
        self.source.kind() == io::ErrorKind::AddrInUse
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.what {
            What::Bind(address) => write!(f, "cannot bind UDP {address}: {}", self.source),
            What::Start => write!(f, "cannot start the receiving thread: {}", self.source),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}
