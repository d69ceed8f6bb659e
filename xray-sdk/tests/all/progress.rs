//! Segments that are seen before they end.

use std::time::Duration;

use xray_sdk::document::{Document, Trace};
use xray_sdk::testing::{Capture, ManualClock};
use xray_sdk::{InSubsegment as _, Subsegment, current, subsegment};

use crate::schema;

/// More than the age after which a lane is handed over: that is looked at in steps of an eighth.
const OLD: Duration = Duration::from_secs(34);

fn capture() -> (Capture, ManualClock) {
    let clock = ManualClock::at(1_700_000_000);
    (Capture::with_clock("import", &clock), clock)
}

/// Lets the time pass, and the recorder's thread see it.
fn pass(capture: &Capture, clock: &ManualClock, time: Duration) {
    clock.advance(time);
    assert!(capture.recorder().flush(Duration::from_secs(30)));
}

/// The documents in progress; all are valid by the official schema.
fn in_progress(capture: &Capture) -> Vec<Document> {
    for document in capture.bytes() {
        assert_eq!(schema::problems(&document), [""; 0]);
    }
    let mut documents = capture.documents();
    documents.retain(|document| document.in_progress);
    documents
}

#[test]
fn an_old_segment_is_shown_at_its_next_subsegment_and_replaced_when_it_ends() {
    let (capture, clock) = capture();
    let mut segment = capture.recorder().segment("import").begin();
    segment.annotate("file", "orders.csv");
    {
        let _entered = segment.enter();
        pass(&capture, &clock, OLD);
        assert!(capture.documents().is_empty(), "nothing happened in it");
        subsegment("rows").run(|_| {
            pass(&capture, &clock, Duration::from_secs(5));
            let shown = in_progress(&capture);
            assert_eq!(shown[0].subsegments[0].name, "rows");
            subsegment("row").run(|_| ());
        });
        pass(&capture, &clock, Duration::from_secs(5));
    }
    let shown = in_progress(&capture);
    assert_eq!(shown.len(), 1, "{shown:?}");
    assert_eq!(Some(shown[0].id), segment.id());
    assert!(shown[0].annotations.contains_key("file") && shown[0].end_time.is_none());
    let health = capture.recorder().health();
    assert_eq!((health.in_progress, health.segments), (1, 0), "{health:?}");
    segment.end();
    let documents = capture.documents();
    let last = documents.last().expect("documents");
    assert!(!last.in_progress && last.id == shown[0].id);
    assert!(last.annotations.contains_key("file"));
    assert_eq!(capture.tree(), "import\n  rows\n    row\n");
    let health = capture.recorder().health();
    assert_eq!(
        (health.in_progress, health.segments, health.nodes),
        (1, 1, 3)
    );
    assert_eq!((health.incomplete, health.lost_total()), (0, 0));
}

#[test]
fn a_future_is_shown_when_it_pauses() {
    let (capture, clock) = capture();
    let (wake, woken) = tokio::sync::oneshot::channel::<()>();
    let (end, ended) = tokio::sync::oneshot::channel::<()>();
    let work = async {
        let wait = async {
            woken.await.expect("sent");
            current().annotate("woken", true);
            ended.await.expect("sent");
        };
        wait.in_subsegment("wait").await;
    };
    let mut work = std::pin::pin!(capture.recorder().segment("import").run(work));
    let mut poll = || {
        let mut task = std::task::Context::from_waker(std::task::Waker::noop());
        work.as_mut().poll(&mut task).is_ready()
    };
    assert!(!poll());
    pass(&capture, &clock, OLD);
    assert!(in_progress(&capture).is_empty(), "it rests");
    wake.send(()).expect("awaited");
    assert!(!poll());
    pass(&capture, &clock, Duration::from_secs(5));
    let shown = in_progress(&capture);
    assert_eq!(shown.len(), 1, "{shown:?}");
    let inner = &shown[0].subsegments[0];
    assert!(inner.in_progress && inner.name == "wait");
    assert!(inner.annotations.contains_key("woken"));
    end.send(()).expect("awaited");
    assert!(poll());
    let traces = capture.traces();
    assert_eq!(traces[0].tree(), "import\n  wait\n");
    assert!(is_complete(&traces[0]));
}

fn is_complete(trace: &Trace) -> bool {
    let mut documents = trace.segments().iter().flat_map(Document::walk);
    documents.all(|document| document.end_time.is_some() && !document.in_progress)
}

#[test]
fn a_segment_that_goes_on_is_shown_ever_more_rarely() {
    let (capture, clock) = capture();
    capture.recorder().segment("import").run_sync(|segment| {
        for number in 0..3_600 {
            segment.annotate("number", number);
            subsegment("step").run(|_| ());
            pass(&capture, &clock, Duration::from_secs(1));
        }
    });
    let shown = capture.recorder().health().in_progress;
    assert!((6..=10).contains(&shown), "{shown} in an hour");
    let last = in_progress(&capture).pop().expect("shown");
    let number = serde_json::to_value(&last.annotations["number"]).expect("JSON");
    assert!(number.as_u64() > Some(2_600), "{number}");
}

#[test]
fn what_is_asked_for_is_shown_at_once_and_once() {
    let (capture, _) = capture();
    let recorder = capture.recorder();
    recorder.segment("import").run_sync(|segment| {
        segment.annotate("file", "orders.csv");
        segment.send_in_progress().send_in_progress();
        assert_eq!(in_progress(&capture).len(), 1);
        current().send_in_progress();
        assert_eq!(in_progress(&capture).len(), 1, "nothing new");
        subsegment("rows").run(|rows| {
            rows.annotate("rows", 7).send_in_progress();
            let shown = in_progress(&capture);
            assert_eq!(shown[1].subsegments[0].name, "rows");
        });
    });
    assert_eq!(capture.tree(), "import\n  rows\n");
    assert!(is_complete(&capture.traces()[0]));
    let health = recorder.health();
    assert_eq!(
        (health.in_progress, health.segments, health.nodes),
        (2, 1, 2)
    );
}

#[test]
fn handles_and_other_threads_show_what_they_hold() {
    let (capture, _) = capture();
    let mut segment = capture.recorder().segment("import").begin();
    let mut owned: Subsegment = segment.subsegment("rows").begin();
    owned.send_in_progress();
    let shown = in_progress(&capture);
    assert_eq!(Some(shown[0].id), segment.id(), "they share what they hold");
    assert_eq!(shown[0].subsegments[0].name, "rows");
    segment.annotate("file", "orders.csv").send_in_progress();
    let shown = in_progress(&capture);
    assert_eq!(shown.len(), 2);
    assert_eq!(shown[1].subsegments[0].id, shown[0].subsegments[0].id);
    {
        let _entered = segment.enter();
        let work = current().carry(|| {
            current().annotate("thread", "other").send_in_progress();
        });
        std::thread::spawn(work).join().expect("it ends");
    }
    assert!(in_progress(&capture)[2].annotations.contains_key("thread"));
    segment.end();
    owned.end();
    assert_eq!(capture.tree(), "import\n  rows\n");
    assert!(is_complete(&capture.traces()[0]));
}

#[test]
fn a_subsegment_that_outlives_its_segment_is_shown_on_its_own() {
    let (capture, clock) = capture();
    let mut segment = capture.recorder().segment("import").begin();
    let mut owned = segment.subsegment("rows").begin();
    segment.end();
    pass(&capture, &clock, OLD);
    {
        let _entered = owned.enter();
        subsegment("row").run(|_| ());
    }
    pass(&capture, &clock, Duration::from_secs(5));
    let shown = in_progress(&capture);
    assert_eq!(shown.len(), 1, "{shown:?}");
    assert_eq!(Some(shown[0].id), owned.id());
    owned.end();
    assert_eq!(capture.tree(), "import\n  rows\n    row\n");
    assert!(is_complete(&capture.traces()[0]));
}

#[test]
fn a_segment_that_is_not_recorded_shows_nothing() {
    let (capture, _) = capture();
    let mut segment = capture.recorder().segment("import").sampled(false).begin();
    segment.send_in_progress();
    {
        let _entered = segment.enter();
        current().send_in_progress();
        subsegment("rows").run(|rows| _ = rows.send_in_progress());
    }
    segment.end();
    assert!(capture.documents().is_empty());
}

#[test]
fn nothing_is_shown_where_that_is_switched_off() {
    let capture = Capture::with("import", |builder| builder.in_progress_after(None));
    capture.recorder().segment("import").run_sync(|segment| {
        subsegment("rows").run(|_| ());
        capture.recorder().flush(Duration::from_secs(30));
        assert_eq!(capture.recorder().health().in_progress, 0);
        segment.send_in_progress();
        assert_eq!(in_progress(&capture).len(), 1, "what is asked for is shown");
    });
}

#[test]
fn an_open_segment_with_much_closed_in_it_loses_nothing_to_its_complete_document() {
    let (capture, _) = capture();
    capture.recorder().segment("import").run_sync(|segment| {
        for _ in 0..5 {
            subsegment("step").run(|_| ());
        }
        segment.send_in_progress();
        let documents = capture.documents();
        assert_eq!(documents.len(), 6);
        assert!(documents[5].in_progress && documents[5].subsegments.is_empty());
    });
    let mut documents = capture.documents();
    // As the service does, that keeps of each id the complete document only.
    documents.retain(|document| !document.in_progress);
    assert_eq!(documents.iter().flat_map(Document::walk).count(), 6);
}

#[test]
fn what_was_shown_is_told_in_full_again_and_counted_once() {
    let (capture, _) = capture();
    capture.recorder().segment("import").run_sync(|segment| {
        segment.annotate("order.id", 7);
        segment.metadata("dump", &"x".repeat(200_000));
        segment.record_error(&std::io::Error::other("no space left"));
        segment.send_in_progress();
        assert_eq!(capture.documents().len(), 1);
    });
    let documents = capture.documents();
    let messages = |document: &Document| {
        let cause = serde_json::to_value(&document.cause).expect("JSON");
        cause["exceptions"][0]["message"].clone()
    };
    assert_eq!(messages(&documents[0]), "no space left");
    assert_eq!(messages(&documents[1]), "no space left");
    let health = capture.recorder().health();
    assert_eq!((health.repaired, health.trimmed), (1, 1), "{health:?}");
}

#[test]
fn a_segment_is_shown_when_owned_subsegments_of_its_handle_begin() {
    let (capture, clock) = capture();
    let mut segment = capture.recorder().segment("import").begin();
    pass(&capture, &clock, OLD);
    segment.subsegment("row").begin().end();
    pass(&capture, &clock, Duration::from_secs(5));
    let shown = in_progress(&capture);
    assert_eq!(shown.len(), 1, "{shown:?}");
    assert_eq!(Some(shown[0].id), segment.id());
}

#[test]
fn a_segment_is_shown_when_owned_subsegments_begin_in_it() {
    let (capture, clock) = capture();
    capture.recorder().segment("import").run_sync(|segment| {
        pass(&capture, &clock, OLD);
        subsegment("row").begin().end();
        pass(&capture, &clock, Duration::from_secs(5));
        let shown = in_progress(&capture);
        assert_eq!(shown.len(), 1, "{shown:?}");
        assert_eq!(Some(shown[0].id), segment.id());
    });
}

#[test]
fn a_segment_is_shown_when_work_is_spawned_from_it() {
    let (capture, clock) = capture();
    capture.recorder().segment("import").run_sync(|segment| {
        pass(&capture, &clock, OLD);
        let work = current().carry(|| subsegment("row").run(|_| ()));
        std::thread::scope(|scope| scope.spawn(work).join().expect("no panic"));
        pass(&capture, &clock, Duration::from_secs(5));
        let shown = in_progress(&capture);
        assert_eq!(shown.len(), 1, "{shown:?}");
        assert_eq!(Some(shown[0].id), segment.id());
    });
}
