//! What the kernel shows of the receiver's socket, when the receiver is on this machine.

#[cfg(target_os = "linux")]
mod diagnosis;
#[cfg(target_os = "linux")]
mod table;

use std::io;

/// Where the state of the receiver's socket can be read.
pub(super) trait Gauge: Send {
    /// Reads it.
    ///
    /// # Errors
    ///
    /// When there is no such socket, or the system does not show it any more.
    fn read(&mut self) -> io::Result<Reading>;
}

/// The state of a receiver's socket at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reading {
    /// Which socket it is: a daemon that was started again has another one.
    pub(super) socket: u64,
    /// What the kernel charges for all that waits to be read, in bytes.
    pub(super) queued: usize,
    /// How much it may be.
    pub(super) capacity: usize,
    /// How many datagrams the kernel dropped because it was more, since the socket was made. It wraps around.
    pub(super) drops: u32,
}

/// What receives nothing more than the default may hold in its queue (`net.core.rmem_default`), in bytes.
pub(super) const DEFAULT_CAPACITY: usize = 212_992;

/// The best gauge of the socket at `to` that receives what is sent from `from`.
#[cfg(target_os = "linux")]
pub(super) fn open(from: std::net::SocketAddr, to: std::net::SocketAddr) -> Option<Box<dyn Gauge>> {
    if let Ok(diagnosis) = diagnosis::Diagnosis::open(from, to) {
        return Some(Box::new(diagnosis));
    }
    let table = table::Table::open(to).ok()?;
    Some(Box::new(table))
}
