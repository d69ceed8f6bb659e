//! What a sampler is told of how segments end.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Mutex};

use xray_sdk::sampling::{Decision, Sampler, SamplingRequest};
use xray_sdk::testing::Capture;
use xray_sdk::{InSubsegment as _, Sampled, TraceHeader, current, subsegment};

/// Records some segments, and notes how each ended.
#[derive(Clone)]
struct Observer {
    is_sampled: bool,
    seen: Arc<Mutex<Vec<bool>>>,
}

impl Sampler for Observer {
    fn decide(&self, request: &SamplingRequest<'_>) -> Decision {
        let decision = Decision::from(self.is_sampled).with_rule("all");
        if request.service == "unobserved" {
            decision
        } else {
            decision.observed()
        }
    }

    fn observe(&self, decision: &Decision, is_fault: bool) {
        assert_eq!(decision.is_sampled(), self.is_sampled);
        assert_eq!(decision.rule(), Some("all"));
        self.seen.lock().expect("no test panicked").push(is_fault);
    }
}

/// What is seen of `work`, when its segments are recorded and when they are not: the same.
fn seen(work: impl Fn(&Capture)) -> Vec<bool> {
    let [recorded, unrecorded] = [true, false].map(|is_sampled| {
        let observer = Observer {
            is_sampled,
            seen: Arc::default(),
        };
        let capture = Capture::with_sampler("checkout", observer.clone());
        work(&capture);
        capture.bytes();
        let seen = observer.seen.lock().expect("no test panicked");
        seen.clone()
    });
    assert_eq!(recorded, unrecorded);
    recorded
}

#[test]
fn a_segment_that_ends_well_is_no_fault() {
    let well = seen(|capture| {
        capture.recorder().own_segment().run_sync(|segment| {
            segment.http_status(404).error();
            subsegment("fails").run(|subsegment| {
                subsegment.fault();
            });
        });
    });
    assert_eq!(well, [false]);
}

#[test]
fn whatever_marks_the_segment_as_a_fault_is_seen() {
    let io = || std::io::Error::other("no");
    let faults = seen(|capture| {
        let recorder = capture.recorder();
        recorder.own_segment().run_sync(|segment| {
            segment.http_status(503);
        });
        recorder.own_segment().run_sync(|segment| {
            segment.record_error(&io());
        });
        recorder.own_segment().run_sync(|_| {
            current().fault();
        });
        let mut held = recorder.own_segment().begin();
        held.record_message("Error", "no");
        held.end();
        let mut entered = recorder.own_segment().begin();
        let inside = entered.enter();
        current().http_status(500);
        drop(inside);
        entered.end();
    });
    assert_eq!(faults, [true; 5]);
}

#[test]
fn what_happens_in_a_subsegment_is_not_the_segments() {
    let well = seen(|capture| {
        capture.recorder().own_segment().run_sync(|_| {
            let mut owned = subsegment("fails").begin();
            owned.fault();
            let inside = owned.enter();
            current().http_status(500);
            drop(inside);
        });
    });
    assert_eq!(well, [false]);
}

#[test]
fn a_panic_is_a_fault() {
    let faults = seen(|capture| {
        let recorder = capture.recorder();
        let caught = catch_unwind(AssertUnwindSafe(|| {
            recorder
                .own_segment()
                .run_sync(|_| resume_unwind(Box::new("no")));
        }));
        assert!(caught.is_err());
        // Caught before the segment ends.
        let mut segment = recorder.own_segment().begin();
        let caught = catch_unwind(AssertUnwindSafe(|| {
            let _inside = segment.enter();
            resume_unwind(Box::new("no"));
        }));
        assert!(caught.is_err());
        segment.end();
    });
    assert_eq!(faults, [true; 2]);
}

#[tokio::test]
async fn futures_are_seen_too() {
    for is_sampled in [true, false] {
        let observer = Observer {
            is_sampled,
            seen: Arc::default(),
        };
        let capture = Capture::with_sampler("checkout", observer.clone());
        let recorder = capture.recorder();
        let fails = async {
            current().fault();
        };
        recorder.own_segment().run(fails).await;
        let other = async { tokio::task::yield_now().await }.in_subsegment("other");
        recorder.own_segment().run(other).await;
        capture.bytes();
        assert_eq!(
            *observer.seen.lock().expect("no test panicked"),
            [true, false]
        );
    }
}

#[test]
fn only_decisions_that_are_observed_are_told_of() {
    let none = seen(|capture| {
        let recorder = capture.recorder();
        recorder.segment("unobserved").run_sync(|segment| {
            segment.fault();
        });
        for sampled in [Sampled::Yes, Sampled::No] {
            let header = TraceHeader::default().with_sampled(sampled);
            recorder.own_segment().continuing(header).begin().end();
        }
        recorder.own_segment().sampled(true).begin().end();
        recorder.own_segment().pass_through().begin().end();
    });
    assert!(none.is_empty(), "{none:?}");
}

/// Fails at whatever it is asked, but to decide on the segments of one name.
struct Panicking;

impl Sampler for Panicking {
    fn decide(&self, request: &SamplingRequest<'_>) -> Decision {
        match request.service {
            "decided" => Decision::sampled().observed(),
            "left out" => Decision::not_sampled().observed(),
            _ => resume_unwind(Box::new("decide")),
        }
    }

    fn explain(&self, _request: &SamplingRequest<'_>) -> Decision {
        resume_unwind(Box::new("explain"))
    }

    fn observe(&self, _decision: &Decision, is_fault: bool) {
        if is_fault {
            resume_unwind(Box::new("observe"));
        }
    }

    fn shutdown(&self) {
        resume_unwind(Box::new("shutdown"))
    }
}

#[test]
fn a_sampler_that_panics_costs_no_segment_and_does_not_reach_the_program() {
    let capture = Capture::with_sampler("checkout", Panicking);
    let recorder = capture.recorder();
    for number in 0..10 {
        recorder.segment("decided").run_sync(|segment| {
            if number == 4 {
                segment.http_status(500);
            }
        });
    }
    recorder.segment("left out").run_sync(|segment| {
        segment.fault();
    });
    let undecided = recorder.segment("undecided").begin();
    assert!(!undecided.is_recording());
    undecided.end();
    assert!(!recorder.explain(&SamplingRequest::default()).is_sampled());
    assert_eq!(capture.documents().len(), 10);
    recorder.shutdown(std::time::Duration::from_secs(30));
    let health = recorder.health();
    assert_eq!((health.segments, health.refused), (10, 0));
    assert_eq!(health.notices.len(), 1, "{:?}", health.notices);
    assert!(
        health.notices[0].contains("sampler"),
        "{:?}",
        health.notices
    );
}

#[test]
fn a_sampler_can_be_shared() {
    let observer = Arc::new(Observer {
        is_sampled: true,
        seen: Arc::default(),
    });
    for name in ["one", "other"] {
        let capture = Capture::with_sampler(name, observer.clone());
        capture.recorder().own_segment().begin().end();
        capture.bytes();
    }
    assert_eq!(*observer.seen.lock().expect("no test panicked"), [false; 2]);
}
