use std::net::{SocketAddr, UdpSocket};
use std::sync::mpsc;
use std::time::Duration;

use xray_daemon::{Handover, Receiver, Sink, Socket};

const HEADER: &str = "{\"format\":\"json\",\"version\":1}\n";

/// Longer than anything here takes; reached only when a test fails.
const DEADLINE: Duration = Duration::from_secs(10);

/// Hands documents to a channel, as many as it has been told to take.
struct Channel {
    documents: mpsc::Sender<Vec<u8>>,
    room: usize,
}

impl Sink for Channel {
    fn accept(&mut self, document: &[u8]) -> Handover {
        if self.room == 0 {
            return Handover::Refused;
        }
        self.room -= 1;
        self.documents
            .send(document.to_vec())
            .expect("the test listens");
        Handover::Taken
    }
}

fn receiver(room: usize) -> (Receiver, mpsc::Receiver<Vec<u8>>) {
    receiver_at("127.0.0.1:0", room)
}

fn receiver_at(address: &str, room: usize) -> (Receiver, mpsc::Receiver<Vec<u8>>) {
    let (sender, documents) = mpsc::channel();
    let receiver = Socket::bind(address.parse().expect("an address"))
        .expect("a free port")
        .receive(Channel {
            documents: sender,
            room,
        })
        .expect("a thread");
    (receiver, documents)
}

fn send(address: SocketAddr, bytes: impl AsRef<[u8]>) {
    let own = match address {
        SocketAddr::V4(_) => "127.0.0.1:0",
        SocketAddr::V6(_) => "[::1]:0",
    };
    let socket = UdpSocket::bind(own).expect("a free port");
    socket.send_to(bytes.as_ref(), address).expect("sent");
}

#[test]
fn a_document_reaches_the_sink_without_its_header() {
    let (receiver, documents) = receiver(usize::MAX);
    send(receiver.address(), format!("{HEADER}{{\"name\":\"a\"}}"));
    assert_eq!(
        documents.recv_timeout(DEADLINE).expect("arrives"),
        b"{\"name\":\"a\"}"
    );
}

#[test]
fn the_largest_datagram_arrives_whole() {
    let (receiver, documents) = receiver(usize::MAX);
    let document = "x".repeat(65_507 - HEADER.len());
    send(receiver.address(), format!("{HEADER}{document}"));
    assert_eq!(
        documents.recv_timeout(DEADLINE).expect("arrives"),
        document.as_bytes()
    );
}

#[test]
fn every_datagram_is_counted_by_what_became_of_it() {
    let (receiver, _documents) = receiver(2);
    for datagram in [
        format!("{HEADER}one").as_str(),
        "no line end",
        HEADER,
        "",
        "{\"format\":\"json\",\"version\":2}\nbody",
        format!("{HEADER}two").as_str(),
        format!("{HEADER}one too many").as_str(),
    ] {
        send(receiver.address(), datagram);
    }
    let counts = receiver.stop();
    assert_eq!(counts.received, 6);
    assert_eq!(counts.accepted, 2);
    assert_eq!(counts.missing_document, 2);
    assert_eq!(counts.invalid_header, 1);
    assert_eq!(counts.rejected(), 3);
    assert_eq!(counts.refused, 1);
    assert_eq!(counts.socket_errors, 0);
}

#[test]
fn counts_can_be_read_while_receiving() {
    let (receiver, documents) = receiver(usize::MAX);
    send(receiver.address(), format!("{HEADER}one"));
    documents.recv_timeout(DEADLINE).expect("arrives");
    assert_eq!(receiver.counts().received, 1);
    assert!(receiver.is_receiving());
}

#[test]
fn what_arrived_before_the_stop_is_handed_over() {
    let (sender, documents) = mpsc::channel();
    let socket = Socket::bind("127.0.0.1:0".parse().expect("an address")).expect("a free port");
    for number in 0..100 {
        send(socket.address(), format!("{HEADER}{number}"));
    }
    let receiver = socket
        .receive(Channel {
            documents: sender,
            room: usize::MAX,
        })
        .expect("a thread");
    assert_eq!(receiver.stop().accepted, 100);
    assert_eq!(documents.iter().count(), 100, "and the sink is dropped");
}

#[test]
fn a_dropped_receiver_frees_its_port_and_drops_its_sink() {
    let (receiver, documents) = receiver(usize::MAX);
    let address = receiver.address();
    drop(receiver);
    assert!(
        documents.recv_timeout(DEADLINE).is_err(),
        "nobody sends any more"
    );
    Socket::bind(address).expect("the port is free again");
}

#[test]
fn a_receiver_on_every_address_stops_too() {
    let (receiver, _documents) = receiver_at("0.0.0.0:0", usize::MAX);
    receiver.stop();
}

#[test]
fn a_receiver_on_ipv6_receives() {
    if UdpSocket::bind("[::1]:0").is_err() {
        return; // a machine without IPv6
    }
    let (receiver, documents) = receiver_at("[::1]:0", usize::MAX);
    send(receiver.address(), format!("{HEADER}six"));
    assert_eq!(documents.recv_timeout(DEADLINE).expect("arrives"), b"six");
}

#[test]
fn a_taken_port_is_told_from_other_failures() {
    let first = Socket::bind("127.0.0.1:0".parse().expect("an address")).expect("a free port");
    let error = Socket::bind(first.address()).expect_err("taken");
    assert!(error.is_address_in_use(), "{error}");
    assert!(error.to_string().contains(&first.address().to_string()));

    let elsewhere = Socket::bind("192.0.2.1:0".parse().expect("an address"));
    assert!(!elsewhere.expect_err("not ours").is_address_in_use());
}

#[test]
fn datagrams_by_the_hundred_arrive_in_order() {
    let (receiver, documents) = receiver(usize::MAX);
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    for number in 0..1_000 {
        let datagram = format!("{HEADER}{number}{}", " ".repeat(number));
        socket
            .send_to(datagram.as_bytes(), receiver.address())
            .expect("sent");
    }
    for number in 0..1_000 {
        let document = documents.recv_timeout(DEADLINE).expect("arrives");
        assert_eq!(document.len(), number.to_string().len() + number);
        assert!(document.starts_with(number.to_string().as_bytes()));
    }
    assert_eq!(receiver.stop().overrun, 0);
}

#[test]
#[cfg(target_os = "linux")]
fn what_the_kernel_had_no_room_for_is_counted() {
    let socket = Socket::bind("127.0.0.1:0".parse().expect("an address")).expect("a free port");
    let address = socket.address();
    let sender = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    let datagram = format!("{HEADER}{}", "x".repeat(60_000));
    // More than any buffer that is asked for.
    for _ in 0..400 {
        sender.send_to(datagram.as_bytes(), address).expect("sent");
    }
    let (documents, taken) = mpsc::channel();
    let receiver = socket
        .receive(Channel {
            documents,
            room: usize::MAX,
        })
        .expect("a thread");
    // All that waits is read first: then there is room for what tells how much was dropped.
    let mut large = 0;
    while taken.recv_timeout(DEADLINE).expect("arrives").len() > 10 {
        large += 1;
        sender
            .send_to(format!("{HEADER}last").as_bytes(), address)
            .expect("sent");
    }
    let counts = receiver.stop();
    assert!(counts.overrun > 0, "{counts:?}");
    assert_eq!(large + counts.overrun, 400, "{counts:?}");
    // As many small ones were sent as large ones came.
    assert_eq!(counts.received, 2 * large, "{counts:?}");
}
