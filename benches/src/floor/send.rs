use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::AsFd as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, Thread};
use std::time::Duration;

use nix::sys::socket::{setsockopt, sockopt};
use rtrb::{Consumer, Producer};

use super::document::Writer;
use super::log::Log;
use crate::json::HEADER;

/// So many documents go in one call: not more bytes than one may have.
pub(crate) const TOGETHER: usize = 32;

/// A socket that has the system cut what it is given into datagrams of one size (UDP_SEGMENT, Linux 4.18).
pub(crate) struct Segmented {
    socket: UdpSocket,
    /// The size of a datagram; documents are padded to it.
    stride: usize,
    buffer: Vec<u8>,
}

impl Segmented {
    /// A socket for datagrams of at least `size` bytes.
    pub(crate) fn open(to: SocketAddr, size: usize) -> io::Result<Self> {
        let socket = UdpSocket::bind(("127.0.0.1", 0))?;
        socket.connect(to)?;
        let stride = size.next_multiple_of(64);
        setsockopt(&socket.as_fd(), sockopt::UdpGsoSegment, &(stride as i32))?;
        Ok(Self {
            socket,
            stride,
            buffer: Vec::with_capacity(TOGETHER * stride),
        })
    }

    /// Adds a datagram, which `write` writes.
    #[inline]
    pub(crate) fn add(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        let end = self.buffer.len() + self.stride;
        self.buffer.extend_from_slice(HEADER);
        write(&mut self.buffer);
        self.buffer.resize(end, b' ');
    }

    /// Sends what was added.
    pub(crate) fn send(&mut self) -> io::Result<()> {
        let sent = self.socket.send(&self.buffer);
        self.buffer.clear();
        sent.map(|_| ())
    }
}

/// The thread that writes the documents and sends them.
pub(super) struct Sender {
    thread: Thread,
    sent: Arc<AtomicU64>,
    is_ended: Arc<AtomicBool>,
}

impl Sender {
    pub(super) fn start(
        mut full: Consumer<Log>,
        mut empty: Producer<Log>,
        mut socket: Segmented,
    ) -> io::Result<Self> {
        let sent = Arc::new(AtomicU64::new(0));
        let is_ended = Arc::new(AtomicBool::new(false));
        let (count, ended) = (sent.clone(), is_ended.clone());
        let thread = thread::Builder::new()
            .name("floor".to_owned())
            .spawn(move || {
                let writer = Writer::new();
                while !ended.load(Ordering::Relaxed) {
                    let mut taken = 0;
                    while taken < TOGETHER {
                        let Ok(mut log) = full.pop() else { break };
                        socket.add(|out| writer.write(&log, out));
                        log.clear();
                        let _ = empty.push(log);
                        taken += 1;
                    }
                    if taken == 0 {
                        // Nobody wakes it on the request path.
                        thread::park_timeout(Duration::from_millis(50));
                    } else if socket.send().is_ok() {
                        count.fetch_add(taken as u64, Ordering::Release);
                    }
                }
            })?;
        Ok(Self {
            thread: thread.thread().clone(),
            sent,
            is_ended,
        })
    }

    /// How many documents were sent.
    pub(super) fn sent(&self) -> u64 {
        self.sent.load(Ordering::Acquire)
    }

    /// Waits until so many were sent, but not for ever.
    pub(super) fn wait_for(&self, documents: u64) {
        for _ in 0..10_000 {
            if self.sent() >= documents {
                return;
            }
            self.thread.unpark();
            thread::sleep(Duration::from_micros(100));
        }
    }
}

impl Drop for Sender {
    fn drop(&mut self) {
        self.is_ended.store(true, Ordering::Relaxed);
        self.thread.unpark();
    }
}
