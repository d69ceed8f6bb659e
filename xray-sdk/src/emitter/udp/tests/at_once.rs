//! What is sent without waiting, and what is waited for.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::emitter::gauge::Gauge;

/// A network that has no room for the first calls, and then takes everything.
struct Congested {
    calls: AtomicUsize,
    until: usize,
}

impl Wire for Congested {
    fn send(&self, _datagram: &[u8]) -> io::Result<()> {
        // ENOBUFS.
        match self.calls.fetch_add(1, Ordering::Relaxed) < self.until {
            true => Err(io::Error::from_raw_os_error(105)),
            false => Ok(()),
        }
    }

    fn send_many(&self, datagrams: &[&[u8]]) -> io::Result<usize> {
        wire::one_by_one(self, datagrams)
    }

    fn send_segmented(&self, _datagrams: &[&[u8]]) -> io::Result<()> {
        Err(ErrorKind::Unsupported.into())
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
#[cfg(target_os = "linux")]
fn what_the_system_has_no_room_for_at_the_moment_is_offered_again() {
    let address = DaemonAddress::parse("192.0.2.1:2000").expect("valid");
    let connect = |_| -> io::Result<Box<dyn Wire>> {
        Ok(Box::new(Congested {
            calls: AtomicUsize::new(0),
            until: 3,
        }))
    };
    let mut emitter = UdpEmitter::with(&address, Box::new(System), connect);
    assert_eq!(emit(&mut emitter, &["{1}", "{2}", "{3}"]), Report::sent(3));

    // On the thread of a flush there is no time for that, and each is lost alone.
    let mut emitter = UdpEmitter::with(&address, Box::new(System), connect);
    let mut report = Report::sent(1);
    report.add_lost(Loss::Congested, 3);
    let batch = [&b"{}"[..]; 4].into_iter().collect();
    assert_eq!(emitter.emit_at_once(&batch), Some(report));
}

#[test]
#[cfg(target_os = "linux")]
fn what_would_have_to_wait_is_not_sent_at_once() {
    let daemon = Daemon::start();
    let address = DaemonAddress::parse(&daemon.address().to_string()).expect("valid");
    let mut emitter = UdpEmitter::new(&address);
    let text = "x".repeat(1_000);
    let batch = |documents| -> Batch { vec![text.as_bytes(); documents].into_iter().collect() };
    assert_eq!(emitter.emit_at_once(&batch(0)), Some(Report::default()));
    assert_eq!(emitter.emit_at_once(&batch(3)), Some(Report::sent(3)));
    // More than a socket holds; then what it could hold, if it were empty.
    assert_eq!(emitter.emit_at_once(&batch(1_000)), None);
    let mut sent = 3;
    while let Some(report) = emitter.emit_at_once(&batch(20)) {
        assert_eq!(report, Report::sent(20));
        sent += 20;
        assert!(sent < 1_000, "nobody reads");
    }
    for _ in 0..sent {
        assert_eq!(daemon.receive(), text);
    }
    assert_eq!(emitter.emit_at_once(&batch(20)), Some(Report::sent(20)));

    // A name has to be asked for.
    let named = format!("localhost:{}", daemon.address().port());
    let mut emitter = UdpEmitter::new(&DaemonAddress::parse(&named).expect("valid"));
    assert_eq!(emitter.emit_at_once(&batch(1)), None);
}

#[test]
#[cfg(target_os = "linux")]
fn a_daemon_that_reads_nothing_is_not_waited_for_once_that_is_known() {
    let daemon = Daemon::start();
    let address = DaemonAddress::parse(&daemon.address().to_string()).expect("valid");
    let mut emitter = UdpEmitter::new(&address);
    let text = [b'x'; 1_000];
    let batch = |documents| -> Batch { vec![&text[..]; documents].into_iter().collect() };
    // Fills the daemon's socket, and gives it up.
    emitter.emit(&batch(1_000));
    for _ in 0..3 {
        assert!(emitter.emit_at_once(&batch(20)).is_some());
    }
    let in_queue = std::iter::from_fn(|| daemon.try_receive()).count();
    assert!(in_queue > 0);
    assert_eq!(emitter.emit_at_once(&batch(20)), Some(Report::sent(20)));
}

#[test]
fn out_of_sight_no_more_than_a_burst_is_sent_at_once() {
    let address = DaemonAddress::parse("192.0.2.1:2000").expect("valid");
    let connect = |_| -> io::Result<Box<dyn Wire>> {
        Ok(Box::new(Congested {
            calls: AtomicUsize::new(0),
            until: 0,
        }))
    };
    let mut emitter = UdpEmitter::with(&address, Box::new(System), connect);
    let text = [b'x'; 1_000];
    let batch = |documents| -> Batch { vec![&text[..]; documents].into_iter().collect() };
    assert_eq!(emitter.emit_at_once(&batch(33)), None);
    assert_eq!(emitter.emit_at_once(&batch(30)), Some(Report::sent(30)));
    assert_eq!(emitter.emit(&batch(33)), Report::sent(33));
}
