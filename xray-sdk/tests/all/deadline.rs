//! What a shutdown does when the emitter takes longer than its deadline.

use std::sync::mpsc::{self, Receiver, Sender};
use std::time::{Duration, Instant};

use xray_sdk::Recorder;
use xray_sdk::emitter::{Batch, Emitter, Report};
use xray_sdk::sampling::Always;

const DEADLINE: Duration = Duration::from_secs(30);

/// Tells that it has something to send, and blocks until it may go on, or until nobody can tell it to.
struct Blocked(Sender<()>, Receiver<()>);

impl Emitter for Blocked {
    fn emit(&mut self, batch: &Batch) -> Report {
        let _ = self.0.send(());
        let _ = self.1.recv();
        Report::sent(batch.len())
    }
}

fn blocked() -> (Recorder, Receiver<()>, Sender<()>) {
    let ((tell, sending), (go_on, told)) = (mpsc::channel(), mpsc::channel());
    let recorder = Recorder::builder("checkout")
        .sampler(Always)
        .emitter(Blocked(tell, told))
        .build()
        .expect("a recorder");
    (recorder, sending, go_on)
}

/// The shortest of a few: on a busy machine any may be late.
fn shortest(mut end: impl FnMut()) -> Duration {
    let times = (0..5).map(|_| {
        let start = Instant::now();
        end();
        start.elapsed()
    });
    times.min().unwrap_or_default()
}

#[test]
fn a_shutdown_ends_at_its_deadline() {
    let (recorder, _sending, _go_on) = blocked();
    recorder.own_segment().run_sync(|_| ());
    let deadline = Duration::from_millis(50);
    let time = shortest(|| assert!(!recorder.shutdown(deadline)));
    assert!(time >= deadline && time < deadline * 2, "{time:?}");
}

#[test]
fn what_a_shutdown_could_not_send_is_counted_and_told() {
    let (recorder, sending, go_on) = blocked();
    for _ in 0..1_000 {
        recorder.own_segment().run_sync(|_| ());
    }
    sending.recv().expect("there is something to send");
    assert!(!recorder.shutdown(Duration::from_millis(1)));
    let health = recorder.health();
    assert_eq!((health.documents, health.unsent), (0, 1_000), "{health:?}");
    let told = health.notices.join("\n");
    assert!(told.contains("1000 segments"), "{told}");
    // A program that does not end yet has them sent all the same.
    drop(go_on);
    assert!(recorder.shutdown(DEADLINE));
    let health = recorder.health();
    assert_eq!((health.documents, health.unsent), (1_000, 0), "{health:?}");
    assert_eq!(health.lost_total(), 0, "{health:?}");
}
