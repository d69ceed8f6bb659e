//! A client for the tests: one request to a connection, in plain HTTP/1.1.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::time::Duration;

use serde_json::Value;
use xray_local::{Options, Server};

/// Longer than anything here takes; reached only when a test fails.
pub(crate) const DEADLINE: Duration = Duration::from_secs(10);

/// A server on a free port.
pub(crate) fn server() -> Server {
    Server::start(options()).expect("a free port")
}

pub(crate) fn options() -> Options {
    Options::default().bind("127.0.0.1:0".parse().expect("an address"))
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: String,
}

impl Answer {
    /// The value of a header, by its name in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (found, value) = line.split_once(": ")?;
            found.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("the body is JSON")
    }
}

/// Sends a request with these header lines.
pub(crate) fn request(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[&str],
    body: &str,
) -> Answer {
    let mut text = format!("{method} {path} HTTP/1.1\r\nconnection: close\r\n");
    for header in headers {
        text.push_str(&format!("{header}\r\n"));
    }
    if !headers.iter().any(|header| header.starts_with("host:")) {
        text.push_str(&format!("host: {address}\r\n"));
    }
    text.push_str(&format!("content-length: {}\r\n\r\n", body.len()));
    exchange(address, &[text.as_bytes(), body.as_bytes()])
}

/// Sends bytes and reads the answer until the server closes the connection.
pub(crate) fn exchange(address: SocketAddr, parts: &[&[u8]]) -> Answer {
    let mut stream = TcpStream::connect(address).expect("the server listens");
    stream.set_read_timeout(Some(DEADLINE)).expect("a time");
    for part in parts {
        // A server that refuses a request need not read it to its end.
        let _ = stream.write_all(part);
    }
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a whole answer");
    let status = head.split(' ').nth(1).expect("a status line");
    Answer {
        status: status.parse().expect("a number"),
        head: head.to_owned(),
        body: body.to_owned(),
    }
}

/// Calls an operation as AWS's clients do.
pub(crate) fn post(server: &Server, path: &str, input: &Value) -> Answer {
    let headers = ["content-type: application/json"];
    request(server.address(), "POST", path, &headers, &input.to_string())
}

/// Calls an operation that must succeed.
pub(crate) fn call(server: &Server, path: &str, input: &Value) -> Value {
    let answer = post(server, path, input);
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    answer.json()
}

/// An input with the fields of another, which count where both have one.
pub(crate) fn with(mut input: Value, more: Value) -> Value {
    if let (Some(input), Value::Object(more)) = (input.as_object_mut(), more) {
        input.extend(more);
    }
    input
}

/// Sends a document as SDKs do.
pub(crate) fn send(server: &Server, document: &Value) {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    let datagram = format!("{{\"format\":\"json\",\"version\":1}}\n{document}");
    socket
        .send_to(datagram.as_bytes(), server.address())
        .expect("sent");
}

/// Checks that a call was refused, with this name and a message that has this part.
pub(crate) fn assert_refused(answer: &Answer, status: u16, name: &str, part: &str) {
    assert_eq!(answer.status, status, "{}", answer.body);
    assert_eq!(answer.header("x-amzn-errortype"), Some(name));
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let body = answer.json();
    assert_eq!(body["__type"], name);
    assert_eq!(body["message"], body["Message"]);
    let message = body["message"].as_str().expect("a text");
    assert!(
        message.contains(part),
        "{message:?} should tell of {part:?}"
    );
}
