use std::io;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

/// A socket on this machine where datagrams are received and thrown away, on a thread of its own.
pub(crate) struct Sink {
    address: SocketAddr,
    received: Receiver<u64>,
}

/// An address for contenders that send nothing.
#[cfg(test)]
pub(crate) const NOWHERE: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 9);

/// As large as a datagram can be.
const LARGEST: usize = 65_536;

impl Sink {
    /// Opens the socket, and starts the thread.
    pub(crate) fn open() -> io::Result<Self> {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = socket.local_addr()?;
        let (tell, received) = mpsc::channel();
        thread::Builder::new()
            .name("sink".to_owned())
            .spawn(move || tell.send(receive(&socket)))?;
        Ok(Self { address, received })
    }

    /// Where it receives.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends it, and tells how many datagrams came. The system drops what finds the socket's buffer full.
    pub(crate) fn end(self) -> io::Result<u64> {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        loop {
            socket.send_to(&[], self.address)?;
            // The sign to end may itself find the buffer full; there is room when what is there has been received.
            if let Ok(count) = self.received.recv_timeout(Duration::from_millis(100)) {
                return Ok(count);
            }
        }
    }
}

/// Receives until an empty datagram or an error comes.
fn receive(socket: &UdpSocket) -> u64 {
    let mut datagram = vec![0; LARGEST];
    let mut count = 0;
    while socket.recv(&mut datagram).is_ok_and(|bytes| bytes > 0) {
        count += 1;
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_before_the_end_is_counted() {
        let sink = Sink::open().expect("a socket on loopback");
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("another");
        for _ in 0..3 {
            socket.send_to(b"document", sink.address()).expect("sent");
        }
        assert_eq!(sink.end().expect("it ends"), 3);
    }
}
