//! The UDP socket and the thread that reads it.

pub(crate) mod counter;
pub(crate) mod datagram;
mod intake;

use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use socket2::{Domain, Protocol, Type};

use crate::error::Error;
use crate::sink::Sink;
use counter::{Counter, Counts};
use datagram::Datagram;
use intake::Intake;

/// Asked of the kernel for what arrives while the thread is busy: about half a second at 20,000 documents of 1 kB a second.
/// The kernel gives less where `net.core.rmem_max` is lower.
const RECEIVE_BUFFER: usize = 8 << 20;

/// How long a stop can go unnoticed when the datagram that should wake the thread does not reach it.
const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// Reads that fail one after the other before the socket is given up.
const PATIENCE: u32 = 64;

/// A bound UDP socket that waits to be put to work.
///
/// From the moment it is bound the kernel keeps what arrives, so nothing is lost between binding and receiving.
#[derive(Debug)]
pub struct Socket {
    socket: UdpSocket,
    address: SocketAddr,
}

impl Socket {
    /// Binds the address. Port 0 picks a free port.
    ///
    /// # Errors
    ///
    /// When the address is taken ([`Error::is_address_in_use`]) or is none of this machine.
    pub fn bind(address: SocketAddr) -> Result<Self, Error> {
        bound(address).map_err(|source| Error::bind(address, source))
    }

    /// The address in use, with the port that was picked.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Starts a thread that hands every good document to the sink.
    ///
    /// # Errors
    ///
    /// When the operating system refuses the thread.
    pub fn receive(self, sink: impl Sink + 'static) -> Result<Receiver, Error> {
        let shared = Arc::new(Shared::default());
        let work = Work {
            socket: self.socket,
            sink,
            shared: Arc::clone(&shared),
        };
        let thread = thread::Builder::new()
            .name("xray-receive".to_owned())
            .spawn(move || work.run())
            .map_err(Error::start)?;
        Ok(Receiver {
            address: self.address,
            shared,
            thread: Some(thread),
        })
    }
}

fn bound(address: SocketAddr) -> io::Result<Socket> {
    let socket = socket2::Socket::new(
        Domain::for_address(address),
        Type::DGRAM,
        Some(Protocol::UDP),
    )?;
    // A smaller buffer than asked for loses sooner, but works.
    let _ = socket.set_recv_buffer_size(RECEIVE_BUFFER);
    socket.bind(&address.into())?;
    let socket = UdpSocket::from(socket);
    Intake::prepare(&socket);
    socket.set_read_timeout(Some(LONGEST_WAIT))?;
    let address = socket.local_addr()?;
    Ok(Socket { socket, address })
}

/// Receives documents until it is stopped or dropped.
#[derive(Debug)]
pub struct Receiver {
    address: SocketAddr,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

/// The counts of a receiver. Clones are the same.
#[derive(Clone, Debug)]
pub struct LiveCounts(Arc<Shared>);

impl LiveCounts {
    /// What became of the datagrams so far.
    pub fn now(&self) -> Counts {
        self.0.counter.counts()
    }
}

impl Receiver {
    /// The address on which documents are received.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What became of the datagrams so far.
    pub fn counts(&self) -> Counts {
        self.shared.counter.counts()
    }

    /// The counts as they grow, for whoever tells of them while this receiver belongs to another. They outlive it.
    pub fn live_counts(&self) -> LiveCounts {
        LiveCounts(Arc::clone(&self.shared))
    }

    /// Whether documents are still read. Only a socket that keeps failing ends that before [`stop`](Self::stop).
    pub fn is_receiving(&self) -> bool {
        self.thread
            .as_ref()
            .is_some_and(|thread| !thread.is_finished())
    }

    /// Hands over what had arrived, then ends the thread and drops the sink. Waits until that is done, which takes as long
    /// as the sink takes for what the kernel's buffer still holds.
    pub fn stop(mut self) -> Counts {
        self.end();
        self.counts()
    }

    fn end(&mut self) {
        let Some(thread) = self.thread.take() else {
            return;
        };
        self.shared.stopping.store(true, Ordering::Release);
        wake(self.address);
        // A sink that panicked has been reported by the panic hook; there is nothing left to end.
        let _ = thread.join();
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.end();
    }
}

/// Sends a datagram of no bytes, which the thread ignores. When the kernel drops it because the buffer is full the thread is awake
/// anyway, and when it cannot be sent the thread's read ends by itself after [`LONGEST_WAIT`].
fn wake(mut address: SocketAddr) {
    let (any, loopback): (IpAddr, IpAddr) = match address {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED.into(), Ipv4Addr::LOCALHOST.into()),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED.into(), Ipv6Addr::LOCALHOST.into()),
    };
    if address.ip().is_unspecified() {
        address.set_ip(loopback);
    }
    if let Ok(socket) = UdpSocket::bind((any, 0)) {
        let _ = socket.send_to(&[], address);
    }
}

#[derive(Default)]
struct Shared {
    counter: Counter,
    stopping: AtomicBool,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.counter.counts().fmt(f)
    }
}

/// What the thread owns.
struct Work<S> {
    socket: UdpSocket,
    sink: S,
    shared: Arc<Shared>,
}

impl<S: Sink> Work<S> {
    fn run(mut self) {
        let mut intake = Intake::new();
        let mut failures = 0;
        while !self.shared.stopping.load(Ordering::Acquire) {
            match self.receive(&mut intake) {
                Ok(_) => failures = 0,
                Err(error) if is_no_failure(&error) => {}
                Err(_) => {
                    self.shared.counter.socket_error();
                    failures += 1;
                    if failures == PATIENCE {
                        return;
                    }
                }
            }
        }
        self.drain(&mut intake);
    }

    /// Reads what lies in the kernel's buffer. Bounded by what such a buffer can hold, so that a sender who never
    /// pauses cannot keep the thread alive.
    fn drain(&mut self, intake: &mut Intake) {
        if self.socket.set_nonblocking(true).is_err() {
            return;
        }
        let mut room = 2 * RECEIVE_BUFFER;
        while let Ok(charged) = self.receive(intake) {
            match room.checked_sub(charged) {
                Some(left) => room = left,
                None => return,
            }
        }
    }

    /// Takes what one call receives, at least one datagram, and tells about how much of the kernel's buffer it took.
    fn receive(&mut self, intake: &mut Intake) -> io::Result<usize> {
        let mut charged = 0;
        let Self {
            socket,
            sink,
            shared,
        } = self;
        intake.receive(socket, |datagram| {
            // The kernel accounts at least some hundred bytes for each datagram.
            charged += datagram.len().max(256);
            take(datagram, sink, &shared.counter);
        })?;
        shared.counter.overrun(intake.overrun());
        Ok(charged)
    }
}

fn take(bytes: &[u8], sink: &mut impl Sink, counter: &Counter) {
    if bytes.is_empty() {
        return;
    }
    counter.received();
    match Datagram::parse(bytes) {
        Ok(datagram) => counter.handed_over(sink.accept(datagram.document())),
        Err(defect) => counter.rejected(defect),
    }
}

fn is_no_failure(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted
    )
}
