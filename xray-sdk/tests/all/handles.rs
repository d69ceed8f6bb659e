//! Handles of one segment that are passed by hand: they share its lane, wherever they are.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::thread;
use std::time::Duration;

use xray_sdk::testing::Capture;
use xray_sdk::{Segment, Subsegment, current, subsegment};

fn begin(capture: &Capture) -> Segment {
    capture.recorder().segment("checkout").begin()
}

#[test]
fn handles_of_one_segment_record_on_several_threads_at_once() {
    const THREADS: usize = 4;
    const CALLS: usize = 300;
    let capture = Capture::new("checkout");
    let mut segment = begin(&capture);
    let threads: Vec<_> = (0..THREADS)
        .map(|_| {
            let mut work = segment.subsegment("work").begin();
            thread::spawn(move || {
                for number in 0..CALLS {
                    let mut call = work.subsegment("call").begin();
                    call.annotate("number", number);
                    call.end();
                    work.annotate("calls", number + 1);
                }
            })
        })
        .collect();
    for number in 0..CALLS {
        segment.annotate("number", number);
    }
    for thread in threads {
        thread.join().expect("it ends");
    }
    segment.end();
    let documents = capture.traces();
    assert_eq!(documents.len(), 1);
    let (mut work, mut calls) = (0, 0);
    for node in documents[0]
        .roots()
        .into_iter()
        .flat_map(xray_sdk::document::Document::walk)
    {
        assert!(node.end_time.is_some() && !node.in_progress);
        match node.name.as_str() {
            "work" => {
                work += 1;
                let told = serde_json::to_value(&node.annotations["calls"]).expect("JSON");
                assert_eq!(told, CALLS);
            }
            "call" => calls += 1,
            _ => {}
        }
    }
    assert_eq!((work, calls), (THREADS, THREADS * CALLS));
    assert_eq!(capture.recorder().health().lost_total(), 0);
}

#[test]
fn of_the_values_of_a_key_the_last_is_kept_wherever_its_handle_has_gone() {
    for is_shown in [false, true] {
        let capture = Capture::new("checkout");
        let mut segment = begin(&capture);
        let entered = segment.enter();
        let mut work = subsegment("work").begin();
        work.annotate("state", "started");
        let elsewhere = thread::spawn(move || {
            work.annotate("state", "on its way");
            work.annotate("state", "done");
            if is_shown {
                work.send_in_progress();
            }
        });
        elsewhere.join().expect("it ends");
        // What was recorded there is queued already, and what was recorded here is not.
        assert!(capture.recorder().flush(Duration::from_secs(10)));
        drop(entered);
        segment.end();
        let traces = capture.traces();
        let mut nodes = traces[0].roots().into_iter().flat_map(|root| root.walk());
        let work = nodes.find(|node| node.name == "work").expect("it arrives");
        let state = serde_json::to_value(&work.annotations["state"]).expect("JSON");
        assert_eq!(state, "done");
    }
}

#[test]
fn a_segment_may_end_while_its_handles_are_at_work_on_other_threads() {
    for _ in 0..200 {
        let capture = Capture::new("checkout");
        let mut segment = begin(&capture);
        let threads: Vec<_> = (0..2)
            .map(|_| {
                let mut work = segment.subsegment("work").begin();
                thread::spawn(move || {
                    for number in 0..20 {
                        work.annotate("number", number);
                    }
                })
            })
            .collect();
        segment.end();
        for thread in threads {
            thread.join().expect("it ends");
        }
        assert_eq!(capture.tree(), "checkout\n  work\n  work\n");
        let health = capture.recorder().health();
        assert_eq!((health.segments, health.nodes), (1, 3), "{health:?}");
        assert_eq!(health.lost_total(), 0, "{health:?}");
    }
}

#[test]
fn a_handle_records_while_its_segment_is_entered_on_another_thread() {
    let capture = Capture::new("checkout");
    let mut segment = begin(&capture);
    let mut mail: Subsegment = segment.subsegment("send mail").begin();
    let entered = segment.enter();
    let mail = thread::spawn(move || {
        mail.annotate("letters", 2);
        mail.subsegment("render").begin().end();
        subsegment("elsewhere").run(|_| ());
        mail
    })
    .join()
    .expect("it ends");
    subsegment("price").run(|_| ());
    drop(entered);
    mail.end();
    segment.annotate("after", true);
    segment.end();
    let documents = capture.documents();
    let told = documents
        .iter()
        .flat_map(|document| document.walk())
        .any(|node| node.name == "send mail" && node.annotations.contains_key("letters"));
    assert!(told, "{documents:?}");
    let tree = capture.tree();
    assert!(tree.contains("  send mail\n    render\n"), "{tree}");
    assert!(tree.contains("  price\n"), "{tree}");
    assert_eq!(capture.recorder().health().lost_total(), 0);
}

#[test]
fn what_runs_in_a_handle_that_is_entered_stands_below_it() {
    let capture = Capture::new("checkout");
    let mut segment = begin(&capture);
    {
        let _segment = segment.enter();
        let mut order = subsegment("load order").begin();
        {
            let _order = order.enter();
            subsegment("payments").run(|_| ());
            current().annotate("inside", true);
        }
        subsegment("price").run(|_| ());
        order.annotate("outside", true);
        order.end();
    }
    let mut late = segment.subsegment("send mail").begin();
    {
        let _late = late.enter();
        subsegment("render").run(|_| ());
    }
    late.end();
    segment.end();
    assert_eq!(
        capture.tree(),
        "checkout\n  load order\n    payments\n  price\n  send mail\n    render\n"
    );
    let documents = capture.documents();
    let order = documents[0].walk().find(|node| node.name == "load order");
    let order = order.expect("it is there");
    assert!(order.annotations.contains_key("inside") && order.annotations.contains_key("outside"));
}

#[test]
fn a_panic_in_a_handle_that_is_entered_within_its_segment_is_marked() {
    let capture = Capture::new("checkout");
    let mut segment = begin(&capture);
    {
        let _segment = segment.enter();
        let mut order = subsegment("load order").begin();
        let caught = catch_unwind(AssertUnwindSafe(|| {
            let _order = order.enter();
            resume_unwind(Box::new("no"));
        }));
        assert!(caught.is_err());
        order.end();
        subsegment("price").run(|_| ());
    }
    segment.end();
    assert_eq!(capture.tree(), "checkout\n  load order fault\n  price\n");
}

#[test]
fn a_shutdown_waits_for_handles_whose_segment_has_ended() {
    let capture = Capture::new("checkout");
    let mut segment = begin(&capture);
    let (mut mail, invoice) = (
        segment.subsegment("send mail").begin(),
        segment.subsegment("print invoice").begin(),
    );
    segment.end();
    let recorder = capture.recorder().clone();
    let shutdown = thread::spawn(move || recorder.shutdown(Duration::from_secs(30)));
    while capture.recorder().segment("late").begin().is_recording() {
        thread::yield_now();
    }
    invoice.end();
    mail.annotate("letters", 2);
    assert!(!shutdown.is_finished(), "it waits");
    mail.end();
    assert!(shutdown.join().expect("it ends"));
    let documents = capture.documents();
    for name in ["send mail", "print invoice"] {
        let found = documents.iter().find(|document| document.name == name);
        assert!(
            found.is_some_and(|document| document.end_time.is_some()),
            "{name}"
        );
    }
    let health = capture.recorder().health();
    assert_eq!((health.incomplete, health.refused), (0, 1), "{health:?}");
}
