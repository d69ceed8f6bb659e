//! What a program does with `std::mem::swap` to the entities that closures are given: whatever it is, all begins and ends where it should.

use std::mem;
use std::time::Duration;

use xray_sdk::testing::Capture;
use xray_sdk::{Entity, Segment, current, subsegment};

/// All that was begun has ended, nothing is lost, and nothing is current any more.
fn settled(capture: &Capture) {
    assert!(!current().is_recording());
    assert!(capture.recorder().flush(Duration::from_secs(10)));
    for root in capture.traces().iter().flat_map(|trace| trace.roots()) {
        for node in root.walk() {
            assert!(
                node.end_time.is_some() && !node.in_progress,
                "{}",
                node.name
            );
        }
    }
    let health = capture.recorder().health();
    assert_eq!((health.lost_total(), health.misplaced), (0, 0));
    assert!(
        capture.recorder().shutdown(Duration::from_secs(10)),
        "nothing is awaited"
    );
}

fn begin(capture: &Capture, name: &str) -> Segment {
    capture.recorder().segment(name.to_owned()).begin()
}

#[test]
fn those_of_two_closures_are_exchanged() {
    let capture = Capture::new("shop");
    capture.recorder().segment("shop").run_sync(|_| {
        subsegment("outer").run(|outer| {
            subsegment("inner").run(|inner| mem::swap(outer, inner));
            subsegment("next to inner").run(|_| ());
        });
        subsegment("next to outer").run(|_| ());
    });
    assert_eq!(
        capture.tree(),
        "shop\n  outer\n    inner\n    next to inner\n  next to outer\n"
    );
    settled(&capture);
}

#[test]
fn that_of_the_segment_and_of_a_closure_are_exchanged() {
    let capture = Capture::new("shop");
    capture.recorder().segment("shop").run_sync(|segment| {
        subsegment("inner").run(|inner| mem::swap(segment, inner));
        subsegment("next").run(|_| ());
        segment.annotate("of", "inner");
    });
    assert_eq!(capture.tree(), "shop\n  inner\n  next\n");
    let documents = capture.documents();
    assert!(documents[0].subsegments[0].annotations.contains_key("of"));
    settled(&capture);
}

#[test]
fn those_of_two_segments_are_exchanged() {
    let capture = Capture::new("shop");
    let recorder = capture.recorder();
    recorder.segment("one").run_sync(|one| {
        subsegment("in one").run(|_| ());
        recorder.segment("two").run_sync(|two| {
            mem::swap(one, two);
            subsegment("in two").run(|_| ());
        });
        subsegment("in one again").run(|_| ());
    });
    assert_eq!(
        capture.tree(),
        "one\n  in one\n  in one again\ntwo\n  in two\n"
    );
    settled(&capture);
}

/// A handle's entity is put by `run` into a closure inside of the segment "shop", and that of the closure into the handle.
fn with_a_handle(run: impl Fn(&mut Segment, &mut Entity), expected: &str) {
    for is_sampled in [true, false] {
        let capture = Capture::new("shop");
        let recorder = capture.recorder();
        let mut handle = recorder.segment("handle").sampled(is_sampled).begin();
        recorder
            .segment("shop")
            .run_sync(|segment| run(&mut handle, segment));
        drop(handle);
        let handles = if is_sampled { "handle\n" } else { "" };
        assert_eq!(capture.tree(), format!("{handles}{expected}"));
        settled(&capture);
    }
}

#[test]
fn that_of_a_handle_comes_into_a_subsegments_closure() {
    with_a_handle(
        |handle, segment| {
            subsegment("inner").run(|inner| mem::swap::<Entity>(handle, inner));
            subsegment("next").run(|_| ());
            segment.annotate("is_own", true);
        },
        "shop\n  inner\n  next\n",
    );
}

#[test]
fn that_of_a_handle_comes_into_a_segments_closure() {
    with_a_handle(
        |handle, segment| {
            mem::swap::<Entity>(handle, segment);
            subsegment("in the segment").run(|_| ());
        },
        "shop\n  in the segment\n",
    );
}

#[test]
fn that_of_a_handle_comes_into_the_closure_of_a_segment_that_is_not_sampled() {
    for sampled_by_caller in [false, true] {
        let capture = Capture::new("shop");
        let recorder = capture.recorder();
        let mut handle = begin(&capture, "handle");
        let segment = recorder.segment("shop");
        let segment = match sampled_by_caller {
            true => segment.continuing(xray_sdk::TraceHeader::parse(
                "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=0",
            )),
            false => segment.sampled(false),
        };
        segment.run_sync(|segment| {
            mem::swap::<Entity>(&mut handle, segment);
            subsegment("in the segment").run(|_| ());
        });
        drop(handle);
        assert_eq!(capture.tree(), "handle\n");
        settled(&capture);
    }
}

#[test]
fn that_of_a_handle_comes_into_a_closure_that_is_left_out() {
    let capture = Capture::new("shop");
    let mut handle = begin(&capture, "handle");
    subsegment("left out")
        .without_sampling()
        .run(|nothing| mem::swap::<Entity>(&mut handle, nothing));
    drop(handle);
    assert_eq!(capture.tree(), "handle\n");
    settled(&capture);
}

#[test]
fn that_of_what_is_current_comes_into_closures() {
    let capture = Capture::new("shop");
    capture.recorder().segment("shop").run_sync(|segment| {
        mem::swap::<Entity>(&mut current(), segment);
        subsegment("inner").run(|inner| {
            mem::swap::<Entity>(&mut current(), inner);
            inner.annotate("of", "inner");
        });
        subsegment("next").run(|_| ());
    });
    assert_eq!(capture.tree(), "shop\n  inner\n  next\n");
    let documents = capture.documents();
    assert!(documents[0].subsegments[0].annotations.contains_key("of"));
    settled(&capture);
}
