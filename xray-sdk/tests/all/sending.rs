//! Many segments over a real socket: what is recorded arrives, or is counted.

use std::net::UdpSocket;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use xray_sdk::sampling::Always;
use xray_sdk::{Health, Recorder};

const DEADLINE: Duration = Duration::from_secs(60);

/// A socket with the system's default buffer.
fn receiver() -> UdpSocket {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    socket.set_read_timeout(Some(DEADLINE)).expect("a timeout");
    socket
}

fn recorder(receiver: &UdpSocket) -> Recorder {
    let address = receiver.local_addr().expect("bound").to_string();
    Recorder::builder("checkout")
        .daemon_address(&address)
        .sampler(Always)
        .build()
        .expect("a recorder")
}

fn record(recorder: &Recorder, segments: usize) {
    for number in 0..segments {
        recorder.segment("checkout").run_sync(|segment| {
            segment.annotate("number", number);
            // Documents of several sizes.
            segment.metadata("text", &"x".repeat(number % 700));
        });
    }
}

/// Counts documents until an empty datagram comes.
fn count(socket: &UdpSocket) -> u64 {
    let mut datagram = vec![0; 65_536];
    let mut received = 0;
    loop {
        let length = socket.recv(&mut datagram).expect("the end comes");
        let Some(line) = datagram[..length].iter().position(|byte| *byte == b'\n') else {
            return received;
        };
        assert!(datagram[line + 1] == b'{' && datagram[..length].contains(&b'}'));
        received += 1;
    }
}

fn is_all_counted(health: &Health, received: u64, recorded: u64) {
    assert_eq!(health.documents, received, "{health:?}");
    assert_eq!(received + health.lost_total(), recorded, "{health:?}");
}

#[test]
fn a_daemon_with_the_default_buffer_gets_all_that_it_can_follow() {
    let socket = receiver();
    let recorder = recorder(&socket);
    let end = socket.local_addr().expect("bound");
    let (tell, received) = mpsc::channel();
    let thread = thread::spawn(move || tell.send(count(&socket)));
    for _ in 0..20 {
        record(&recorder, 1_000);
        assert!(recorder.flush(DEADLINE));
    }
    let health = recorder.health();
    assert_eq!(health.lost_total(), 0, "{health:?}");
    // There is room for it: all before it was waited for.
    let sender = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    let received = loop {
        sender.send_to(&[], end).expect("sent");
        if let Ok(received) = received.recv_timeout(Duration::from_secs(1)) {
            break received;
        }
    };
    thread.join().expect("no panic").expect("somebody waits");
    is_all_counted(&health, received, 20_000);
}

#[test]
#[cfg(target_os = "linux")]
fn what_the_kernel_dropped_at_a_daemon_that_does_not_read_is_counted_and_told_once() {
    let socket = receiver();
    let recorder = recorder(&socket);
    record(&recorder, 2_000);
    assert!(recorder.flush(DEADLINE));
    let health = recorder.health();

    socket.set_nonblocking(true).expect("a socket");
    let mut datagram = vec![0; 65_536];
    let received = std::iter::from_fn(|| socket.recv(&mut datagram).ok()).count();
    assert!(received > 0);
    is_all_counted(&health, received as u64, 2_000);
    let [(reason, lost)] = &health.lost[..] else {
        panic!("{health:?}");
    };
    assert_eq!(reason, "the daemon did not read fast enough");
    assert_eq!(*lost, 2_000 - received as u64);
    let [notice] = &health.notices[..] else {
        panic!("{health:?}");
    };
    assert!(notice.contains("net.core.rmem_max"), "{notice}");

    // And all arrives again when it reads again.
    record(&recorder, 10);
    assert!(recorder.flush(DEADLINE));
    let after = std::iter::from_fn(|| socket.recv(&mut datagram).ok()).count();
    assert_eq!(after, 10);
    assert_eq!(recorder.health().notices.len(), 1);
}
