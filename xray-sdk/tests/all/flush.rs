//! On which thread a flush sends, and what a restore from a snapshot does to an emitter.

use std::sync::mpsc::{self, Sender};
use std::thread::{self, ThreadId};
use std::time::Duration;

use xray_sdk::Recorder;
use xray_sdk::emitter::{Batch, Emitter, Report};

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

    fn is_prompt(&self) -> bool {
        self.is_prompt
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
