//! Values that come after their segment or subsegment was sent, and those that only seem to.

use std::time::Duration;

use xray_sdk::document::Document;
use xray_sdk::testing::{Capture, ManualClock};
use xray_sdk::{Health, InSubsegment as _, SegmentId, TraceId, current, subsegment};

fn health(capture: &Capture) -> Health {
    assert!(capture.recorder().flush(Duration::from_secs(30)));
    capture.recorder().health()
}

/// A recorder with room for so few that it is full when what came too late is kept.
fn small() -> Capture {
    Capture::with("checkout", |builder| builder.queue_bytes(64 * 1024))
}

/// All that was sent of the subsegments with this name.
fn named(capture: &Capture, name: &str) -> Vec<Document> {
    let documents = capture.documents();
    let all = documents.iter().flat_map(Document::walk);
    all.filter(|node| node.name == name).cloned().collect()
}

/// Answers a request, sends its segment, and does then what the request left to be done. Again and again.
fn do_late(work: impl Fn() -> Box<dyn FnOnce()>) -> Health {
    let capture = small();
    for number in 0..500 {
        let late = capture.recorder().segment("checkout").run_sync(|segment| {
            assert!(segment.is_recording(), "request {number}");
            work()
        });
        health(&capture);
        late();
    }
    let health = health(&capture);
    let name = "victim";
    capture.recorder().segment(name).run_sync(|victim| {
        victim.annotate("kept", true);
    });
    assert!(named(&capture, name)[0].annotations.contains_key("kept"));
    assert_eq!(health.segments, 500);
    assert_eq!(health.incomplete, 0, "{:?}", health.notices);
    assert!(capture.recorder().shutdown(Duration::from_secs(30)));
    assert_eq!(capture.recorder().health().incomplete, 0);
    health
}

fn assert_told(health: &Health, values: u64) {
    assert_eq!(health.refused, values, "{:?}", health.notices);
    let told = health
        .notices
        .iter()
        .filter(|text| text.contains("await the work"));
    assert_eq!(told.count(), 1, "{:?}", health.notices);
}

#[test]
fn a_value_that_comes_after_its_segment_is_counted_told_and_takes_no_memory() {
    let health = do_late(|| {
        Box::new(current().carry(|| {
            current().annotate("mail", "sent");
        }))
    });
    assert_told(&health, 500);
}

#[test]
fn whatever_is_recorded_of_what_was_sent_takes_no_memory() {
    let health = do_late(|| {
        Box::new(current().carry(|| {
            current().metadata("mail", &1).set_user("ada").fault();
            current().http_status(500);
        }))
    });
    assert_told(&health, 2_000);
}

#[test]
fn a_handle_that_ends_late_arrives_without_what_it_says_of_its_segment() {
    let capture = small();
    for _ in 0..500 {
        let mut mail = capture
            .recorder()
            .segment("checkout")
            .run_sync(|_| subsegment("mail").begin());
        health(&capture);
        mail.annotate("letters", 2)
            .set_user("ada")
            .link(TraceId::from_u128(7), SegmentId::from_u64(7));
        mail.end();
    }
    assert_told(&health(&capture), 1_000);
    let mails = named(&capture, "mail");
    assert_eq!(mails.len(), 500);
    assert!(
        mails
            .iter()
            .all(|mail| mail.annotations.contains_key("letters"))
    );
}

#[test]
fn a_value_of_a_subsegment_that_was_sent_with_its_segment_is_late() {
    let health = do_late(|| {
        let work = subsegment("mail").run(|_| {
            current().carry(|| {
                current().annotate("mail", "sent");
            })
        });
        Box::new(work)
    });
    assert_told(&health, 500);
}

#[test]
fn a_value_of_a_part_that_was_sent_while_its_segment_goes_on_is_late() {
    let capture = Capture::new("import");
    capture.recorder().segment("import").run_sync(|_| {
        let mut late = Vec::new();
        for _ in 0..2_000 {
            let work = subsegment("step").run(|_| {
                current().carry(|| {
                    current().annotate("late", true);
                })
            });
            late.push(work);
        }
        assert!(
            named(&capture, "step").len() > 1_000,
            "they are sent in parts"
        );
        for work in late.drain(..).take(500) {
            std::thread::spawn(work).join().expect("it ends");
        }
        assert_eq!(health(&capture).refused, 0, "as far as is known");
        subsegment("last").run(|_| ());
    });
    assert_told(&health(&capture), 500);
    assert_eq!(named(&capture, "step").len(), 2_000);
    assert_eq!(named(&capture, "import").len(), 1);
    assert_eq!(health(&capture).incomplete, 0);
}

#[test]
fn what_is_recorded_in_a_late_subsegment_by_other_threads_waits_for_it() {
    let capture = Capture::new("checkout");
    let late = capture.recorder().segment("checkout").run_sync(|_| {
        current().carry(|| {
            subsegment("mail").run(|_| {
                let work = current().carry(|| {
                    current().annotate("letters", 2);
                });
                std::thread::spawn(work).join().expect("it ends");
                health(&capture);
            });
        })
    });
    health(&capture);
    late();
    assert_eq!(health(&capture).refused, 0);
    assert!(
        named(&capture, "mail")[0]
            .annotations
            .contains_key("letters")
    );
}

#[test]
fn what_waits_for_a_subsegment_that_was_sent_is_given_up() {
    let clock = ManualClock::at(1_700_000_000);
    let capture = Capture::with_clock("checkout", &clock);
    let late = capture.recorder().segment("checkout").run_sync(|_| {
        current().carry(|| {
            let work = subsegment("mail").run(|_| {
                current().carry(|| {
                    current().annotate("letters", 2);
                })
            });
            current().carry(work)
        })
    });
    health(&capture);
    let later = late();
    assert_eq!(named(&capture, "mail").len(), 1);
    std::thread::spawn(later).join().expect("it ends");
    assert_eq!(health(&capture).refused, 0);
    clock.advance(Duration::from_secs(61));
    assert_told(&health(&capture), 1);
}

#[test]
fn what_waits_for_a_subsegment_is_given_up_for_want_of_memory() {
    let capture = small();
    for number in 0..500 {
        let late = capture.recorder().segment("checkout").run_sync(|segment| {
            assert!(segment.is_recording(), "request {number}");
            current().carry(|| {
                subsegment("mail").run(|_| {
                    current().carry(|| {
                        current().annotate("letters", 2);
                    })
                })
            })
        });
        health(&capture);
        let later = late();
        health(&capture);
        later();
    }
    assert!(capture.recorder().shutdown(Duration::from_secs(30)));
    let health = capture.recorder().health();
    assert_told(&health, 500);
    assert_eq!((health.segments, health.incomplete), (500, 0));
}

#[tokio::test]
async fn a_task_that_annotates_what_has_ended_holds_nothing() {
    let capture = small();
    for _ in 0..500 {
        let (go, wait) = tokio::sync::oneshot::channel::<()>();
        let task = capture.recorder().segment("checkout").run_sync(|_| {
            tokio::spawn(
                async {
                    let _ = wait.await;
                    current().annotate("mail", "sent");
                }
                .in_current(),
            )
        });
        health(&capture);
        let _ = go.send(());
        task.await.expect("it ends");
    }
    assert_told(&health(&capture), 500);
}

/// Begins so many handles, and ends them all after their segment was sent.
fn end_after_their_segment(capture: &Capture, handles: usize) {
    let mut segment = capture.recorder().segment("checkout").begin();
    let handles: Vec<_> = (0..handles)
        .map(|_| segment.subsegment("late").begin())
        .collect();
    segment.end();
    health(capture);
    drop(handles);
}

#[test]
fn more_handles_than_the_queue_has_places_end_after_their_segment_and_nothing_is_lost() {
    let capture = small();
    for round in 1..=80 {
        end_after_their_segment(&capture, 120);
        let health = health(&capture);
        assert_eq!((health.segments, health.refused), (round, 0));
    }
    assert_eq!(named(&capture, "late").len(), 80 * 120);
    assert!(capture.recorder().shutdown(Duration::from_secs(30)));
    assert_eq!(capture.recorder().health().incomplete, 0);
}

#[test]
fn thousands_of_handles_that_end_after_their_segment_are_sent_once_each() {
    let capture = Capture::new("checkout");
    end_after_their_segment(&capture, 5_000);
    assert_eq!(health(&capture).nodes, 5_001);
    let mut ids: Vec<_> = named(&capture, "late").iter().map(|node| node.id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 5_000);
}
