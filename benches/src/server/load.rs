//! Asks a server over loopback as fast as it answers. A client of HTTP that does all of it would take longer than the server.

use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

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
pub(super) async fn ask(
    server: SocketAddr,
    warm_up: Duration,
    measured: Duration,
) -> io::Result<Asked> {
    let start = Instant::now() + warm_up;
    let end = start + measured;
    let mut connections = JoinSet::new();
    for _ in 0..CONNECTIONS {
        connections.spawn(connection(server, start, end));
    }
    let mut asked = Asked {
        microseconds: Vec::new(),
        time: measured,
        all: 0,
    };
    while let Some(done) = connections.join_next().await {
        let (microseconds, all) = done??;
        asked.microseconds.extend(microseconds);
        asked.all += all;
    }
    Ok(asked)
}

async fn connection(
    server: SocketAddr,
    start: Instant,
    end: Instant,
) -> io::Result<(Vec<f64>, u64)> {
    let mut stream = TcpStream::connect(server).await?;
    stream.set_nodelay(true)?;
    let (mut microseconds, mut all) = (Vec::new(), 0);
    let mut response = [0; 4096];
    loop {
        let asked = Instant::now();
        if asked >= end {
            return Ok((microseconds, all));
        }
        stream.write_all(REQUEST).await?;
        let mut length = 0;
        while !response[..length].ends_with(BODY.as_bytes()) {
            match stream.read(&mut response[length..]).await? {
                0 => {
                    return Err(io::Error::other(
                        "the server ends the connection, or answers something else",
                    ));
                }
                bytes => length += bytes,
            }
        }
        if !response.starts_with(b"HTTP/1.1 200") {
            return Err(io::Error::other("the server answers with an error"));
        }
        all += 1;
        if asked >= start {
            microseconds.push(asked.elapsed().as_nanos() as f64 / 1_000.0);
        }
    }
}
