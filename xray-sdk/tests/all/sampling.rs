//! What a recorder does with decisions: whose counts, what is recorded of it, and what the next service is told.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use xray_sdk::sampling::{
    Decision, LocalRule, LocalRules, Never, Reason, Sampler, SamplingRequest,
};
use xray_sdk::testing::Capture;
use xray_sdk::{InSubsegment as _, Sampled, Segment, TraceHeader, current, subsegment};

const ROOT: &str = "1-5759e988-bd862e3fe1be46a994272793";
const PARENT: &str = "53995c3f42cd8ad8";

/// Takes everything by one rule, and counts how often it was asked.
#[derive(Clone, Default)]
struct Counting(Arc<AtomicU32>);

impl Sampler for Counting {
    fn decide(&self, _request: &SamplingRequest<'_>) -> Decision {
        self.0.fetch_add(1, Ordering::Relaxed);
        Decision::sampled().with_rule("everything")
    }
}

fn begin(capture: &Capture, header: &str) -> Segment {
    let header = TraceHeader::parse(header);
    capture.recorder().own_segment().continuing(header).begin()
}

/// The header that a segment sends on.
fn sent(segment: &Segment) -> String {
    segment.header().expect("a header").to_string()
}

#[test]
fn a_callers_decision_costs_no_quota_and_names_no_rule() {
    let sampler = Counting::default();
    let capture = Capture::with_sampler("checkout", sampler.clone());
    begin(&capture, &format!("Root={ROOT};Parent={PARENT};Sampled=1")).end();
    begin(&capture, &format!("Root={ROOT};Parent={PARENT};Sampled=0")).end();
    assert_eq!(sampler.0.load(Ordering::Relaxed), 0);
    assert_eq!(capture.documents().len(), 1);
    let text = String::from_utf8(capture.bytes().remove(0)).expect("JSON");
    assert!(!text.contains("sampling_rule_name"), "{text}");
}

#[test]
fn a_caller_that_asks_or_says_nothing_leaves_it_to_the_sampler() {
    let sampler = Counting::default();
    let capture = Capture::with_sampler("checkout", sampler.clone());
    for header in [
        format!("Root={ROOT};Parent={PARENT};Sampled=?"),
        format!("Root={ROOT};Parent={PARENT}"),
        format!("Root={ROOT}"),
        String::new(),
    ] {
        begin(&capture, &header).end();
    }
    assert_eq!(sampler.0.load(Ordering::Relaxed), 4);
    assert_eq!(capture.documents().len(), 4);
}

#[test]
fn the_rule_is_recorded_by_its_name() {
    let capture = Capture::with_sampler("checkout", Counting::default());
    begin(&capture, "").end();
    let document = serde_json::to_value(&capture.documents()[0]).expect("JSON");
    assert_eq!(document["aws"]["xray"]["sampling_rule_name"], "everything");
}

#[test]
fn a_local_rule_is_not_recorded_as_one_of_x_rays() {
    let rules = LocalRules::new(0, 0.0).rule(LocalRule::new(1, 1.0).description("all"));
    let capture = Capture::with_sampler("checkout", rules);
    begin(&capture, "").end();
    let document = serde_json::to_value(&capture.documents()[0]).expect("JSON");
    assert_eq!(
        document["aws"]["xray"]["sampling_rule_name"],
        serde_json::Value::Null
    );
}

#[test]
fn the_program_can_decide_for_each_segment() {
    let sampler = Counting::default();
    let capture = Capture::with_sampler("checkout", sampler.clone());
    let recorder = capture.recorder();
    recorder.segment("no").sampled(false).run_sync(|_| ());
    let unsampled = TraceHeader::parse(&format!("Root={ROOT};Parent={PARENT};Sampled=0"));
    let forced = recorder.segment("yes").continuing(unsampled).sampled(true);
    forced.run_sync(|segment| {
        let header = segment.header().expect("a header");
        assert_eq!(header.sampled(), Sampled::Yes);
        assert_eq!(
            header.root().map(|root| root.to_string()).as_deref(),
            Some(ROOT)
        );
    });
    assert_eq!(capture.tree(), "yes\n");
    assert_eq!(sampler.0.load(Ordering::Relaxed), 0);
}

#[test]
fn an_explanation_tells_what_would_be_decided_and_counts_nothing() {
    let rules = LocalRules::new(1, 0.0).rule(LocalRule::new(0, 0.0).path("/health"));
    let capture = Capture::with_sampler("checkout", rules);
    let recorder = capture.recorder();
    let path = |path| SamplingRequest {
        path: Some(path),
        ..SamplingRequest::default()
    };
    assert!(!recorder.explain(&path("/health")).is_sampled());
    for _ in 0..3 {
        let decision = recorder.explain(&path("/orders"));
        assert_eq!(decision.reason(), Reason::Reservoir);
        assert_eq!(decision.rule(), Some("default"));
    }
}

#[test]
fn a_capture_records_all_and_asks_nobody_for_rules() {
    let capture = Capture::with("checkout", |builder| {
        builder.sampling_rules(LocalRules::new(0, 0.0))
    });
    for _ in 0..5 {
        begin(&capture, "").end();
    }
    let decision = capture.recorder().explain(&SamplingRequest::default());
    assert_eq!(decision, Decision::sampled());
    assert_eq!(capture.documents().len(), 5);
}

#[test]
fn a_sampler_sees_the_names_of_service_and_origin() {
    #[derive(Clone, Default)]
    struct Seen(Arc<Mutex<Vec<String>>>);
    impl Sampler for Seen {
        fn decide(&self, request: &SamplingRequest<'_>) -> Decision {
            let line = format!("{} on {:?}", request.service, request.origin);
            self.0.lock().expect("no test panicked").push(line);
            Decision::not_sampled()
        }
    }
    let seen = Seen::default();
    let capture = Capture::with("checkout", |builder| {
        builder.sampler(seen.clone()).origin("AWS::ECS::Container")
    });
    let recorder = capture.recorder();
    recorder.explain(&SamplingRequest::default());
    recorder.segment("orders").run_sync(|_| ());
    let request = SamplingRequest {
        service: "other",
        origin: Some("AWS::EC2::Instance"),
        ..SamplingRequest::default()
    };
    recorder.segment("orders").request(request).run_sync(|_| ());
    assert_eq!(
        *seen.0.lock().expect("no test panicked"),
        [
            "checkout on Some(\"AWS::ECS::Container\")",
            "orders on Some(\"AWS::ECS::Container\")",
            "other on Some(\"AWS::EC2::Instance\")",
        ]
    );
}

#[test]
fn ids_of_a_new_trace_that_is_not_sampled_are_zeros() {
    let capture = Capture::with_sampler("checkout", Never);
    let segment = begin(&capture, "");
    assert_eq!(
        sent(&segment),
        "Root=1-00000000-000000000000000000000000;Parent=0000000000000000;Sampled=0"
    );
}

#[test]
fn ids_of_nothing_but_zeros_name_no_trace_that_could_be_recorded() {
    let zeros = "Root=1-00000000-000000000000000000000000;Parent=0000000000000000";
    let capture = Capture::new("checkout");
    for rest in ["", ";Sampled=?", ";Sampled=1", ";Sampled=0"] {
        let header = TraceHeader::parse(&format!("{zeros}{rest}"));
        let forced = capture.recorder().own_segment().continuing(header);
        let segment = forced.sampled(true).begin();
        let root = segment.trace_id().expect("a trace");
        assert_ne!(root.to_u128(), 0, "{rest}");
        assert!(
            !sent(&segment).contains("Parent=0000000000000000"),
            "{rest}"
        );
    }
    let documents = capture.documents();
    assert_eq!(documents.len(), 4);
    for document in documents {
        assert_ne!(document.trace_id.map(xray_sdk::TraceId::to_u128), Some(0));
        assert_eq!(document.parent_id, None);
    }
}

#[test]
fn a_continued_trace_that_is_not_sampled_keeps_its_id_and_what_others_added() {
    let capture = Capture::with_sampler("checkout", Never);
    let segment = begin(
        &capture,
        &format!("Root={ROOT};Parent={PARENT};Lineage=a:1"),
    );
    assert_eq!(
        sent(&segment),
        format!("Root={ROOT};Parent=0000000000000000;Sampled=0;Lineage=a:1")
    );
}

#[test]
fn what_is_passed_through_goes_on_as_it_came() {
    let sampler = Counting::default();
    let capture = Capture::with_sampler("worker", sampler.clone());
    for text in [
        format!("Root={ROOT}"),
        format!("Root={ROOT};Lineage=a:1"),
        format!("Root={ROOT};Parent={PARENT};Sampled=1"),
        format!("Root={ROOT};Sampled=?"),
    ] {
        let header = TraceHeader::parse(&text);
        let segment = capture.recorder().own_segment().continuing(header);
        segment.pass_through().run_sync(|segment| {
            assert_eq!(segment.header().expect("a header").to_string(), text);
            assert_eq!(current().header().expect("a header").to_string(), text);
            subsegment("call").remote().run(|call| {
                assert_eq!(call.header().expect("a header").to_string(), text);
            });
            let owned = subsegment("call").begin();
            assert_eq!(owned.header().expect("a header").to_string(), text);
        });
    }
    assert_eq!(capture.tree(), "");
    assert_eq!(sampler.0.load(Ordering::Relaxed), 0);
}

#[test]
fn a_header_is_of_pass_through_mode_when_it_names_a_trace_only() {
    for (text, expected) in [
        (format!("Root={ROOT}"), true),
        (format!("Root={ROOT};Lineage=a:1"), true),
        (format!("Root={ROOT};Parent={PARENT}"), false),
        (format!("Root={ROOT};Sampled=0"), false),
        (format!("Root={ROOT};Sampled=?"), false),
        ("Lineage=a:1".to_owned(), false),
        (String::new(), false),
    ] {
        assert_eq!(
            TraceHeader::parse(&text).is_pass_through(),
            expected,
            "{text}"
        );
    }
}

#[test]
fn a_subsegment_without_sampling_is_left_out_and_passes_that_on() {
    let capture = Capture::new("worker");
    capture.recorder().segment("worker").run_sync(|segment| {
        let id = segment.id().expect("recorded");
        let root = segment.trace_id().expect("a trace");
        let expected = format!("Root={root};Parent={id};Sampled=0");
        let check = |header: Option<TraceHeader>| {
            assert_eq!(header.expect("a header").to_string(), expected);
        };
        subsegment("closure").without_sampling().run(|left_out| {
            check(left_out.header());
            check(current().header());
            assert!(!left_out.is_recording());
            current().annotate("lost", true);
            subsegment("below").run(|below| check(below.header()));
            std::thread::scope(|scope| {
                let below = current().carry(|| check(current().header()));
                scope.spawn(below);
            });
        });
        let mut owned = segment.subsegment("handle").without_sampling().begin();
        check(owned.header());
        check(owned.subsegment("below").begin().header());
        let entered = owned.enter();
        check(current().header());
        subsegment("below").run(|below| check(below.header()));
        drop(entered);
        drop(owned);
        subsegment("recorded").run(|recorded| assert!(recorded.is_recording()));
    });
    assert_eq!(capture.tree(), "worker\n  recorded\n");
    let document = &capture.documents()[0];
    assert!(document.annotations.is_empty());
}

#[test]
fn a_future_without_sampling_is_left_out_wherever_it_is_polled() {
    let capture = Capture::new("worker");
    let mut segment = capture.recorder().segment("worker").begin();
    let mut work = {
        let _entered = segment.enter();
        let work = async {
            assert_eq!(
                current().header().map(|header| header.sampled()),
                Some(Sampled::No)
            );
            tokio::task::yield_now().await;
            subsegment("below").run(|below| assert!(!below.is_recording()));
            assert_eq!(
                current().header().map(|header| header.sampled()),
                Some(Sampled::No)
            );
        };
        Box::pin(work.in_subsegment(subsegment("message").without_sampling()))
    };
    let mut task = Context::from_waker(Waker::noop());
    // Once inside of the segment, and once where there is none.
    {
        let _entered = segment.enter();
        assert!(work.as_mut().poll(&mut task).is_pending());
        assert!(current().is_recording(), "the segment is current again");
    }
    use std::future::Future as _;
    assert_eq!(work.as_mut().poll(&mut task), Poll::Ready(()));
    assert_eq!(current().header(), None);
    segment.end();
    assert_eq!(capture.tree(), "worker\n");
}

#[test]
fn without_sampling_in_a_segment_that_has_nothing_to_pass_on_is_no_missing_segment() {
    let capture = Capture::new("worker");
    let not_sampled = |header: Option<TraceHeader>| {
        assert_eq!(
            header.map(|header| header.to_string()).as_deref(),
            Some("Sampled=0")
        );
    };
    capture
        .recorder()
        .own_segment()
        .pass_through()
        .run_sync(|segment| {
            assert_eq!(segment.header(), None);
            subsegment("a")
                .without_sampling()
                .run(|_| not_sampled(current().header()));
            segment
                .subsegment("b")
                .without_sampling()
                .run(|_| not_sampled(current().header()));
            not_sampled(subsegment("c").without_sampling().begin().header());
        });
    let mut segment = capture.recorder().own_segment().pass_through().begin();
    not_sampled(segment.subsegment("d").without_sampling().begin().header());
}
