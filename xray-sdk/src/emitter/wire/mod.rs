//! The socket: the lowest place of sending, and the only one that knows the operating system.

#[cfg(target_os = "linux")]
mod linux;

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::time::Duration;

use super::gauge::Gauge;

/// How long one datagram may wait for room in the system's buffers, which fill up only where the network is slower than the program.
/// Longer than a buffer needs to drain on any network; short, since every document of a batch may wait so long.
pub(super) const SEND_TIMEOUT: Duration = Duration::from_millis(10);

/// The most datagrams of one call: what every kernel takes as segments of one (`UDP_MAX_SEGMENTS` of Linux 4.18).
pub(super) const GROUP: usize = 64;

/// A connected UDP socket, and what the operating system can do with it.
pub(super) trait Wire: Send {
    /// Sends one datagram.
    fn send(&self, datagram: &[u8]) -> io::Result<()>;

    /// Sends datagrams in order, at most [`GROUP`], until the system refuses one, and tells how many went out. The error is told when it was the first;
    /// that of a later one is left out, as `sendmmsg` leaves it out.
    fn send_many(&self, datagrams: &[&[u8]]) -> io::Result<usize>;

    /// Sends datagrams by one call that the kernel takes apart again: all or none. The first is the longest; the others, but for the last,
    /// are filled up with blanks to its length.
    fn send_segmented(&self, datagrams: &[&[u8]]) -> io::Result<()>;

    /// What is the longest datagram for [`send_segmented`](Self::send_segmented); none where it cannot be used.
    fn segment_limit(&self) -> Option<usize>;

    /// The error that came back for something sent before, which is forgotten by asking.
    fn take_error(&self) -> Option<io::Error>;

    /// What shows the receiver's queue, when the receiver is on this machine and the system shows it.
    fn gauge(&self) -> Option<Box<dyn Gauge>>;
}

/// Does what [`Wire::send_many`] does, by a call for each.
pub(super) fn one_by_one(wire: &dyn Wire, datagrams: &[&[u8]]) -> io::Result<usize> {
    for (sent, datagram) in datagrams.iter().enumerate() {
        match wire.send(datagram) {
            Err(error) if sent == 0 => return Err(error),
            Err(_) => return Ok(sent),
            Ok(()) => {}
        }
    }
    Ok(datagrams.len())
}

/// A socket that is connected, so that the system reports to it who refused what it sent.
pub(super) fn connect(peer: SocketAddr) -> io::Result<Box<dyn Wire>> {
    let any: SocketAddr = match peer {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    let socket = UdpSocket::bind(any)?;
    socket.connect(peer)?;
    socket.set_write_timeout(Some(SEND_TIMEOUT))?;
    Ok(system(socket, peer))
}

#[cfg(target_os = "linux")]
fn system(socket: UdpSocket, peer: SocketAddr) -> Box<dyn Wire> {
    Box::new(linux::Socket::new(socket, peer))
}

#[cfg(not(target_os = "linux"))]
fn system(socket: UdpSocket, _peer: SocketAddr) -> Box<dyn Wire> {
    Box::new(Plain(socket))
}

/// A socket of any system: what std has calls for.
#[cfg(not(target_os = "linux"))]
struct Plain(UdpSocket);

#[cfg(not(target_os = "linux"))]
impl Wire for Plain {
    fn send(&self, datagram: &[u8]) -> io::Result<()> {
        self.0.send(datagram).map(drop)
    }

    fn send_many(&self, datagrams: &[&[u8]]) -> io::Result<usize> {
        one_by_one(self, datagrams)
    }

    fn send_segmented(&self, _datagrams: &[&[u8]]) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn segment_limit(&self) -> Option<usize> {
        None
    }

    fn take_error(&self) -> Option<io::Error> {
        self.0.take_error().ok().flatten()
    }

    fn gauge(&self) -> Option<Box<dyn Gauge>> {
        None
    }
}
