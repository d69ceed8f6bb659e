//! How datagrams come in on any system: one by a call.

use std::io;
use std::net::UdpSocket;

/// The memory that datagrams are read into.
pub(in crate::receive) struct Intake {
    datagram: Vec<u8>,
}

/// No UDP datagram is longer.
const LONGEST: usize = 65_535;

impl Intake {
    /// Before anything can arrive.
    pub(in crate::receive) fn prepare(_socket: &UdpSocket) {}

    pub(in crate::receive) fn new() -> Self {
        Self {
            datagram: vec![0; LONGEST],
        }
    }

    /// Waits for a datagram, and hands it to `take`.
    pub(in crate::receive) fn receive(
        &mut self,
        socket: &UdpSocket,
        mut take: impl FnMut(&[u8]),
    ) -> io::Result<()> {
        let (length, _) = socket.recv_from(&mut self.datagram)?;
        take(&self.datagram[..length]);
        Ok(())
    }

    /// It is not known how many the system dropped.
    pub(in crate::receive) fn overrun(&self) -> u64 {
        0
    }
}
