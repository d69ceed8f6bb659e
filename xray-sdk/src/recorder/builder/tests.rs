use super::*;
use crate::context::missing::ContextMissing;
use crate::emitter::{Batch, Report};
use crate::header::{Sampled, TraceHeader};
use crate::recorder::environment::UnsampledIds;
use crate::sampling::{Decision, Reason, SamplingRequest};
use crate::segment::{current, subsegment};

const DEADLINE: Duration = Duration::from_secs(30);

/// A part that must not be used.
struct Unused;

impl Emitter for Unused {
    fn emit(&mut self, _batch: &Batch) -> Report {
        panic!("nothing is to be sent")
    }
}

impl Sampler for Unused {
    fn decide(&self, _request: &SamplingRequest<'_>) -> Decision {
        panic!("nothing is to be decided")
    }
}

fn disabled() -> Recorder {
    let environment = Environment {
        is_disabled: true,
        context_missing: Some(ContextMissing::Panic),
        ..Environment::default()
    };
    Recorder::builder("checkout")
        .emitter(Unused)
        .sampler(Unused)
        .daemon_address("no address")
        .build_in(environment)
        .expect("a recorder that needs nothing")
}

#[test]
fn a_disabled_recorder_passes_the_callers_header_on_as_it_came() {
    let recorder = disabled();
    for text in [
        "Root=1-5759e988-bd862e3fe1be46a994272793",
        "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1;Lineage=a:1",
        "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=?",
    ] {
        let header = TraceHeader::parse(text);
        let segment = recorder.own_segment().continuing(header).sampled(true);
        segment.run_sync(|segment| {
            segment.annotate("a", 1).fault();
            let sent = |header: Option<TraceHeader>| {
                assert_eq!(header.expect("a header").to_string(), text);
            };
            sent(segment.header());
            sent(current().header());
            subsegment("call").remote().run(|call| sent(call.header()));
            sent(subsegment("call").begin().header());
        });
    }
    let segment = recorder.own_segment().begin();
    assert_eq!(segment.header(), None, "there is nothing to pass on");
    assert_eq!(segment.response_header().to_string(), "");
}

#[test]
fn a_disabled_recorder_records_nothing_and_nobody_waits_for_it() {
    let recorder = disabled();
    recorder
        .own_segment()
        .run_sync(|_| subsegment("work").run(|_| ()));
    // Where there is no segment this is told neither.
    current().annotate("a", 1);
    assert!(recorder.flush(DEADLINE));
    assert!(recorder.shutdown(DEADLINE));
    assert_eq!(recorder.health(), crate::Health::default());
    assert_eq!(
        recorder.explain(&SamplingRequest::default()).to_string(),
        "not sampled: AWS_XRAY_SDK_ENABLED or AWS_XRAY_SDK_DISABLED says that nothing is recorded"
    );
}

#[test]
fn a_trace_that_is_not_sampled_has_ids_of_its_own_when_they_are_wanted() {
    let environment = Environment {
        unsampled_ids: UnsampledIds::Random,
        ..Environment::default()
    };
    let recorder = Recorder::builder("checkout")
        .emitter(Unused)
        .sampler(Never)
        .build_in(environment)
        .expect("a recorder");
    let ids = [(); 2].map(|()| {
        let header = recorder.own_segment().begin().header().expect("a header");
        assert_eq!(header.sampled(), Sampled::No);
        let ids = (
            header.root().expect("a root"),
            header.parent().expect("a parent"),
        );
        assert!(ids.0.to_u128() != 0 && ids.1.to_u64() != 0);
        ids
    });
    assert!(ids[0].0 != ids[1].0 && ids[0].1 != ids[1].1);
}

#[test]
fn a_value_that_is_not_understood_is_told() {
    let environment = Environment {
        misunderstood: vec!["what is this".to_owned()],
        ..Environment::default()
    };
    let recorder = Recorder::builder("checkout")
        .sampler(Never)
        .build_in(environment)
        .expect("a recorder");
    assert_eq!(recorder.health().notices, ["what is this"]);
}

#[cfg(feature = "central-sampling")]
#[test]
fn without_a_sampler_x_rays_rules_decide_and_local_ones_until_they_come() {
    let recorder = Recorder::builder("checkout")
        .emitter(Unused)
        .sampling_rules(LocalRules::new(7, 0.0))
        .build_in(Environment::default())
        .expect("a recorder");
    let decision = recorder.explain(&SamplingRequest::default());
    assert_eq!(decision.reason(), Reason::Reservoir);
    assert_eq!(
        decision.fallback(),
        Some(crate::sampling::Fallback::NoRules)
    );
}

#[cfg(not(feature = "central-sampling"))]
#[test]
fn without_central_sampling_local_rules_decide() {
    let recorder = Recorder::builder("checkout")
        .emitter(Unused)
        .sampling_rules(LocalRules::new(7, 0.0))
        .build_in(Environment::default())
        .expect("a recorder");
    let decision = recorder.explain(&SamplingRequest::default());
    assert_eq!(
        (decision.reason(), decision.fallback()),
        (Reason::Reservoir, None)
    );
}

#[test]
fn a_sampler_is_asked_in_place_of_all_rules() {
    let recorder = Recorder::builder("checkout")
        .emitter(Unused)
        .sampler(Never)
        .sampling_rules(LocalRules::new(7, 1.0))
        .build_in(Environment::default())
        .expect("a recorder");
    let decision = recorder.explain(&SamplingRequest::default());
    assert_eq!(decision, Decision::not_sampled());
}

#[test]
fn the_environments_address_wins_over_codes() {
    let environment = |address: Option<&str>| Environment {
        daemon_address: address.map(str::to_owned),
        ..Environment::default()
    };
    let chosen = |from_environment, code| {
        daemon_address(&environment(from_environment), code)
            .map(|address| address.udp().to_string())
    };
    assert_eq!(chosen(None, None).ok().as_deref(), Some("127.0.0.1:2000"));
    assert_eq!(
        chosen(None, Some("daemon:3000")).ok().as_deref(),
        Some("daemon:3000")
    );
    assert_eq!(
        chosen(Some("other:4000"), Some("daemon:3000"))
            .ok()
            .as_deref(),
        Some("other:4000")
    );
    let error = chosen(Some("nonsense"), Some("daemon:3000")).expect_err("no address");
    assert!(
        error
            .to_string()
            .starts_with("AWS_XRAY_DAEMON_ADDRESS=\"nonsense\""),
        "{error}"
    );
}
