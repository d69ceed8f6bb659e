use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::thread::{self, JoinHandle};

use super::DEADLINE;

/// A metadata endpoint on this machine, which answers as a test wants it to.
pub(super) struct Endpoint {
    address: String,
    requests: Receiver<String>,
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// What comes back for a request.
pub(super) enum Reply {
    /// Status 200 with this body.
    Body(String),
    Status(u16),
    /// These bytes, and no more.
    Raw(&'static str),
    /// Nothing, on a connection that stays open.
    Nothing,
}

impl Endpoint {
    /// Answers each request, given as its text, by `reply`.
    pub(super) fn new(reply: impl Fn(&str) -> Reply + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("bound").to_string();
        let (sender, requests) = mpsc::channel();
        let is_over = Arc::new(AtomicBool::new(false));
        let over = is_over.clone();
        let thread = thread::spawn(move || {
            let mut open = Vec::new();
            for stream in listener.incoming() {
                if over.load(Ordering::Acquire) {
                    return;
                }
                let mut stream = stream.expect("a connection");
                let request = read(&mut stream);
                let reply = reply(&request);
                // A test that does not look at the requests may be over.
                let _ = sender.send(request);
                match text(&reply) {
                    // Who asked may have given up.
                    Some(text) => drop(stream.write_all(text.as_bytes())),
                    None => open.push(stream),
                }
            }
        });
        Self {
            address,
            requests,
            is_over,
            thread: Some(thread),
        }
    }

    /// The address of an endpoint that is not there any more.
    pub(super) fn absent() -> String {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("bound");
        format!("http://{address}/v4/0a")
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The next request, waited for.
    pub(super) fn request(&self) -> String {
        self.requests.recv_timeout(DEADLINE).expect("a request")
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Release);
        let _ = TcpStream::connect(&self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Reads up to the end of the head; no request has a body.
fn read(stream: &mut TcpStream) -> String {
    let mut request = Vec::new();
    let mut byte = [0];
    while !request.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|length| length == 1)
    {
        request.push(byte[0]);
    }
    String::from_utf8_lossy(&request).into_owned()
}

fn text(reply: &Reply) -> Option<String> {
    match reply {
        Reply::Body(body) => Some(format!(
            "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )),
        Reply::Status(status) => Some(format!("HTTP/1.1 {status} No\r\nContent-Length: 0\r\n\r\n")),
        Reply::Raw(text) => Some((*text).to_owned()),
        Reply::Nothing => None,
    }
}
