//! Segments inside segments, handles used far from where they were made, guards that end in any order.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use xray_sdk::testing::Capture;
use xray_sdk::{InSubsegment as _, Recorder, Sampled, TraceHeader, current, subsegment};

#[test]
fn the_outer_handle_stays_in_its_own_trace_while_another_segment_is_current() {
    let capture = Capture::new("service");
    capture.recorder().segment("batch").run_sync(|batch| {
        let trace = batch.trace_id();
        let header = batch.header().expect("a header");
        assert_eq!(header.root(), trace);
        capture.recorder().segment("message").run_sync(|message| {
            assert_ne!(message.trace_id(), trace);
            assert_eq!(batch.trace_id(), trace);
            assert_eq!(
                batch.header().expect("a header").to_string(),
                header.to_string()
            );
            batch.annotate("seen", true);
            batch.subsegment("closure").run(|closure| {
                assert_eq!(closure.trace_id(), trace);
                subsegment("below").run(|_| ());
            });
            batch.subsegment("handle").begin().end();
            message.subsegment("own").run(|_| ());
        });
    });
    let tree = capture.tree();
    assert!(
        tree.contains("batch\n  closure\n    below\n  handle\n")
            && tree.contains("message\n  own\n"),
        "{tree}"
    );
    assert!(
        capture
            .documents()
            .iter()
            .any(|document| document.name == "batch" && document.annotations.contains_key("seen"))
    );
    assert_eq!(capture.recorder().health().lost_total(), 0);
}

#[test]
fn guards_that_end_out_of_order_lose_no_segment_and_leave_the_thread_clean() {
    let capture = Capture::new("service");
    let mut outer = capture.recorder().segment("outer").begin();
    let mut inner = capture.recorder().segment("inner").begin();
    let entered_outer = outer.enter();
    subsegment("before").run(|_| ());
    let entered_inner = inner.enter();
    drop(entered_outer);
    drop(outer);
    subsegment("inside").run(|_| ());
    drop(entered_inner);
    drop(inner);
    assert_eq!(current().trace_id(), None, "nothing stays current");
    let tree = capture.tree();
    assert!(
        tree.contains("outer\n  before\n") && tree.contains("inner\n  inside\n"),
        "{tree}"
    );
    let health = capture.recorder().health();
    assert_eq!(health.misplaced, 1);
    assert!(health.notices[0].contains("enter()"), "{health:?}");
}

#[test]
fn guards_of_one_segment_that_end_out_of_order_are_told() {
    let capture = Capture::new("service");
    let mut segment = capture.recorder().segment("service").begin();
    {
        let _segment = segment.enter();
        let mut outer = subsegment("outer").begin();
        let mut inner = subsegment("inner").begin();
        let entered_outer = outer.enter();
        let entered_inner = inner.enter();
        drop(entered_outer);
        subsegment("in inner").run(|_| ());
        drop(entered_inner);
    }
    assert_eq!(current().trace_id(), None, "nothing stays current");
    drop(segment);
    let tree = capture.tree();
    assert_eq!(tree, "service\n  outer\n  inner\n    in inner\n");
    let health = capture.recorder().health();
    assert_eq!((health.lost_total(), health.misplaced), (0, 1));
}

#[test]
fn guards_of_handles_with_lanes_of_their_own_may_end_in_any_order() {
    for order in [
        [0, 1, 2],
        [0, 2, 1],
        [1, 0, 2],
        [1, 2, 0],
        [2, 0, 1],
        [2, 1, 0],
    ] {
        let capture = Capture::new("service");
        let (mut a, mut b) = (
            capture.recorder().segment("a").begin(),
            capture.recorder().segment("b").begin(),
        );
        let mut x = a.subsegment("x").begin();
        let mut y = a.subsegment("y").begin();
        let mut guards = [Some(x.enter()), Some(b.enter()), Some(y.enter())];
        subsegment("in y").run(|_| ());
        for place in order {
            guards[place] = None;
        }
        assert_eq!(current().trace_id(), None, "nothing stays current");
        drop(guards);
        drop((x, y, a, b));
        assert_eq!(capture.tree(), "a\n  x\n  y\n    in y\nb\n", "{order:?}");
        assert_eq!(capture.recorder().health().lost_total(), 0);
        assert!(
            capture.recorder().shutdown(Duration::from_secs(10)),
            "{order:?}"
        );
    }
}

#[test]
fn what_is_recorded_in_a_handle_is_kept_where_another_one_is_left_too_early() {
    let capture = Capture::new("service");
    let mut a = capture.recorder().segment("a").begin();
    let mut x = a.subsegment("x").begin();
    let mut y = a.subsegment("y").begin();
    let (entered_x, entered_y) = (x.enter(), y.enter());
    drop(entered_x);
    subsegment("in y").run(|_| ());
    drop(entered_y);
    assert_eq!(current().trace_id(), None, "nothing stays current");
    drop((x, y, a));
    assert_eq!(capture.tree(), "a\n  x\n  y\n    in y\n");
    assert!(capture.recorder().shutdown(Duration::from_secs(10)));
}

/// Pending until it was polled twice.
async fn pause() {
    let mut polls = 0;
    std::future::poll_fn(|_| {
        polls += 1;
        if polls > 2 {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })
    .await;
}

#[test]
fn guards_held_across_awaits_of_two_tasks_of_one_thread_lose_no_segment() {
    async fn task(recorder: &Recorder, name: &'static str, pauses: usize) {
        let mut segment = recorder.segment(name).begin();
        let _entered = segment.enter();
        for _ in 0..pauses {
            pause().await;
        }
    }
    for (one, two) in [(1, 2), (2, 1), (1, 1)] {
        let capture = Capture::new("service");
        {
            let mut one = pin!(task(capture.recorder(), "one", one));
            let mut two = pin!(task(capture.recorder(), "two", two));
            let mut waker = Context::from_waker(Waker::noop());
            let (mut is_done_one, mut is_done_two) = (false, false);
            while !(is_done_one && is_done_two) {
                is_done_one = is_done_one || one.as_mut().poll(&mut waker).is_ready();
                is_done_two = is_done_two || two.as_mut().poll(&mut waker).is_ready();
            }
        }
        let tree = capture.tree();
        assert!(tree.contains("one\n") && tree.contains("two\n"), "{tree}");
        assert_eq!(current().trace_id(), None);
    }
}

#[test]
fn a_future_goes_below_the_parent_that_it_was_given() {
    let capture = Capture::new("service");
    let mut segment = capture.recorder().segment("given").begin();
    let work = async { current().annotate("a", 1).is_recording() };
    let work = work.in_subsegment(segment.subsegment("work"));
    let mut other = capture.recorder().segment("other").begin();
    {
        let _entered = other.enter();
        let mut work = pin!(work);
        let polled = work.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert_eq!(polled, Poll::Ready(true));
    }
    other.end();
    segment.end();
    assert!(
        capture.tree().contains("given\n  work\n"),
        "{}",
        capture.tree()
    );
}

#[test]
fn work_of_an_unsampled_request_stays_unsampled_inside_a_sampled_one() {
    let capture = Capture::new("service");
    let root = "Root=1-5759e988-bd862e3fe1be46a994272793";
    let header = TraceHeader::parse(&format!("{root};Sampled=0"));
    let work = capture
        .recorder()
        .segment("unsampled")
        .continuing(header)
        .run_sync(|_| {
            async {
                subsegment("shared").run(|_| ());
                current().header()
            }
            .in_current()
        });
    capture.recorder().segment("sampled").run_sync(|_| {
        let mut work = pin!(work);
        let polled = work.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        let Poll::Ready(Some(header)) = polled else {
            panic!("{polled:?}");
        };
        assert_eq!(header.sampled(), Sampled::No);
        assert!(header.to_string().starts_with(root), "{header}");
    });
    assert_eq!(capture.tree(), "sampled\n");
}

#[test]
fn what_panics_only_for_tracing_does_not_reach_the_program() {
    use std::panic::resume_unwind;
    #[derive(Debug)]
    struct Bad;
    impl std::fmt::Display for Bad {
        fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            resume_unwind(Box::new("no"))
        }
    }
    impl std::error::Error for Bad {
        fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
            resume_unwind(Box::new("no"))
        }
    }
    let capture = Capture::new("service");
    capture.recorder().segment("service").run_sync(|segment| {
        segment.record_error(&Bad);
    });
    assert_eq!(capture.tree(), "service fault\n");
}
