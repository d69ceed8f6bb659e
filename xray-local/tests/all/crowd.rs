//! Many clients at once, and such as ask for nothing.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::mpsc;

use serde_json::json;
use xray_local::Server;

use crate::client::{DEADLINE, assert_refused, call, exchange, options, request};
use crate::shop::small;

/// More than a server has room for.
const CROWD: usize = 300;

fn connect(server: &Server, sent: &str) -> TcpStream {
    let mut stream = TcpStream::connect(server.address()).expect("it listens");
    stream.set_read_timeout(Some(DEADLINE)).expect("a time");
    let sent = sent.replace("HOST", &server.address().to_string());
    stream.write_all(sent.as_bytes()).expect("sent");
    stream
}

/// A server, and what its operator is told.
fn told_server() -> (Server, mpsc::Receiver<String>) {
    let (tell, told) = mpsc::channel();
    let hear = move |text: &str| {
        // The test may be over.
        let _ = tell.send(text.to_owned());
    };
    let server = Server::start(options().notices(hear)).expect("a free port");
    (server, told)
}

#[test]
fn silent_connections_do_not_shut_out_calls() {
    let (server, told) = told_server();
    let silent: Vec<_> = (0..CROWD)
        .map(|number| {
            connect(
                &server,
                ["", "POST /Traces HTTP/1.1\r\nhost: HOST\r\n"][number % 2],
            )
        })
        .collect();
    let documents = json!({"TraceSegmentDocuments": [small(1).to_string()]});
    call(&server, "/TraceSegments", &documents);
    let told = told.recv_timeout(DEADLINE).expect("the operator is told");
    assert!(told.contains("more connections than 256"), "{told}");
    let health = request(server.address(), "GET", "/local/health", &[], "").json();
    let connections = &health["connections"];
    assert!(connections["closed"].as_u64() >= Some(44), "{connections}");
    assert_eq!(connections["refused"], 0);
    drop(silent);
}

#[test]
fn streams_have_a_bound_of_their_own_and_who_comes_too_late_is_told() {
    let (server, told) = told_server();
    let ask = "GET /local/events HTTP/1.1\r\nhost: HOST\r\nconnection: close\r\n\r\n";
    let streams: Vec<_> = (0..64)
        .map(|_| {
            let mut stream = connect(&server, ask);
            let mut begun = [0; 15];
            stream.read_exact(&mut begun).expect("it begins");
            assert_eq!(&begun, b"HTTP/1.1 200 OK");
            stream
        })
        .collect();
    let late = exchange(
        server.address(),
        &[ask
            .replace("HOST", &server.address().to_string())
            .as_bytes()],
    );
    assert_refused(&late, 429, "ThrottledException", "too many streams");
    assert_eq!(late.header("retry-after"), Some("1"));
    assert!(told.recv_timeout(DEADLINE).is_ok());
    call(&server, "/Groups", &json!({}));
    drop(streams);
}

#[test]
fn a_head_without_a_host_or_with_two_is_refused() {
    let server = server();
    let host = server.address();
    let ask = |version: &str, hosts: &str| {
        let text = format!("GET / HTTP/{version}\r\nconnection: close\r\n{hosts}\r\n");
        exchange(host, &[text.as_bytes()])
    };
    assert_eq!(ask("1.1", &format!("host: {host}\r\n")).status, 200);
    assert_eq!(ask("1.0", "").status, 200, "HTTP/1.0 names none");
    let name = "InvalidRequestException";
    assert_refused(&ask("1.1", ""), 400, name, "Host header is missing");
    let both = format!("host: {host}\r\nhost: example.com\r\n");
    assert_refused(&ask("1.1", &both), 400, name, "2 Host headers");
    let user = format!("host: user@{host}\r\n");
    assert_refused(
        &ask("1.1", &user),
        403,
        "AccessDeniedException",
        "not called",
    );
}

fn server() -> Server {
    told_server().0
}
