//! A recorder whose daemon goes away and comes back.

use std::net::UdpSocket;
use std::time::Duration;

use xray_sdk::sampling::Always;
use xray_sdk::{Recorder, TraceHeader, document::Document};

const DEADLINE: Duration = Duration::from_secs(30);

fn daemon(address: &str) -> UdpSocket {
    let socket = UdpSocket::bind(address).expect("a free port");
    socket.set_read_timeout(Some(DEADLINE)).expect("a timeout");
    socket
}

fn receive(socket: &UdpSocket) -> Document {
    let mut buffer = vec![0; 65_536];
    let length = socket.recv(&mut buffer).expect("a datagram");
    let text = &buffer[..length];
    let line = text
        .iter()
        .position(|byte| *byte == b'\n')
        .expect("a header line");
    let header: serde_json::Value = serde_json::from_slice(&text[..line]).expect("json");
    assert_eq!(header, serde_json::json!({"format": "json", "version": 1}));
    Document::parse(&text[line + 1..]).expect("a document")
}

fn recorder(address: &str) -> Recorder {
    Recorder::builder("checkout")
        .daemon_address(address)
        .sampler(Always)
        .build()
        .expect("a recorder")
}

fn record(recorder: &Recorder, name: &'static str) {
    recorder.segment(name).run_sync(|_| ());
    assert!(recorder.flush(DEADLINE));
}

#[test]
fn segments_reach_the_daemon() {
    let socket = daemon("127.0.0.1:0");
    let recorder = recorder(&socket.local_addr().expect("bound").to_string());
    record(&recorder, "one");
    assert_eq!(receive(&socket).name, "one");
    assert_eq!(recorder.health().documents, 1);
}

#[test]
fn losses_are_counted_and_told_once_while_the_daemon_is_away() {
    let socket = daemon("127.0.0.1:0");
    let address = socket.local_addr().expect("bound").to_string();
    let recorder = recorder(&address);
    record(&recorder, "before");
    assert_eq!(receive(&socket).name, "before");
    drop(socket);
    for _ in 0..20 {
        record(&recorder, "away");
    }
    let health = recorder.health();
    assert_eq!(health.documents, 1);
    assert_eq!(health.lost_total(), 20, "{health:?}");
    assert_eq!(health.notices.len(), 1, "{health:?}");
    let socket = daemon(&address);
    record(&recorder, "after");
    assert_eq!(receive(&socket).name, "after");
    assert_eq!(recorder.health().lost_total(), 20);
}

#[test]
fn ipv6_and_names_are_addresses_too() {
    for address in ["[::1]:0", "localhost:0"] {
        let socket = daemon(address);
        let port = socket.local_addr().expect("bound").port();
        let recorder = recorder(&address.replace(":0", &format!(":{port}")));
        record(&recorder, "one");
        assert_eq!(receive(&socket).name, "one", "{address}");
    }
}

#[test]
fn a_recorder_that_is_dropped_sends_what_it_holds() {
    let socket = daemon("127.0.0.1:0");
    let recorder = recorder(&socket.local_addr().expect("bound").to_string());
    recorder.segment("last").run_sync(|_| ());
    drop(recorder);
    assert_eq!(receive(&socket).name, "last");
}

#[test]
fn an_address_that_cannot_be_used_is_an_error() {
    let error = Recorder::builder("checkout")
        .daemon_address("localhost")
        .build()
        .expect_err("no port");
    assert!(error.is_invalid(), "{error}");
    assert!(error.to_string().contains("localhost"), "{error}");
}

#[test]
fn a_daemon_that_wants_to_know_is_told_how_the_recorder_does() {
    let socket = daemon("127.0.0.1:0");
    let recorder = Recorder::builder("checkout")
        .daemon_address(&socket.local_addr().expect("bound").to_string())
        .sampler(Always)
        .report_health(true)
        .build()
        .expect("a recorder");
    let refused = TraceHeader::parse("Root=1-581cf771-a006649127e371903a2de979;Sampled=0");
    recorder.segment("one").continuing(refused).run_sync(|_| ());
    recorder.segment("two").run_sync(|_| ());
    assert!(recorder.shutdown(DEADLINE));
    let mut reports = Vec::new();
    let mut documents = 0;
    loop {
        let mut buffer = vec![0; 65_536];
        let length = socket.recv(&mut buffer).expect("a datagram");
        let text = String::from_utf8_lossy(&buffer[..length]).into_owned();
        let (_, text) = text.split_once('\n').expect("a header line");
        let json: serde_json::Value = serde_json::from_str(text).expect("json");
        match json.get("xray_sdk_health") {
            Some(report) => reports.push(report.clone()),
            None => documents += 1,
        }
        if reports.last().is_some_and(|last| last["state"] == "ended") {
            break;
        }
    }
    assert_eq!((documents, recorder.health().documents), (1, 1));
    let last = &reports[reports.len() - 1];
    assert_eq!(last["service"], "checkout");
    assert_eq!(
        (
            &last["segments"],
            &last["unsampled"],
            &last["unsampled_by_caller"]
        ),
        (&1.into(), &1.into(), &1.into())
    );
}
