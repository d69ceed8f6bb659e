use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Why a server could not be started.
#[derive(Debug)]
pub struct Error {
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    /// The address reaches beyond this machine, and nobody said that it may.
    Remote(SocketAddr),
    /// The port is taken. With port 0: all that were picked for TCP are taken for UDP.
    InUse {
        protocol: &'static str,
        address: SocketAddr,
    },
    Bind {
        address: SocketAddr,
        source: io::Error,
    },
    Receive(xray_daemon::Error),
    /// A file that keeps what operators set cannot be read, or holds something else.
    Kept {
        what: &'static str,
        path: PathBuf,
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The folder of traces cannot be used.
    #[cfg(feature = "disk")]
    Data {
        path: PathBuf,
        trouble: DataTrouble,
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    Start(io::Error),
}

/// What is the matter with a folder of traces.
#[cfg(feature = "disk")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DataTrouble {
    InUse,
    /// It and the key that was given, or not given, do not go together.
    Key,
    /// This process may not write there.
    Denied,
    Other,
}

impl Error {
    pub(crate) fn remote(address: SocketAddr) -> Self {
        Self {
            kind: Kind::Remote(address),
        }
    }

    pub(crate) fn bind(address: SocketAddr, source: io::Error) -> Self {
        let kind = match source.kind() {
            io::ErrorKind::AddrInUse => Kind::InUse {
                protocol: "TCP",
                address,
            },
            _ => Kind::Bind { address, source },
        };
        Self { kind }
    }

    pub(crate) fn receive(address: SocketAddr, source: xray_daemon::Error) -> Self {
        let kind = match source.is_address_in_use() {
            true => Kind::InUse {
                protocol: "UDP",
                address,
            },
            false => Kind::Receive(source),
        };
        Self { kind }
    }

    pub(crate) fn kept(
        what: &'static str,
        path: PathBuf,
        source: impl std::error::Error + Send + Sync + 'static,
    ) -> Self {
        let source = Box::new(source);
        Self {
            kind: Kind::Kept { what, path, source },
        }
    }

    #[cfg(feature = "disk")]
    pub(crate) fn data(
        path: PathBuf,
        trouble: DataTrouble,
        source: impl std::error::Error + Send + Sync + 'static,
    ) -> Self {
        let source = Box::new(source);
        Self {
            kind: Kind::Data {
                path,
                trouble,
                source,
            },
        }
    }

    pub(crate) fn start(source: io::Error) -> Self {
        Self {
            kind: Kind::Start(source),
        }
    }

    /// Another process holds the port.
    pub fn is_address_in_use(&self) -> bool {
        matches!(self.kind, Kind::InUse { .. })
    }

    /// The address can be reached from other machines, which [`Options::allow_remote`](crate::Options::allow_remote) permits.
    pub fn is_remote_address(&self) -> bool {
        matches!(self.kind, Kind::Remote(_))
    }

    /// The [folder of traces](crate::Options::data) cannot be used: another process has it open ([`Self::is_data_in_use`]), what is
    /// there is somebody else's or of another version, or it is damaged. It was left as it is.
    #[cfg(feature = "disk")]
    pub fn is_data_folder(&self) -> bool {
        matches!(self.kind, Kind::Data { .. })
    }

    /// Another process has the [folder of traces](crate::Options::data) open.
    #[cfg(feature = "disk")]
    pub fn is_data_in_use(&self) -> bool {
        self.is_data(DataTrouble::InUse)
    }

    /// The [folder of traces](crate::Options::data) is encrypted with another [key](crate::Options::encryption_key), or there is none; or there is
    /// one, and the folder is not encrypted.
    #[cfg(feature = "disk")]
    pub fn is_encryption_key(&self) -> bool {
        self.is_data(DataTrouble::Key)
    }

    /// This process may not write into the [folder of traces](crate::Options::data), or not make it.
    #[cfg(feature = "disk")]
    pub fn is_data_denied(&self) -> bool {
        self.is_data(DataTrouble::Denied)
    }

    #[cfg(feature = "disk")]
    fn is_data(&self, expected: DataTrouble) -> bool {
        matches!(self.kind, Kind::Data { trouble, .. } if trouble == expected)
    }

    /// The [file of sampling rules](crate::Options::rules), or a file beside it, cannot be used. It was left as it is.
    pub fn is_kept_file(&self) -> bool {
        matches!(self.kind, Kind::Kept { .. })
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Remote(address) => write!(
                f,
                "{address} can be reached from other machines, and nothing protects what is stored there: allow it expressly, or bind a loopback address"
            ),
            Kind::InUse { protocol, address } => write!(f, "{protocol} {address} is in use"),
            Kind::Bind { address, source } => write!(f, "cannot bind TCP {address}: {source}"),
            Kind::Receive(source) => source.fmt(f),
            Kind::Kept { what, path, source } => {
                write!(f, "cannot use the {what} in {}: {source}", path.display())
            }
            #[cfg(feature = "disk")]
            Kind::Data { path, source, .. } => {
                write!(f, "cannot keep traces in {}: {source}", path.display())
            }
            Kind::Start(source) => write!(f, "cannot start the server: {source}"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.kind {
            Kind::Remote(_) | Kind::InUse { .. } => None,
            Kind::Bind { source, .. } | Kind::Start(source) => Some(source),
            Kind::Receive(source) => Some(source),
            #[cfg(feature = "disk")]
            Kind::Data { source, .. } => Some(source.as_ref()),
            Kind::Kept { source, .. } => Some(source.as_ref()),
        }
    }
}
