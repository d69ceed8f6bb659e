use std::io;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// How a receiver reads.
#[derive(Clone, Copy)]
pub(super) enum Reader {
    AtOnce,
    /// So many in a second.
    Rate(u32),
    /// Only when it ends.
    Never,
}

/// A socket with the default buffer, and the thread that reads it.
pub(super) struct Receiver {
    pub(super) address: SocketAddr,
    end: UdpSocket,
    thread: JoinHandle<io::Result<u64>>,
}

impl Receiver {
    pub(super) fn start(reader: Reader) -> io::Result<Self> {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = socket.local_addr()?;
        // What the thread waits for before it counts what is left.
        let signal = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        let end = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        end.connect(signal.local_addr()?)?;
        signal.set_nonblocking(true)?;
        let thread = thread::spawn(move || read(&socket, &signal, reader));
        Ok(Self {
            address,
            end,
            thread,
        })
    }

    /// Ends it, and tells how many came.
    pub(super) fn end(self) -> io::Result<u64> {
        self.end.send(&[0])?;
        self.thread.join().expect("it does not panic")
    }
}

/// How much of what it did not read a slow reader catches up on.
const CATCH_UP: Duration = Duration::from_millis(10);

fn read(socket: &UdpSocket, signal: &UdpSocket, reader: Reader) -> io::Result<u64> {
    let mut datagram = vec![0; 65_536];
    socket.set_read_timeout(Some(Duration::from_millis(10)))?;
    let mut received = 0;
    let mut paid = Instant::now();
    while signal.recv(&mut [0]).is_err() {
        match reader {
            Reader::Never => thread::sleep(Duration::from_millis(5)),
            Reader::AtOnce => {
                while socket.recv(&mut datagram).is_ok() {
                    received += 1;
                }
            }
            Reader::Rate(rate) => {
                let now = Instant::now();
                paid = paid.max(now.checked_sub(CATCH_UP).unwrap_or(now));
                while paid < now {
                    received += u64::from(socket.recv(&mut datagram).is_ok());
                    paid += Duration::from_secs(1) / rate;
                }
                thread::sleep(Duration::from_micros(500));
            }
        }
    }
    socket.set_nonblocking(true)?;
    while socket.recv(&mut datagram).is_ok() {
        received += 1;
    }
    Ok(received)
}
