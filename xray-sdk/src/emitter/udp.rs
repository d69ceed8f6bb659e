use std::fmt;
use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::thread;
use std::time::{Duration, Instant};

use super::pace::Pace;
use super::packet::{self, DOCUMENT_LIMIT};
use super::route::{Resolver, Route, System};
use super::{Batch, DaemonAddress, Emitter, Loss, Report};

/// Sends documents to the X-Ray daemon, each in one datagram.
///
/// UDP tells nothing of what arrives, but it tells when nobody listens: a document that a local daemon refused counts as lost, and
/// a remote one's refusal counts as soon as it comes back. When sending fails, the other addresses of the daemon's host are tried,
/// then its name is resolved again, at most once a second; so delivery resumes when the daemon is back, at whatever address.
///
/// Bursts are kept within what a receiver with the system's default buffer can hold: 32 documents, or 64 kB, every 2 ms.
///
/// A host name is resolved when the first document is sent, and again every minute. Nothing else makes it wait for long.
pub struct UdpEmitter {
    route: Route,
    connection: Option<Connection>,
    packet: Vec<u8>,
    pace: Pace,
}

/// How long one datagram may wait for room in the system's buffers, which fill up only where the network is slower than the program.
/// Longer than a buffer needs to drain on any network; short, since every document of a batch may wait so long.
const SEND_TIMEOUT: Duration = Duration::from_millis(10);

impl UdpEmitter {
    /// An emitter to the UDP part of `address`. Nothing is resolved or sent yet.
    pub fn new(address: &DaemonAddress) -> Self {
        Self::with_resolver(address, Box::new(System))
    }

    fn with_resolver(address: &DaemonAddress, resolver: Box<dyn Resolver>) -> Self {
        Self {
            route: Route::new(address.udp().clone(), resolver),
            connection: None,
            packet: Vec::new(),
            pace: Pace::new(Instant::now()),
        }
    }

    /// Sends one document, to the first address that does not refuse it.
    fn send(&mut self, document: &[u8], report: &mut Report) -> Result<(), Loss> {
        if document.len() > DOCUMENT_LIMIT {
            return Err(Loss::TooLarge);
        }
        packet::fill(&mut self.packet, document);
        let mut tried = 0;
        loop {
            let address = self.route.address().ok_or(Loss::UnknownHost)?;
            let loss = match self.send_to(address, report) {
                Ok(()) => return Ok(()),
                Err(error) => loss_of(&error),
            };
            if matches!(loss, Loss::TooLarge | Loss::Congested) {
                // Another address, or another socket, would not help.
                return Err(loss);
            }
            self.connection = None;
            if !self.route.advance(&mut tried) {
                return Err(loss);
            }
        }
    }

    /// Sends the packet over the connection to `address`, which is made if there is none.
    fn send_to(&mut self, address: SocketAddr, report: &mut Report) -> io::Result<()> {
        let connection = match self.connection.take().filter(|known| known.peer == address) {
            Some(known) => self.connection.insert(known),
            None => self.connection.insert(Connection::open(address)?),
        };
        connection.send(&self.packet, report)
    }
}

impl Emitter for UdpEmitter {
    fn emit(&mut self, batch: &Batch) -> Report {
        let mut report = Report::default();
        for document in batch.iter() {
            let wait = self.pace.wait(Instant::now(), document.len());
            if !wait.is_zero() {
                thread::sleep(wait);
            }
            match self.send(document, &mut report) {
                Ok(()) => report.add_sent(1),
                Err(loss) => report.add_lost(loss, 1),
            }
        }
        report
    }
}

impl fmt::Debug for UdpEmitter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UdpEmitter({})", self.route.target())
    }
}

/// A socket that is connected, so that the system reports to it who refused what it sent.
struct Connection {
    socket: UdpSocket,
    peer: SocketAddr,
    /// Whether a document went out that may still be refused.
    has_sent: bool,
}

impl Connection {
    fn open(peer: SocketAddr) -> io::Result<Self> {
        let any: SocketAddr = match peer {
            SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
            SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
        };
        let socket = UdpSocket::bind(any)?;
        socket.connect(peer)?;
        socket.set_write_timeout(Some(SEND_TIMEOUT))?;
        Ok(Self {
            socket,
            peer,
            has_sent: false,
        })
    }

    fn send(&mut self, packet: &[u8], report: &mut Report) -> io::Result<()> {
        if let Err(error) = self.socket.send(packet) {
            if !(self.has_sent && is_refusal(&error)) {
                return Err(error);
            }
            // This is the answer to a datagram before; the system did not try to send this one.
            report.take_back(Loss::NoReceiver, 1);
            self.socket.send(packet)?;
        }
        // A daemon on this machine refuses at once: then this document may still go elsewhere.
        if let Some(error) = self.socket.take_error()? {
            return Err(error);
        }
        self.has_sent = true;
        Ok(())
    }
}

/// Windows calls it a reset.
fn is_refusal(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::ConnectionRefused | ErrorKind::ConnectionReset
    )
}

fn loss_of(error: &io::Error) -> Loss {
    match error.kind() {
        _ if is_refusal(error) => Loss::NoReceiver,
        _ if error.raw_os_error() == Some(MESSAGE_TOO_LONG) => Loss::TooLarge,
        ErrorKind::WouldBlock | ErrorKind::TimedOut => Loss::Congested,
        ErrorKind::NetworkUnreachable
        | ErrorKind::HostUnreachable
        | ErrorKind::NetworkDown
        | ErrorKind::AddrNotAvailable => Loss::Unreachable,
        _ => Loss::Refused,
    }
}

/// EMSGSIZE, for which std has no kind.
const MESSAGE_TOO_LONG: i32 = if cfg!(windows) {
    10_040
} else if cfg!(any(target_os = "linux", target_os = "android")) {
    90
} else {
    40
};

#[cfg(test)]
mod tests;
