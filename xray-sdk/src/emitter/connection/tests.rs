use std::net::UdpSocket;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::*;
use crate::emitter::gauge::Gauge;
use crate::emitter::packet::HEADER;
use crate::emitter::wire;

/// A socket of this machine, of which the test forbids some ways to send.
struct Limited {
    wire: Box<dyn Wire>,
    /// The error of each way.
    segments: Option<i32>,
    many: Option<i32>,
    /// How many calls fail so.
    times: AtomicUsize,
    segment_limit: Option<usize>,
    calls: Arc<Calls>,
}

/// By which way how many datagrams were sent, or tried to be.
type Calls = Mutex<Vec<(&'static str, usize)>>;

impl Limited {
    fn call(&self, way: &'static str, datagrams: usize, error: Option<i32>) -> io::Result<()> {
        let mut calls = self.calls.lock().expect("no panic while locked");
        calls.push((way, datagrams));
        let (Some(error), 1..) = (error, self.times.load(Ordering::Relaxed)) else {
            return Ok(());
        };
        self.times.fetch_sub(1, Ordering::Relaxed);
        Err(io::Error::from_raw_os_error(error))
    }
}

impl Wire for Limited {
    fn send(&self, datagram: &[u8]) -> io::Result<()> {
        self.call("send", 1, None)?;
        self.wire.send(datagram)
    }

    fn send_many(&self, datagrams: &[&[u8]]) -> io::Result<usize> {
        self.call("many", datagrams.len(), self.many)?;
        self.wire.send_many(datagrams)
    }

    fn send_segmented(&self, datagrams: &[&[u8]]) -> io::Result<()> {
        self.call("segments", datagrams.len(), self.segments)?;
        // Where the system has none, what arrives is the same.
        datagrams
            .iter()
            .try_for_each(|datagram| self.wire.send(datagram))
    }

    fn segment_limit(&self) -> Option<usize> {
        self.segment_limit
    }

    fn take_error(&self) -> Option<io::Error> {
        self.wire.take_error()
    }

    fn gauge(&self) -> Option<Box<dyn Gauge>> {
        None
    }
}

fn receiver() -> UdpSocket {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    // Bounds the wait of a test that fails.
    let patience = Some(Duration::from_secs(10));
    socket.set_read_timeout(patience).expect("not zero");
    socket
}

/// A connection that can do less than the system, and what it did.
fn limited(peer: SocketAddr, limit: impl FnOnce(&mut Limited)) -> (Connection, Arc<Calls>) {
    let calls = Arc::default();
    let mut limited = Limited {
        wire: wire::connect(peer).expect("loopback"),
        segments: None,
        many: None,
        times: AtomicUsize::new(usize::MAX),
        segment_limit: Some(60_000),
        calls: Arc::clone(&calls),
    };
    limit(&mut limited);
    (Connection::new(peer, Box::new(limited)), calls)
}

fn done(calls: &Calls) -> Vec<(&'static str, usize)> {
    std::mem::take(&mut calls.lock().expect("no panic while locked"))
}

fn receive(socket: &UdpSocket) -> Vec<u8> {
    let mut datagram = vec![0; 70_000];
    let length = socket.recv(&mut datagram).expect("a datagram in time");
    datagram.truncate(length);
    datagram
}

/// Datagrams with documents of about these lengths, told apart by their length.
fn datagrams(lengths: &[usize]) -> Vec<Vec<u8>> {
    let text = |length: usize| format!("{{\"name\":\"{}\"}}", "x".repeat(length));
    lengths
        .iter()
        .map(|length| [HEADER, text(*length).as_bytes()].concat())
        .collect()
}

fn slices(datagrams: &[Vec<u8>]) -> Vec<&[u8]> {
    datagrams.iter().map(Vec::as_slice).collect()
}

#[test]
fn what_was_filled_up_is_the_same_document() {
    let daemon = receiver();
    let peer = daemon.local_addr().expect("bound");
    let mut connection = Connection::new(peer, wire::connect(peer).expect("loopback"));
    let sent = datagrams(&[1_000, 1_000, 990, 950, 900]);
    let mut report = Report::default();
    connection.send(&slices(&sent), &mut report).expect("sent");
    assert_eq!(report, Report::sent(5));
    for datagram in &sent {
        let received = receive(&daemon);
        let (filled, blanks) = received.split_at(datagram.len());
        assert!(filled == datagram && blanks.iter().all(|byte| *byte == b' '));
        let document = &received[HEADER.len()..];
        serde_json::from_slice::<serde_json::Value>(document).expect("blanks are allowed");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn to_this_machine_one_call_sends_a_group() {
    let daemon = receiver();
    let peer = daemon.local_addr().expect("bound");
    let connection = Connection::new(peer, wire::connect(peer).expect("loopback"));
    let limit = connection.segment_limit().expect("since Linux 4.18");
    assert!(limit > 1_000, "{limit}");
    // To another machine segments would have to fit into its packets, and their blanks would take up the network.
    let away: SocketAddr = "192.0.2.1:2000".parse().expect("an address");
    if let Ok(wire) = wire::connect(away) {
        let connection = Connection::new(away, wire);
        assert_eq!(connection.segment_limit(), None);
        assert!(connection.receiver.is_none());
    }
}

#[test]
fn a_way_that_is_refused_is_left_without_loss_and_not_tried_again() {
    let sent = datagrams(&[1_000, 1_000, 950]);
    // EIO, EINVAL, EMSGSIZE, EOPNOTSUPP and EPERM.
    for error in [5, 22, 90, 95, 1] {
        let daemon = receiver();
        let peer = daemon.local_addr().expect("bound");
        let (mut connection, calls) = limited(peer, |limited| limited.segments = Some(error));
        for tries in [&[("segments", 3), ("many", 3)][..], &[("many", 3)]] {
            let mut report = Report::default();
            connection.send(&slices(&sent), &mut report).expect("sent");
            assert_eq!(report, Report::sent(3), "{error}");
            assert_eq!(done(&calls), tries, "{error}");
            assert!(sent.iter().all(|datagram| receive(&daemon) == *datagram));
        }
        assert_eq!(connection.segment_limit(), None);
    }
}

/// EINTR, ENOBUFS, ENOMEM, EAGAIN.
#[cfg(target_os = "linux")]
const MOMENTARY: [i32; 4] = [4, 105, 12, 11];

#[test]
#[cfg(target_os = "linux")]
fn what_hinders_for_a_moment_costs_no_group_and_no_way() {
    let sent = datagrams(&[1_000, 1_000, 950]);
    for error in MOMENTARY {
        let daemon = receiver();
        let peer = daemon.local_addr().expect("bound");
        let (mut connection, calls) = limited(peer, |limited| {
            limited.segments = Some(error);
            limited.times = AtomicUsize::new(1);
        });
        let tries = match error {
            4 => [("segments", 3), ("segments", 3)],
            _ => [("segments", 3), ("many", 3)],
        };
        for tries in [&tries[..], &[("segments", 3)]] {
            let mut report = Report::default();
            connection.send(&slices(&sent), &mut report).expect("sent");
            assert_eq!((report, done(&calls)), (Report::sent(3), tries.to_vec()));
            for datagram in &sent {
                assert!(receive(&daemon).starts_with(datagram));
            }
        }
    }
}

#[test]
#[cfg(target_os = "linux")]
fn what_there_is_no_room_for_is_one_document() {
    let sent = datagrams(&[1_000, 1_000, 950]);
    for error in MOMENTARY {
        let daemon = receiver();
        let peer = daemon.local_addr().expect("bound");
        let (mut connection, _) = limited(peer, |limited| {
            (limited.segments, limited.many) = (Some(error), Some(error));
            limited.times = AtomicUsize::new(2);
        });
        let mut report = Report::default();
        let result = connection.send(&slices(&sent), &mut report);
        match result {
            Ok(()) => assert_eq!((error, report.sent_count()), (4, 3)),
            Err(stopped) => assert_eq!((stopped.accepted, stopped.refused), (0, 1)),
        }
    }
}

#[test]
fn the_simplest_way_is_left_at_last() {
    let daemon = receiver();
    let peer = daemon.local_addr().expect("bound");
    // ENOSYS: a sandbox that does not know the call.
    let (mut connection, calls) = limited(peer, |limited| {
        (limited.segments, limited.many) = (Some(95), Some(38));
    });
    let sent = datagrams(&[1_000, 1_000, 950]);
    let one_by_one = [("send", 1); 3];
    let all = [&[("segments", 3), ("many", 3)], &one_by_one[..]].concat();
    for tries in [&all[..], &one_by_one] {
        let mut report = Report::default();
        connection.send(&slices(&sent), &mut report).expect("sent");
        assert_eq!(report, Report::sent(3));
        assert_eq!(done(&calls), tries);
        assert!(sent.iter().all(|datagram| receive(&daemon) == *datagram));
    }
}

#[test]
fn what_a_route_does_not_take_as_segments_goes_otherwise() {
    let daemon = receiver();
    let peer = daemon.local_addr().expect("bound");
    // What Ethernet leaves.
    let (mut connection, calls) = limited(peer, |limited| limited.segment_limit = Some(1_472));
    let large = datagrams(&[1_800, 1_800]);
    let small = datagrams(&[800, 800]);
    let mut report = Report::default();
    connection.send(&slices(&large), &mut report).expect("sent");
    connection.send(&slices(&small), &mut report).expect("sent");
    assert_eq!(report, Report::sent(4));
    assert_eq!(done(&calls), [("many", 2), ("segments", 2)]);
}

#[test]
fn nobody_there_refuses_the_whole_group_in_every_way() {
    let sent = datagrams(&[1_000; 10]);
    for limits in [(None, None), (Some(95), None), (Some(95), Some(38))] {
        let peer = receiver().local_addr().expect("bound");
        let (mut connection, _) =
            limited(peer, |limited| (limited.segments, limited.many) = limits);
        let mut report = Report::default();
        let stopped = connection
            .send(&slices(&sent), &mut report)
            .expect_err("refused");
        assert!(is_refusal(&stopped.error), "{stopped:?}");
        assert_eq!(stopped.accepted, 0, "{limits:?}");
        assert_eq!(report, Report::default(), "{limits:?}");
    }
}

#[test]
fn a_daemon_that_ends_costs_what_it_did_not_read_of() {
    let sent = datagrams(&[1_000; 10]);
    for limits in [(None, None), (Some(95), None), (Some(95), Some(38))] {
        let daemon = receiver();
        let peer = daemon.local_addr().expect("bound");
        let (mut connection, _) =
            limited(peer, |limited| (limited.segments, limited.many) = limits);
        let mut report = Report::default();
        connection.send(&slices(&sent), &mut report).expect("sent");
        drop(daemon);
        // Goes out, and the answer is not asked for: as if it came from far away.
        connection.wire.send(&sent[0]).expect("goes out");
        let daemon = UdpSocket::bind(peer).expect("free again");
        connection.send(&slices(&sent), &mut report).expect("sent");
        assert_eq!(
            report.sent_count() + report.lost_count(Loss::NoReceiver),
            20
        );
        assert!(
            report.lost_count(Loss::NoReceiver) >= 1,
            "{limits:?} {report:?}"
        );
        assert!(sent.iter().all(|datagram| receive(&daemon) == *datagram));
    }
}

/// A far network: answers come when the script says so.
struct Far {
    /// How many go out by the next call, which is the last of these, before a refusal comes.
    takes: Mutex<Vec<usize>>,
}

impl Wire for Far {
    fn send(&self, _datagram: &[u8]) -> io::Result<()> {
        Ok(())
    }

    fn send_many(&self, datagrams: &[&[u8]]) -> io::Result<usize> {
        let mut takes = self.takes.lock().expect("no panic while locked");
        match takes.pop() {
            Some(0) => Err(ErrorKind::ConnectionRefused.into()),
            Some(count) => Ok(count.min(datagrams.len())),
            None => Ok(datagrams.len()),
        }
    }

    fn send_segmented(&self, _datagrams: &[&[u8]]) -> io::Result<()> {
        unreachable!("it has no limit")
    }

    fn segment_limit(&self) -> Option<usize> {
        None
    }

    fn take_error(&self) -> Option<io::Error> {
        None
    }

    fn gauge(&self) -> Option<Box<dyn Gauge>> {
        None
    }
}

#[test]
fn a_refusal_from_far_away_takes_back_one_document_wherever_it_comes() {
    let sent = datagrams(&[100; 10]);
    // From the last: 10 go out; then a refusal comes before, or in the middle of, the next 10.
    for takes in [vec![0, 10], vec![4, 10]] {
        let takes = Mutex::new(takes);
        let peer: SocketAddr = "192.0.2.1:2000".parse().expect("an address");
        let mut connection = Connection::new(peer, Box::new(Far { takes }));
        let mut report = Report::default();
        for _ in 0..2 {
            connection.send(&slices(&sent), &mut report).expect("sent");
        }
        assert_eq!(report.lost_count(Loss::NoReceiver), 1);
        assert_eq!((report.sent_count(), report.returned_count()), (19, 0));
    }
}
