//! What handles, closures and futures record.

use std::time::Duration;

use xray_sdk::testing::{Capture, ManualClock};
use xray_sdk::{
    Entity, InSubsegment as _, Sampled, SegmentId, Text, TraceHeader, TraceId, current, subsegment,
};

#[test]
fn closures_nest() {
    let capture = Capture::new("checkout");
    capture.recorder().segment("checkout").run_sync(|segment| {
        segment.http_status(200);
        subsegment("load order").run(|subsegment| {
            subsegment.annotate("rows", 3);
            xray_sdk::subsegment("orders@db").remote().run(|_| ());
        });
        subsegment("price").run(|_| ());
    });
    assert_eq!(
        capture.tree(),
        "checkout 200\n  load order\n    orders@db\n  price\n"
    );
    assert_eq!(capture.bytes().len(), 1, "one document holds all of it");
}

#[test]
fn throttling_is_no_fault_whatever_status_says_it() {
    let capture = Capture::new("checkout");
    capture.recorder().segment("checkout").run_sync(|_| {
        // As S3 asks callers to slow down, and as a status follows what was known before.
        subsegment("S3").aws().run(|call| {
            call.http_status(503).throttle();
        });
        subsegment("S3").aws().run(|call| {
            call.throttle().http_status(503);
        });
        subsegment("S3").aws().run(|call| {
            call.http_status(503).throttle().fault();
        });
    });
    assert_eq!(
        capture.tree(),
        "checkout\n  S3 503 error throttle\n  S3 503 error throttle\n  S3 503 fault error throttle\n"
    );
}

#[test]
fn owned_handles_record_wherever_they_are_dropped() {
    let capture = Capture::new("checkout");
    let mut segment = capture.recorder().segment("checkout").begin();
    let mut load = segment.subsegment("load order").begin();
    let child = load.subsegment("payments").remote().begin();
    std::thread::spawn(move || {
        let mut child = child;
        child.http_status(503).annotate("attempt", 2);
    })
    .join()
    .expect("the thread ends");
    load.end();
    segment.end();
    assert_eq!(
        capture.tree(),
        "checkout\n  load order\n    payments 503 fault\n"
    );
    assert_eq!(capture.bytes().len(), 1);
}

#[test]
fn a_url_in_pieces_is_recorded_as_one_that_is_whole() {
    let urls = |record: fn(&mut Entity, [&str; 4]), length| {
        let path = "/".repeat(length);
        let url = ["https", "://", "shop", &path];
        let capture = Capture::new("shop");
        capture.recorder().segment("shop").run_sync(|segment| {
            record(segment, url);
            // Elsewhere, where its lane is not at hand.
            let mut call = subsegment("stock").remote().begin();
            std::thread::scope(|scope| scope.spawn(move || record(&mut call, url)).join())
                .expect("no panic");
        });
        let document: serde_json::Value =
            serde_json::from_slice(&capture.bytes()[0]).expect("JSON");
        let url = |entity: &serde_json::Value| entity["http"]["request"]["url"].to_string();
        [url(&document), url(&document["subsegments"][0])]
    };
    for length in [0, 1, 30, 600, 17_000] {
        let in_pieces = urls(
            |entity, url| {
                entity.http_request_in_pieces("GET", url);
            },
            length,
        );
        let whole = urls(
            |entity, url| {
                entity.http_request("GET", &url.concat());
            },
            length,
        );
        assert_eq!(in_pieces, whole);
        assert!(whole.iter().all(|url| url.starts_with("\"https://shop")));
    }
}

#[test]
fn the_current_segment_follows_what_is_entered() {
    let capture = Capture::new("checkout");
    let mut outer = capture.recorder().segment("outer").begin();
    let entered = outer.enter();
    {
        let mut inner = capture.recorder().segment("inner").begin();
        let entered = inner.enter();
        current().annotate("where", "inner");
        drop(entered);
    }
    current().annotate("where", "outer");
    subsegment("after").run(|_| ());
    drop(entered);
    drop(outer);
    for document in capture.documents() {
        let annotation = &document.annotations["where"];
        assert_eq!(annotation.as_text(), Some(document.name.as_str()));
    }
    assert_eq!(capture.tree().matches("after").count(), 1);
}

#[test]
fn without_a_segment_nothing_is_recorded_and_the_work_is_done() {
    assert!(!current().is_recording());
    assert_eq!(current().header(), None);
    assert_eq!(
        subsegment("alone").run(|subsegment| {
            subsegment.annotate("a", 1).metadata("b", &2);
            42
        }),
        42
    );
    subsegment("alone").begin().end();
}

#[test]
fn unsampled_requests_are_passed_on_and_not_recorded() {
    let capture = Capture::with_sampler("checkout", xray_sdk::sampling::Never);
    capture.recorder().segment("checkout").run_sync(|segment| {
        let header = segment.header().expect("a header");
        assert_eq!(header.sampled(), Sampled::No);
        let root = header.root().expect("a root");
        subsegment("call").remote().run(|subsegment| {
            assert_eq!(subsegment.header().expect("a header").root(), Some(root));
            assert!(!subsegment.is_recording());
        });
        let owned = subsegment("owned").begin();
        assert_eq!(owned.header().expect("a header").root(), Some(root));
    });
    assert_eq!(capture.tree(), "");
    assert_eq!(capture.recorder().health().unsampled, 1);
}

#[test]
fn a_caller_is_continued() {
    let capture = Capture::with_sampler("checkout", xray_sdk::sampling::Never);
    let header = TraceHeader::parse(
        "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1;Lineage=a87bd80c:1",
    );
    let segment = capture
        .recorder()
        .segment("checkout")
        .continuing(header)
        .begin();
    let own = segment.id().expect("recorded");
    assert_eq!(
        segment.header().expect("a header").to_string(),
        format!(
            "Root=1-5759e988-bd862e3fe1be46a994272793;Parent={own};Sampled=1;Lineage=a87bd80c:1"
        )
    );
    segment.end();
    let document = &capture.documents()[0];
    assert_eq!(
        document.parent_id,
        SegmentId::parse("53995c3f42cd8ad8").ok()
    );
    assert_eq!(
        document.trace_id,
        TraceId::parse("1-5759e988-bd862e3fe1be46a994272793").ok()
    );
}

#[test]
fn the_answer_tells_the_decision_only_when_it_was_asked_for() {
    let capture = Capture::new("checkout");
    let root = "Root=1-5759e988-bd862e3fe1be46a994272793";
    let answer = |header: &str| {
        let header = TraceHeader::parse(header);
        let segment = capture
            .recorder()
            .segment("checkout")
            .continuing(header)
            .begin();
        segment.response_header().to_string()
    };
    assert_eq!(answer(root), root);
    assert_eq!(
        answer(&format!("{root};Sampled=?")),
        format!("{root};Sampled=1")
    );
    assert_eq!(answer(&format!("{root};Sampled=0")), root);
}

#[test]
fn times_are_the_clocks() {
    let clock = ManualClock::at(1_700_000_000);
    let capture = Capture::with_clock("checkout", &clock);
    capture.recorder().segment("checkout").run_sync(|_| {
        clock.advance(Duration::from_millis(5));
        subsegment("work").run(|_| clock.advance(Duration::from_micros(1_500)));
    });
    let document = &capture.documents()[0];
    assert_eq!(document.start_time, 1_700_000_000.0);
    assert_eq!(document.end_time, Some(1_700_000_000.006_5));
    assert_eq!(document.subsegments[0].start_time, 1_700_000_000.005);
    assert!(
        document
            .trace_id
            .expect("a trace id")
            .to_string()
            .starts_with("1-6553f100-")
    );
}

#[tokio::test]
async fn futures_nest_across_awaits() {
    let capture = Capture::new("checkout");
    let work = async {
        async {
            tokio::task::yield_now().await;
            leaf().in_subsegment(subsegment("payments").remote()).await;
        }
        .in_subsegment("load order")
        .await;
        tokio::join!(leaf().in_subsegment("left"), leaf().in_subsegment("right"));
        current().http_status(404);
    };
    capture.recorder().segment("checkout").run(work).await;
    assert_eq!(
        capture.tree(),
        "checkout 404 error\n  load order\n    payments\n  left\n  right\n"
    );
}

async fn leaf() {
    tokio::task::yield_now().await;
    current().annotate("seen", true);
    tokio::task::yield_now().await;
}

#[test]
fn values_of_every_kind_are_recorded() {
    let capture = Capture::new("checkout");
    capture.recorder().segment("checkout").run_sync(|segment| {
        segment
            .annotate("text", "a \"quoted\" text")
            .annotate("integer", -7)
            .annotate("big", 9_007_199_254_740_993_u64)
            .annotate("float", 0.25)
            .annotate("nan", f64::NAN)
            .annotate("truth", true)
            .annotate("truth", false)
            .annotate(Text::copied("user.id"), "u1")
            .metadata("list", &[1, 2, 3])
            .metadata_in("own", "nested", &serde_json::json!({"a": {"b": null}}))
            .metadata("list", &[4])
            .set_user("ann")
            .set_name("renamed?");
    });
    let document = &capture.documents()[0];
    let json = serde_json::to_value(document).expect("json");
    assert_eq!(
        json["annotations"],
        serde_json::json!({
            "text": "a \"quoted\" text", "integer": -7, "big": 9_007_199_254_740_993_u64, "float": 0.25,
            "nan": "NaN", "truth": false, "user_id": "u1",
        })
    );
    assert_eq!(
        json["metadata"],
        serde_json::json!({"default": {"list": [4]}, "own": {"nested": {"a": {"b": null}}}})
    );
    assert_eq!(document.name, "renamed");
    assert_eq!(document.user.as_deref(), Some("ann"));
    let notices = capture.recorder().health().notices;
    assert!(
        notices
            .iter()
            .any(|notice| notice.contains("\"user.id\" at") && notice.contains("recording.rs")),
        "{notices:?}"
    );
}

#[test]
fn an_error_of_a_called_service_is_remote_and_decides_nothing() {
    let capture = Capture::new("checkout");
    let reason = std::io::Error::other("the conditional request failed");
    capture.recorder().segment("checkout").run_sync(|segment| {
        subsegment("DynamoDB").aws().run(|call| {
            call.http_status(400);
            call.record_remote_error("ConditionalCheckFailedException", &reason);
        });
        subsegment("SQS").aws().run(|call| {
            call.record_error_as("TimeoutError", &reason);
        });
        let _ = segment;
    });
    assert_eq!(
        capture.tree(),
        "checkout\n  DynamoDB 400 error\n  SQS fault\n"
    );
    let json: serde_json::Value =
        serde_json::from_slice(&capture.bytes()[0]).expect("a document is JSON");
    let exception = |call: usize| {
        let mut exception = json["subsegments"][call]["cause"]["exceptions"][0].clone();
        exception.as_object_mut().expect("an object").remove("id");
        exception
    };
    assert_eq!(
        exception(0),
        serde_json::json!({
            "type": "ConditionalCheckFailedException", "message": "the conditional request failed", "remote": true,
        })
    );
    assert_eq!(
        exception(1),
        serde_json::json!({"type": "TimeoutError", "message": "the conditional request failed"})
    );
}

#[test]
fn what_an_earlier_status_said_goes_with_it_and_what_the_program_said_stays() {
    let said = |record: fn(&mut xray_sdk::Entity)| {
        let capture = Capture::new("checkout");
        capture.recorder().own_segment().run_sync(|segment| {
            record(segment);
        });
        let document = capture.documents().remove(0);
        (document.error, document.fault, document.throttle)
    };
    let replaced = said(|segment| {
        for status in [404, 429, 503, 200] {
            segment.http_status(status);
        }
    });
    assert_eq!(replaced, (false, false, false));
    let marked = said(|segment| {
        segment.error().http_status(503).http_status(200);
    });
    assert_eq!(marked, (true, false, false));
    let last = said(|segment| {
        segment.http_status(200).http_status(429);
    });
    assert_eq!(last, (true, false, true));
}
