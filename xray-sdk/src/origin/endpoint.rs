use std::fmt;
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::time::{Duration, Instant};

use super::answer::{Answer, Fault};
use crate::emitter::HostPort;

/// A metadata endpoint: it speaks plain HTTP, on a link-local address as a rule.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Endpoint {
    server: HostPort,
    /// What the path of each request begins with: nothing, or `/` and more.
    base: String,
}

/// What is asked of an endpoint.
pub(super) struct Question<'a> {
    pub(super) method: &'static str,
    /// Follows the endpoint's own path.
    pub(super) path: &'a str,
    pub(super) header: Option<(&'static str, &'a str)>,
}

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum Failure {
    Connection(io::Error),
    TimedOut,
    Status(u16),
    TooLong,
    Garbage(Fault),
}

/// How long one address may take to accept a connection: it is on the same machine.
const CONNECT: Duration = Duration::from_millis(100);
/// The longest answer, in bytes: an identity document has half a kilobyte, a container's metadata a few.
const LONGEST: usize = 64 * 1024;

impl Endpoint {
    /// Reads `http://host:port/path`, of which all but the host may be absent.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let rest = text.strip_prefix("http://").unwrap_or(text);
        let (server, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let is_path = path.bytes().all(|byte| byte.is_ascii_graphic());
        let server = HostPort::read(server).or_else(|| HostPort::read(&format!("{server}:80")))?;
        is_path.then(|| Self {
            server,
            base: path.trim_end_matches('/').to_owned(),
        })
    }

    /// The body of the answer, when that has status 200 and is whole before `until`.
    pub(super) fn ask(&self, question: &Question<'_>, until: Instant) -> Result<Vec<u8>, Failure> {
        let mut stream = self.connect(until)?;
        stream.set_write_timeout(Some(left(until)?))?;
        stream.write_all(self.request(question).as_bytes())?;
        let mut answer = Vec::new();
        let mut buffer = [0; 4096];
        loop {
            // Anew for each piece, so that an endpoint that drips its answer is given up in time.
            stream.set_read_timeout(Some(left(until)?))?;
            let length = match stream.read(&mut buffer) {
                Ok(length) => length,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(error.into()),
            };
            answer.extend_from_slice(&buffer[..length]);
            match Answer::read(&answer, length == 0).map_err(Failure::Garbage)? {
                Some(Answer { status: 200, body }) => return Ok(body),
                Some(Answer { status, .. }) => return Err(Failure::Status(status)),
                None if answer.len() > LONGEST => return Err(Failure::TooLong),
                None => {}
            }
        }
    }

    fn connect(&self, until: Instant) -> Result<TcpStream, Failure> {
        let mut failure = Failure::TimedOut;
        for address in (self.server.host(), self.server.port()).to_socket_addrs()? {
            match TcpStream::connect_timeout(&address, left(until)?.min(CONNECT)) {
                Ok(stream) => return Ok(stream),
                Err(error) => failure = error.into(),
            }
        }
        Err(failure)
    }

    fn request(&self, question: &Question<'_>) -> String {
        let Question {
            method,
            path,
            header,
        } = question;
        let mut target = format!("{}{path}", self.base);
        if target.is_empty() {
            target.push('/');
        }
        let mut request = format!(
            "{method} {target} HTTP/1.1\r\nHost: {server}\r\nAccept: */*\r\nContent-Length: 0\r\nConnection: close\r\n",
            server = self.server,
        );
        if let Some((name, value)) = header {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        request.push_str("\r\n");
        request
    }
}

/// The time that is left, which is never zero.
fn left(until: Instant) -> Result<Duration, Failure> {
    match until.saturating_duration_since(Instant::now()) {
        Duration::ZERO => Err(Failure::TimedOut),
        left => Ok(left),
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            ErrorKind::WouldBlock | ErrorKind::TimedOut => Self::TimedOut,
            _ => Self::Connection(error),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connection(error) => write!(f, "{error}"),
            Self::TimedOut => write!(f, "no answer in time"),
            Self::Status(status) => write!(f, "HTTP status {status}"),
            Self::TooLong => write!(f, "an answer of more than {LONGEST} bytes"),
            Self::Garbage(fault) => write!(f, "{fault}"),
        }
    }
}

impl fmt::Display for Endpoint {
    /// The address alone: paths hold ids.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}", self.server)
    }
}

#[cfg(test)]
mod tests;
