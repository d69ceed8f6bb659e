use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::time::Duration;

use serde_json::json;
use xray_local::{Options, Server};

use crate::client::{DEADLINE, call, request, send, server};
use crate::shop::small;

fn at(address: &str) -> Options {
    Options::default().bind(address.parse().expect("an address"))
}

#[test]
fn udp_and_tcp_have_the_same_number() {
    let server = server();
    assert_ne!(server.address().port(), 0);
    assert_eq!(server.url(), format!("http://{}", server.address()));
    send(&server, &small(1));
    assert!(
        server
            .store()
            .wait_until(|store| store.counts().traces == 1, DEADLINE)
    );
    let front = request(server.address(), "GET", "/", &[], "");
    assert_eq!(front.status, 200);
    let told = "1 trace is stored. Since it started 1 document has come, and 0 were refused.";
    assert!(front.body.contains(told), "{}", front.body);
}

#[test]
fn an_address_that_others_can_reach_must_be_allowed() {
    let error = Server::start(at("0.0.0.0:0")).err().expect("is refused");
    assert!(error.is_remote_address(), "{error}");
    let server = Server::start(at("0.0.0.0:0").allow_remote(true)).expect("a free port");
    assert!(server.address().ip().is_unspecified());
    assert!(server.local_address().ip().is_loopback());
    assert_eq!(
        server.url(),
        format!("http://127.0.0.1:{}", server.address().port())
    );
    assert_eq!(
        request(server.local_address(), "GET", "/", &[], "").status,
        200
    );
}

#[test]
fn a_port_taken_on_either_side_is_in_use() {
    let tcp = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let taken = tcp.local_addr().expect("bound").to_string();
    let error = Server::start(at(&taken)).err().expect("is refused");
    assert!(error.is_address_in_use(), "{error}");
    assert_eq!(error.to_string(), format!("TCP {taken} is in use"));

    let udp = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    let taken = udp.local_addr().expect("bound").to_string();
    let error = Server::start(at(&taken)).err().expect("is refused");
    assert!(error.is_address_in_use(), "{error}");
    // Another test may hold the same number on the TCP side, which is tried first.
    assert!(
        error.to_string().ends_with(&format!("{taken} is in use")),
        "{error}"
    );
}

#[test]
fn ipv6_works_like_ipv4() {
    if UdpSocket::bind("[::1]:0").is_err() {
        return; // a machine without IPv6
    }
    let server = Server::start(at("[::1]:0")).expect("a free port");
    assert_eq!(
        server.url(),
        format!("http://[::1]:{}", server.address().port())
    );
    call(
        &server,
        "/TraceSegments",
        &json!({"TraceSegmentDocuments": [small(1).to_string()]}),
    );
    assert_eq!(server.store().counts().stored, 1);
}

#[test]
fn what_arrived_before_the_stop_is_stored() {
    let server = server();
    for number in 1..=50 {
        send(&server, &small(number));
    }
    let store = server.store().clone();
    let received = server.stop();
    assert_eq!((received.received, received.accepted), (50, 50));
    assert_eq!(store.counts().stored, 50);
}

#[test]
fn a_dropped_server_frees_its_port() {
    let server = server();
    let address = server.address();
    drop(server);
    Server::start(Options::default().bind(address)).expect("the port is free again");
}

#[test]
fn an_open_connection_does_not_hold_up_the_stop() {
    let server = server();
    let mut idle = TcpStream::connect(server.address()).expect("connects");
    idle.set_read_timeout(Some(DEADLINE)).expect("a time");
    let address: SocketAddr = server.address();
    idle.write_all(format!("GET / HTTP/1.1\r\nhost: {address}\r\n\r\n").as_bytes())
        .expect("sent");
    let mut byte = [0];
    idle.read_exact(&mut byte)
        .expect("an answer, on a connection that stays open");
    server.stop();
    let mut rest = Vec::new();
    idle.read_to_end(&mut rest)
        .expect("the server closes the connection");
}

#[test]
fn waiting_ends_at_the_deadline() {
    let server = server();
    assert!(!server.store().wait_until(
        |store| store.counts().traces == 1,
        Duration::from_millis(10)
    ));
}

#[test]
fn it_starts_and_ends_within_an_async_program() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let server = server();
        send(&server, &small(1));
        assert!(
            server
                .store()
                .wait_until(|store| store.counts().traces == 1, DEADLINE)
        );
    });
}
