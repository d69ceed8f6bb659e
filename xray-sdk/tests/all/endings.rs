//! How segments and subsegments end when the work does not end well.

use std::cell::RefCell;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use xray_sdk::document::Document;
use xray_sdk::testing::Capture;
use xray_sdk::{InSubsegment as _, Recorder, Segment, current, subsegment};

const DEADLINE: Duration = Duration::from_secs(30);

/// Polls `work` at most `polls` times and then drops it.
fn poll_and_drop(work: impl Future<Output = ()>, polls: usize) -> bool {
    let mut work = pin!(work);
    let mut task = Context::from_waker(Waker::noop());
    (0..polls).any(|_| work.as_mut().poll(&mut task).is_ready())
}

/// Pending once.
async fn pause() {
    let mut paused = false;
    std::future::poll_fn(|task| {
        task.waker().wake_by_ref();
        if std::mem::replace(&mut paused, true) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })
    .await;
}

async fn request() {
    async {
        pause().await;
        async {
            pause().await;
            current().annotate("deep", true);
            pause().await;
        }
        .in_subsegment("payments")
        .await;
        pause().await;
    }
    .in_subsegment("load order")
    .await;
    pause().await;
    subsegment("price").run(|_| ());
    pause().await;
}

#[test]
fn a_request_cancelled_at_any_await_closes_all_that_was_open() {
    let trees = [
        "checkout\n",
        "checkout\n  load order\n",
        "checkout\n  load order\n    payments\n",
        "checkout\n  load order\n    payments\n",
        "checkout\n  load order\n    payments\n",
        "checkout\n  load order\n    payments\n",
        "checkout\n  load order\n    payments\n  price\n",
        "checkout\n  load order\n    payments\n  price\n",
    ];
    for (polls, tree) in trees.iter().enumerate() {
        let capture = Capture::new("checkout");
        let done = poll_and_drop(capture.recorder().segment("checkout").run(request()), polls);
        assert_eq!(done, polls == 7, "the request has seven polls");
        assert_eq!(capture.tree(), *tree, "after {polls} polls");
        assert_eq!(capture.bytes().len(), 1, "after {polls} polls");
        assert!(
            capture.documents()[0].walk().all(is_complete),
            "after {polls} polls"
        );
    }
}

fn is_complete(document: &Document) -> bool {
    document.end_time.is_some() && !document.in_progress
}

#[test]
fn a_panic_closes_and_marks_what_it_passes() {
    let capture = Capture::new("checkout");
    let caught = catch_unwind(AssertUnwindSafe(|| {
        capture.recorder().segment("checkout").run_sync(|_| {
            subsegment("fine").run(|_| ());
            subsegment("load order").run(|_| resume_unwind(Box::new("no")));
        });
    }));
    assert!(caught.is_err(), "the panic goes on");
    assert_eq!(
        capture.tree(),
        "checkout fault\n  fine\n  load order fault\n"
    );
    assert!(!current().is_recording(), "nothing stays current");
}

#[test]
fn a_panic_in_a_future_is_marked_though_it_is_caught_before_the_future_is_dropped() {
    let capture = Capture::new("checkout");
    let mut work = Box::pin(
        capture.recorder().segment("checkout").run(
            async {
                pause().await;
                resume_unwind(Box::new("no"))
            }
            .in_subsegment("load order"),
        ),
    );
    let mut task = Context::from_waker(Waker::noop());
    assert!(work.as_mut().poll(&mut task).is_pending());
    let caught = catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(&mut task)));
    assert!(caught.is_err());
    drop(work);
    assert_eq!(capture.tree(), "checkout fault\n  load order fault\n");
}

#[test]
fn a_subsegment_that_outlives_its_segment_arrives_on_its_own() {
    let capture = Capture::new("checkout");
    let mut segment = capture.recorder().segment("checkout").begin();
    let mut late = segment.subsegment("send mail").begin();
    let early = late.subsegment("render").begin();
    early.end();
    let id = segment.id();
    segment.end();
    let mut sent: Vec<_> = capture
        .documents()
        .into_iter()
        .map(|document| document.name)
        .collect();
    sent.sort();
    assert_eq!(
        sent,
        ["checkout", "render"],
        "neither waits for what is open"
    );
    late.subsegment("deliver").run(|_| ());
    late.annotate("late", true);
    late.end();
    let documents = capture.documents();
    let late = documents
        .iter()
        .find(|document| document.name == "send mail")
        .expect("it arrives");
    assert!(late.is_subsegment());
    assert_eq!(late.parent_id, id);
    assert_eq!(
        capture.tree(),
        "checkout\n  send mail\n    render\n    deliver\n"
    );
}

#[test]
fn what_is_open_when_the_shutdown_has_no_patience_is_counted() {
    let capture = Capture::new("checkout");
    let mut segment = capture.recorder().segment("checkout").begin();
    let child = segment.subsegment("load order").begin();
    child.end();
    assert!(!capture.recorder().shutdown(Duration::ZERO), "it is open");
    capture.recorder().flush(DEADLINE);
    segment.end();
    let health = capture.recorder().health();
    // What closed before was the segment's to hand over.
    assert_eq!(health.refused, 2, "{health:?}");
    assert_eq!(capture.documents().len(), 0);
}

#[test]
fn what_ends_after_the_shutdown_is_counted_once_each_wherever_it_was_recorded() {
    let capture = Capture::new("checkout");
    let mut segment = capture.recorder().segment("checkout").begin();
    let mut child = segment.subsegment("load order").begin();
    capture.recorder().shutdown(Duration::ZERO);
    capture.recorder().flush(DEADLINE);
    std::thread::spawn(move || {
        // Where nothing of its segment is current, it has a lane of its own.
        let _entered = child.enter();
        current().annotate("rows", 1);
    })
    .join()
    .expect("ends");
    segment.end();
    let health = capture.recorder().health();
    assert_eq!(health.refused, 2, "{health:?}");
}

#[test]
fn a_handle_can_go_to_another_thread() {
    fn is_send<T: Send>(_: &T) {}
    let capture = Capture::new("checkout");
    let segment: Segment = capture.recorder().segment("checkout").begin();
    is_send(&segment);
    std::thread::spawn(move || drop(segment))
        .join()
        .expect("ends");
    assert_eq!(capture.tree(), "checkout\n");
}

#[test]
fn an_emitter_that_panics_loses_what_it_had_and_no_more() {
    struct Panics(bool);
    impl xray_sdk::emitter::Emitter for Panics {
        fn emit(&mut self, batch: &xray_sdk::emitter::Batch) -> xray_sdk::emitter::Report {
            if std::mem::take(&mut self.0) {
                resume_unwind(Box::new("no"));
            }
            xray_sdk::emitter::Report::sent(batch.len())
        }
    }
    let recorder = xray_sdk::Recorder::builder("checkout")
        .sampler(xray_sdk::sampling::Always)
        .emitter(Panics(true))
        .build()
        .expect("a recorder");
    for _ in 0..2 {
        recorder.own_segment().run_sync(|_| ());
        assert!(recorder.flush(Duration::from_secs(30)));
    }
    let health = recorder.health();
    assert_eq!((health.documents, health.refused), (1, 1), "{health:?}");
}

#[test]
fn a_shutdown_waits_for_what_is_open() {
    let capture = Capture::new("checkout");
    let mut segment = capture.recorder().segment("checkout").begin();
    let recorder = capture.recorder().clone();
    let shutdown = std::thread::spawn(move || recorder.shutdown(Duration::from_secs(30)));
    // Once it has begun, no other segment does.
    while capture.recorder().segment("late").begin().is_recording() {
        std::thread::yield_now();
    }
    segment.annotate("during", "the shutdown");
    segment.end();
    assert!(shutdown.join().expect("it ends"));
    let documents = capture.documents();
    let checkout = documents
        .iter()
        .find(|document| document.name == "checkout");
    assert!(checkout.is_some_and(|document| document.annotations.contains_key("during")));
}

#[test]
fn a_long_segment_that_is_open_at_the_end_is_sent_as_in_progress_and_the_rest_counted() {
    let capture = Capture::new("import");
    let mut segment = capture.recorder().segment("import").begin();
    {
        let _entered = segment.enter();
        for _ in 0..2_000 {
            subsegment("step").run(|_| ());
        }
    }
    assert!(!capture.recorder().shutdown(Duration::ZERO));
    capture.recorder().flush(DEADLINE);
    let documents = capture.documents();
    let in_progress = documents.iter().find(|document| document.name == "import");
    assert!(in_progress.is_some_and(|document| document.in_progress));
    let arrived: usize = documents
        .iter()
        .map(|document| document.walk().count())
        .sum();
    segment.end();
    let health = capture.recorder().health();
    // The segment itself arrived; its end did not.
    assert_eq!(arrived as u64 - 1 + health.refused, 2_000, "{health:?}");
}

#[test]
fn a_shutdown_does_not_wait_for_work_that_was_carried_elsewhere_and_rests() {
    let capture = Capture::new("checkout");
    let mut segment = capture.recorder().segment("checkout").begin();
    let resting = {
        let _entered = segment.enter();
        std::future::pending::<()>().in_current()
    };
    let mut resting = Box::pin(resting);
    let mut task = Context::from_waker(Waker::noop());
    assert!(resting.as_mut().poll(&mut task).is_pending());
    segment.end();
    assert!(capture.recorder().shutdown(Duration::from_secs(1)));
}

#[test]
fn what_is_not_recorded_and_left_too_early_takes_nothing_along() {
    let capture = Capture::new("checkout");
    let recorder = capture.recorder();
    let mut outer = recorder.segment("outer").begin();
    let mut unsampled = recorder.segment("unsampled").sampled(false).begin();
    let mut inner = recorder.segment("inner").begin();
    {
        let _outer = outer.enter();
        current().annotate("before", true);
        let not_recorded = unsampled.enter();
        let inside = inner.enter();
        drop(not_recorded);
        current().annotate("inside", true);
        // What is entered and left inside changes nothing of that.
        let mut other = recorder.segment("other").sampled(false).begin();
        let within = other.enter();
        recorder.segment("third").run_sync(|_| ());
        drop(within);
        drop(inside);
        current().annotate("after", true);
    }
    assert!(!current().is_recording());
    for segment in [outer, unsampled, inner] {
        segment.end();
    }
    let documents = capture.documents();
    let has = |name: &str, key: &str| {
        documents
            .iter()
            .any(|document| document.name == name && document.annotations.contains_key(key))
    };
    assert!(has("outer", "before") && has("outer", "after") && has("inner", "inside"));
    assert_eq!(recorder.health().misplaced, 1);
    assert!(recorder.shutdown(Duration::from_secs(1)));
}

#[test]
fn a_destructor_of_a_thread_may_record() {
    struct Connection(Recorder);
    impl Drop for Connection {
        fn drop(&mut self) {
            for _ in 0..100 {
                self.0.segment("disconnect").run_sync(|_| ());
            }
        }
    }
    thread_local! {
        static CONNECTION: RefCell<Option<Connection>> = const { RefCell::new(None) };
    }
    for before in [0, 1, 21] {
        let capture = Capture::new("api");
        let recorder = capture.recorder().clone();
        let thread = std::thread::spawn(move || {
            CONNECTION.set(Some(Connection(recorder.clone())));
            (0..before).for_each(|_| recorder.segment("work").run_sync(|_| ()));
        });
        thread.join().expect("it does not panic");
        let documents = capture.documents();
        assert_eq!(documents.len(), 100 + before);
    }
}
