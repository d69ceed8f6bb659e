//! On which thread a flush sends, and what a restore from a snapshot does to an emitter.

use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex};
use std::thread::{self, ThreadId};
use std::time::Duration;

use xray_sdk::Recorder;
use xray_sdk::emitter::{Batch, Emitter, Report};
use xray_sdk::sampling::{Decision, Sampler, SamplingRequest};

const DEADLINE: Duration = Duration::from_secs(30);

/// Tells on which thread it is called.
struct Told {
    emitted: Sender<ThreadId>,
    reopened: Sender<()>,
    is_prompt: bool,
}

impl Emitter for Told {
    fn emit(&mut self, batch: &Batch) -> Report {
        let _ = self.emitted.send(thread::current().id());
        Report::sent(batch.len())
    }

    fn emit_at_once(&mut self, batch: &Batch) -> Option<Report> {
        self.is_prompt.then(|| self.emit(batch))
    }

    fn reopen(&mut self) {
        let _ = self.reopened.send(());
    }
}

#[test]
fn only_a_prompt_emitter_is_called_by_a_flush() {
    for is_prompt in [true, false] {
        let ((emitted, emissions), (reopened, _)) = (mpsc::channel(), mpsc::channel());
        let emitter = Told {
            emitted,
            reopened,
            is_prompt,
        };
        let recorder = Recorder::builder("resize")
            .emitter(emitter)
            .build()
            .expect("a recorder");
        // The recorder's own thread may be at it: then it is waited for.
        let is_here = (0..1_000).any(|_| {
            recorder.own_segment().sampled(true).begin().end();
            assert!(recorder.flush(DEADLINE));
            emissions.try_recv() == Ok(thread::current().id())
        });
        assert_eq!(is_here, is_prompt);
    }
}

/// Never takes anything at once, and tells how many documents it is given together.
struct Slow(Sender<usize>);

impl Emitter for Slow {
    fn emit(&mut self, batch: &Batch) -> Report {
        let _ = self.0.send(batch.len());
        Report::sent(batch.len())
    }
}

#[test]
fn what_cannot_be_sent_at_once_is_sent_once() {
    let (emitted, emissions) = mpsc::channel();
    let recorder = Recorder::builder("resize").emitter(Slow(emitted)).build();
    let recorder = recorder.expect("a recorder");
    for _ in 0..100 {
        recorder.own_segment().sampled(true).begin().end();
        assert!(recorder.flush(DEADLINE));
    }
    assert_eq!(emissions.try_iter().sum::<usize>(), 100);
    assert_eq!(recorder.health().documents, 100);
}

/// Each segment that ends begins another one, on the recorder's thread.
struct Endless(Arc<Mutex<Option<Recorder>>>);

impl Sampler for Endless {
    fn decide(&self, _request: &SamplingRequest<'_>) -> Decision {
        Decision::from(true).observed()
    }

    fn observe(&self, _decision: &Decision, _is_fault: bool) {
        let recorder = self.0.lock().expect("no panic while locked").clone();
        if let Some(recorder) = recorder {
            recorder.own_segment().begin().end();
        }
    }
}

#[test]
fn a_flush_ends_though_more_is_recorded_all_the_time() {
    let itself = Arc::new(Mutex::new(None));
    let (emitted, emissions) = mpsc::channel();
    let recorder = Recorder::builder("resize")
        .emitter(Slow(emitted))
        .sampler(Endless(itself.clone()))
        .build()
        .expect("a recorder");
    let set = |to| *itself.lock().expect("no panic while locked") = to;
    set(Some(recorder.clone()));
    for _ in 0..10 {
        recorder.own_segment().begin().end();
        assert!(recorder.flush(DEADLINE));
    }
    recorder.shutdown(DEADLINE);
    set(None);
    assert!(emissions.try_iter().sum::<usize>() >= 20);
}

#[test]
fn a_restore_opens_the_socket_again() {
    let ((emitted, _), (reopened, openings)) = (mpsc::channel(), mpsc::channel());
    let emitter = Told {
        emitted,
        reopened,
        is_prompt: true,
    };
    let recorder = Recorder::builder("resize").emitter(emitter).build();
    recorder.expect("a recorder").after_restore();
    assert_eq!(openings.try_recv(), Ok(()));
}

/// Takes nothing at once the first time, and panics the second.
#[derive(Default)]
struct Fails {
    was_asked: bool,
}

impl Emitter for Fails {
    fn emit(&mut self, batch: &Batch) -> Report {
        Report::sent(batch.len())
    }

    fn emit_at_once(&mut self, _: &Batch) -> Option<Report> {
        if self.was_asked {
            std::panic::resume_unwind(Box::new("no"));
        }
        self.was_asked = true;
        None
    }
}

#[test]
fn a_flush_that_meets_a_panic_is_done_by_the_recorders_own_thread() {
    for _ in 0..50 {
        let recorder = Recorder::builder("resize").emitter(Fails::default());
        let recorder = recorder.build().expect("a recorder");
        recorder.own_segment().sampled(true).begin().end();
        recorder.flush(Duration::ZERO);
        recorder.own_segment().sampled(true).begin().end();
        assert!(recorder.flush(DEADLINE));
        let health = recorder.health();
        assert_eq!(health.unsent, 0);
        assert_eq!(health.documents + health.refused, 2, "{health:?}");
    }
}
