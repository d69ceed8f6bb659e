//! Asks a server over loopback as fast as it answers.
//!
//! It never sleeps. A client that does is woken by the server's answer, the more often the slower the server is compared with it; and to wake
//! another core takes a virtual machine one or two microseconds, which the server's core pays. What is measured then is not what a layer
//! costs, but that there is one.

use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};

/// What the server answers; it ends each response.
pub(super) const BODY: &str = "Hello, World!";

const REQUEST: &[u8] =
    b"GET /hello HTTP/1.1\r\nHost: localhost\r\nUser-Agent: overhead/0.1\r\nAccept: */*\r\n\r\n";

/// So many requests are on their way at any time.
const CONNECTIONS: usize = 16;

/// What came of it.
pub(super) struct Asked {
    /// How long each response took that counts.
    pub(super) microseconds: Vec<f64>,
    /// In this time they came.
    pub(super) time: Duration,
    /// How many came in all, warming up included.
    pub(super) all: u64,
}

impl Asked {
    /// The time that this part of the responses took at most, in microseconds.
    pub(super) fn quantile(&mut self, part: f64) -> f64 {
        self.microseconds.sort_by(f64::total_cmp);
        let place = (self.microseconds.len() as f64 * part) as usize;
        self.microseconds.get(place).copied().unwrap_or(f64::NAN)
    }
}

/// Asks for so long, and then for so long that it counts.
///
/// # Errors
///
/// When a connection fails, or a response is none.
pub(super) fn ask(server: SocketAddr, warm_up: Duration, measured: Duration) -> io::Result<Asked> {
    let ready = Epoll::new(EpollCreateFlags::empty())?;
    let mut connections = Vec::new();
    for number in 0..CONNECTIONS {
        let connection = Connection::open(server)?;
        let event = EpollEvent::new(EpollFlags::EPOLLIN, number as u64);
        ready.add(&connection.stream, event)?;
        connections.push(connection);
    }
    let mut asked = Asked {
        microseconds: Vec::new(),
        time: measured,
        all: 0,
    };
    let counted = Instant::now() + warm_up;
    let end = counted + measured;
    let mut events = [EpollEvent::empty(); CONNECTIONS];
    loop {
        let count = ready.wait(&mut events, EpollTimeout::ZERO)?;
        if count == 0 {
            // Where there is one core only, the server needs it.
            thread::yield_now();
        }
        for event in &events[..count] {
            let connection = &mut connections[event.data() as usize];
            if !connection.has_answer()? {
                continue;
            }
            asked.all += 1;
            let (since, now) = (connection.since, Instant::now());
            if now >= end {
                return Ok(asked);
            }
            if since >= counted {
                let took = now.duration_since(since);
                asked.microseconds.push(took.as_nanos() as f64 / 1_000.0);
            }
            connection.ask(now)?;
        }
    }
}

struct Connection {
    stream: TcpStream,
    /// When it asked.
    since: Instant,
    /// What came of the response so far.
    response: [u8; 1024],
    length: usize,
}

impl Connection {
    fn open(server: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(server)?;
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
        let mut connection = Self {
            stream,
            since: Instant::now(),
            response: [0; 1024],
            length: 0,
        };
        connection.ask(Instant::now())?;
        Ok(connection)
    }

    fn ask(&mut self, now: Instant) -> io::Result<()> {
        self.length = 0;
        self.since = now;
        self.stream.write_all(REQUEST)
    }

    /// Whether the response is whole.
    fn has_answer(&mut self) -> io::Result<bool> {
        match self.stream.read(&mut self.response[self.length..]) {
            Ok(0) => Err(io::Error::other(
                "the server ends the connection, or answers something else",
            )),
            Ok(bytes) => {
                self.length += bytes;
                let response = &self.response[..self.length];
                if !response.ends_with(BODY.as_bytes()) {
                    return Ok(false);
                }
                if !response.starts_with(b"HTTP/1.1 200") {
                    return Err(io::Error::other("the server answers with an error"));
                }
                Ok(true)
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(false),
            Err(error) => Err(error),
        }
    }
}
