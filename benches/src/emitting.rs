//! What it costs to send documents that are written.

use std::io::{self, IoSlice};
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::AsRawFd;

use nix::sys::socket::{MsgFlags, MultiHeaders, sendmmsg};
use xray_sdk::emitter::{Batch, Emitter, UdpEmitter};

use crate::contender::{Contender, Entry};
use crate::floor::example;
use crate::floor::send::{Segmented, TOGETHER};
use crate::json::HEADER;
use crate::ours::{NAME, udp};
use crate::work::Request;

/// The floor, the simpler ways, and this SDK's emitter.
pub(crate) const ENTRIES: &[Entry] = &[
    Entry::new(
        "floor",
        "emit",
        "UDP_SEGMENT, 32 documents a call; no pauses",
        |sink| {
            let document = example();
            let socket = Segmented::open(sink, HEADER.len() + document.len());
            Ok(Box::new(Together {
                socket: socket.map_err(|error| format!("UDP_SEGMENT: {error}"))?,
                document,
                sent: 0,
            }))
        },
    ),
    Entry::new(
        "std",
        "emit",
        "UdpSocket::send for each document; no pauses",
        |sink| Each::open(sink).map_err(|error| error.to_string()),
    ),
    Entry::new(
        "sendmmsg",
        "emit",
        "32 documents a call; no pauses",
        |sink| Many::open(sink).map_err(|error| error.to_string()),
    ),
    Entry::new(
        NAME,
        "emit",
        "UdpEmitter; pauses so that a default receive buffer loses nothing",
        |sink| {
            let document = example();
            let batch: Batch = (0..TOGETHER).map(|_| document.as_slice()).collect();
            Ok(Box::new(Ours {
                emitter: udp(sink)?,
                batch,
                sent: 0,
            }))
        },
    ),
];

struct Together {
    socket: Segmented,
    document: Vec<u8>,
    sent: u64,
}

impl Contender for Together {
    fn burst(&mut self, _request: &Request<'_>, operations: usize) {
        for _ in 0..operations / TOGETHER {
            for _ in 0..TOGETHER {
                self.socket.add(|out| out.extend_from_slice(&self.document));
            }
            if self.socket.send().is_ok() {
                self.sent += TOGETHER as u64;
            }
        }
    }

    fn verify(&self, operations: u64) -> Result<(), String> {
        all_sent(self.sent, operations)
    }
}

struct Each {
    socket: UdpSocket,
    datagram: Vec<u8>,
    sent: u64,
}

impl Each {
    fn open(sink: SocketAddr) -> io::Result<Box<dyn Contender>> {
        let socket = UdpSocket::bind(("127.0.0.1", 0))?;
        socket.connect(sink)?;
        Ok(Box::new(Self {
            socket,
            datagram: [HEADER, &example()].concat(),
            sent: 0,
        }))
    }
}

impl Contender for Each {
    fn burst(&mut self, _request: &Request<'_>, operations: usize) {
        for _ in 0..operations {
            self.sent += u64::from(self.socket.send(&self.datagram).is_ok());
        }
    }

    fn verify(&self, operations: u64) -> Result<(), String> {
        all_sent(self.sent, operations)
    }
}

struct Many {
    socket: UdpSocket,
    datagram: Vec<u8>,
    headers: MultiHeaders<()>,
    sent: u64,
}

impl Many {
    fn open(sink: SocketAddr) -> io::Result<Box<dyn Contender>> {
        let socket = UdpSocket::bind(("127.0.0.1", 0))?;
        socket.connect(sink)?;
        Ok(Box::new(Self {
            socket,
            datagram: [HEADER, &example()].concat(),
            headers: MultiHeaders::preallocate(TOGETHER, None),
            sent: 0,
        }))
    }
}

impl Contender for Many {
    fn burst(&mut self, _request: &Request<'_>, operations: usize) {
        let slices = [[IoSlice::new(&self.datagram)]; TOGETHER];
        for _ in 0..operations / TOGETHER {
            let sent = sendmmsg(
                self.socket.as_raw_fd(),
                &mut self.headers,
                &slices,
                [None; TOGETHER],
                [],
                MsgFlags::empty(),
            );
            self.sent += sent.map_or(0, |sent| sent.count() as u64);
        }
    }

    fn verify(&self, operations: u64) -> Result<(), String> {
        all_sent(self.sent, operations)
    }
}

struct Ours {
    emitter: UdpEmitter,
    batch: Batch,
    sent: u64,
}

impl Contender for Ours {
    fn burst(&mut self, _request: &Request<'_>, operations: usize) {
        for _ in 0..operations / TOGETHER {
            self.sent += self.emitter.emit(&self.batch).sent_count();
        }
    }

    fn verify(&self, operations: u64) -> Result<(), String> {
        all_sent(self.sent, operations)
    }
}

fn all_sent(sent: u64, operations: u64) -> Result<(), String> {
    (sent == operations)
        .then_some(())
        .ok_or_else(|| format!("{sent} of {operations} documents were sent"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contender::tests::assert_each_accounts_for_all;

    #[test]
    fn each_sends_as_many_as_it_says() {
        assert_each_accounts_for_all(ENTRIES);
    }
}
