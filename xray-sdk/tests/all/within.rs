//! What adapters poll and drop inside a handle.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::{Pin, pin};

use xray_sdk::testing::Capture;
use xray_sdk::{Segment, Within, subsegment};

/// Records when it is dropped.
struct Work;

impl Drop for Work {
    fn drop(&mut self) {
        subsegment("roll back").run(|_| ());
    }
}

fn begin(capture: &Capture) -> Segment {
    capture.recorder().segment("job").begin()
}

#[test]
fn what_is_polled_and_what_is_dropped_is_inside() {
    let capture = Capture::new("job");
    {
        let mut within = pin!(Within::new(Work, Some(begin(&capture))));
        let told = within.as_mut().poll_inside(|_| {
            subsegment("work").run(|_| ());
            7
        });
        assert_eq!(told, 7);
        subsegment("outside").run(|_| ());
    }
    assert_eq!(capture.tree(), "job\n  work\n  roll back\n");
}

#[test]
fn a_handle_that_is_taken_out_ends_when_its_new_owner_says() {
    let capture = Capture::new("job");
    let mut within = pin!(Within::new((), Some(begin(&capture))));
    let segment = within.as_mut().handle().take();
    within
        .as_mut()
        .poll_inside(|_| subsegment("after").run(|_| ()));
    segment.expect("it is open").end();
    assert_eq!(capture.tree(), "job\n");
}

#[test]
fn without_a_handle_what_is_current_stays() {
    let capture = Capture::new("job");
    capture.recorder().segment("job").run_sync(|_| {
        let mut within: Pin<&mut Within<_, Segment>> = pin!(Within::new(Work, None));
        within
            .as_mut()
            .poll_inside(|_| subsegment("work").run(|_| ()));
    });
    assert_eq!(capture.tree(), "job\n  work\n  roll back\n");
}

#[test]
fn a_panic_ends_the_handle_at_once() {
    let capture = Capture::new("job");
    let mut within = Box::pin(Within::new((), Some(begin(&capture))));
    let panic = catch_unwind(AssertUnwindSafe(|| {
        within
            .as_mut()
            .poll_inside(|_| -> () { panic!("in the work") });
    }));
    assert!(panic.is_err());
    assert_eq!(capture.tree(), "job fault\n", "though it is not dropped");
}

/// Polls while a panic is under way that is none of its own.
struct Polls<'a>(Pin<Box<Within<(), Segment>>>, &'a Capture);

impl Drop for Polls<'_> {
    fn drop(&mut self) {
        self.0.as_mut().poll_inside(|_| ());
        assert_eq!(self.1.tree(), "", "it goes on");
    }
}

#[test]
fn a_panic_elsewhere_does_not_end_it() {
    let capture = Capture::new("job");
    let panic = catch_unwind(AssertUnwindSafe(|| {
        let _polls = Polls(Box::pin(Within::new((), Some(begin(&capture)))), &capture);
        resume_unwind(Box::new("elsewhere"));
    }));
    let message = panic.expect_err("it panics");
    assert_eq!(message.downcast_ref::<&str>(), Some(&"elsewhere"));
}
