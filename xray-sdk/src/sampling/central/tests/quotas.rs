//! How many requests are taken, by one process and by several together.

use std::time::Duration;

use serde_json::json;

use super::process::Process;
use super::xray::{Told, XRay, rule};
use crate::sampling::{Reason, SamplingRequest};

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn without_a_quota_a_process_borrows_one_request_a_second() {
    let xray = XRay::new(vec![rule("Default", 10_000, 50, 0.0, &json!({}))]);
    xray.state().has_quotas = false;
    let mut process = Process::with_rules(&xray);
    for _ in 0..30 {
        let reasons: Vec<_> = (0..20).map(|_| process.any().reason()).collect();
        assert_eq!(reasons[0], Reason::Borrowed);
        assert!(
            reasons[1..]
                .iter()
                .all(|reason| *reason == Reason::Rate(0.0))
        );
        process.pass(SECOND);
    }
}

#[test]
fn a_rule_without_a_reservoir_has_nothing_to_borrow() {
    let xray = XRay::new(vec![rule("Default", 10_000, 0, 0.0, &json!({}))]);
    xray.state().has_quotas = false;
    let mut process = Process::with_rules(&xray);
    assert_eq!(process.any().reason(), Reason::Rate(0.0));
}

#[test]
fn borrowed_requests_are_told_apart_from_sampled_ones() {
    let xray = XRay::new(vec![rule("Default", 10_000, 10, 1.0, &json!({}))]);
    let mut process = Process::with_rules(&xray);
    for _ in 0..3 {
        assert!(process.any().is_sampled());
    }
    process.pass(15 * SECOND);
    let expected = Told {
        requests: 3,
        sampled: 2,
        borrowed: 1,
    };
    assert_eq!(xray.told("Default"), expected);
}

/// A process whose rule has a reservoir of 6, half of which is its.
fn process_with_a_quota(xray: &XRay) -> Process {
    let mut process = Process::with_rules(xray);
    process.any();
    process.pass(11 * SECOND);
    process
}

/// How many requests the reservoir takes in this second.
fn taken(process: &mut Process) -> usize {
    let reasons = (0..20).map(|_| process.any().reason());
    reasons
        .filter(|reason| *reason == Reason::Reservoir)
        .count()
}

#[test]
fn a_quota_holds_until_its_time_in_epoch_seconds() {
    let xray = XRay::new(vec![rule("Default", 10_000, 6, 0.0, &json!({}))]);
    let mut process = process_with_a_quota(&xray);
    assert_eq!(taken(&mut process), 3);
    // It is told to hold for 300 seconds; those that ask for more are not heard.
    xray.state().is_reachable = false;
    process.pass(280 * SECOND);
    assert_eq!(taken(&mut process), 3);
    process.pass(30 * SECOND);
    let reasons: Vec<_> = (0..20).map(|_| process.any().reason()).collect();
    assert_eq!(reasons[0], Reason::Borrowed, "it ran out");
    assert!(!reasons.contains(&Reason::Reservoir));
}

#[test]
fn a_quota_of_nothing_is_a_quota() {
    let xray = XRay::new(vec![rule("Default", 10_000, 6, 0.0, &json!({}))]);
    xray.state().target = json!({"ReservoirQuota": 0});
    let mut process = process_with_a_quota(&xray);
    for _ in 0..5 {
        assert_eq!(process.any().reason(), Reason::Rate(0.0));
    }
}

#[test]
fn what_a_target_does_not_tell_stays_as_it_is() {
    let xray = XRay::new(vec![rule("Default", 10_000, 6, 0.0, &json!({}))]);
    let mut process = process_with_a_quota(&xray);
    xray.state().has_quotas = false;
    xray.state().target = json!({"FixedRate": null, "Interval": null});
    assert_eq!(taken(&mut process), 3);
    process.pass(11 * SECOND);
    assert_eq!(taken(&mut process), 3);
    assert_eq!(process.any().reason(), Reason::Rate(0.0));
}

#[test]
fn a_rate_that_x_ray_tells_is_in_force_at_once() {
    let xray = XRay::new(vec![rule("Default", 10_000, 0, 0.0, &json!({}))]);
    xray.state().target = json!({"FixedRate": 1.0});
    let mut process = process_with_a_quota(&xray);
    assert_eq!(process.any().reason(), Reason::Rate(1.0));
}

#[test]
fn an_explanation_counts_nothing_and_uses_nothing_up() {
    use crate::sampling::Sampler as _;
    let xray = XRay::new(vec![rule("Default", 10_000, 1, 0.0, &json!({}))]);
    let mut process = Process::with_rules(&xray);
    let request = SamplingRequest::default();
    for _ in 0..5 {
        assert_eq!(
            process.sampler.explain(&request).to_string(),
            "sampled: the one that rule \"Default\" may borrow each second while it has no quota"
        );
    }
    assert_eq!(process.any().reason(), Reason::Borrowed);
    assert_eq!(
        process.sampler.explain(&request).reason(),
        Reason::Rate(0.0)
    );
    process.pass(15 * SECOND);
    assert_eq!(xray.told("Default").requests, 1);
}

#[test]
fn two_processes_take_the_reservoir_together_and_the_rate_beyond_it() {
    const RATE: f64 = 0.1;
    const RESERVOIR: usize = 10;
    let xray = XRay::new(vec![
        rule(
            "orders",
            1,
            RESERVOIR as u32,
            RATE,
            &json!({"URLPath": "/orders/*"}),
        ),
        rule("Default", 10_000, 1, 0.0, &json!({})),
    ]);
    let mut processes = [Process::new(&xray, 1), Process::new(&xray, 2)];
    let request = SamplingRequest {
        path: Some("/orders/7"),
        ..SamplingRequest::default()
    };
    let (mut decisions, mut dice, mut passed) = (0, 0, 0);
    let (mut central, mut sampled, mut borrowed) = (0, 0, 0);
    let mut seconds = 0;
    while dice < 100_000 {
        let mut reservoir = 0;
        for process in &mut processes {
            let mut own = 0;
            for _ in 0..200 {
                let decision = process.decide(&request);
                decisions += 1;
                if decision.fallback().is_some() {
                    continue;
                }
                central += 1;
                match decision.reason() {
                    Reason::Borrowed => own += 1,
                    Reason::Reservoir => reservoir += 1,
                    _ => dice += 1,
                }
                let is_rate = decision.reason() == Reason::Rate(RATE);
                passed += u64::from(is_rate && decision.is_sampled());
                sampled +=
                    u64::from(decision.reason() != Reason::Borrowed && decision.is_sampled());
            }
            assert!(own <= 1, "one a second is borrowed at most");
            borrowed += own;
        }
        assert!(reservoir <= RESERVOIR, "{reservoir} in second {seconds}");
        // Rules came within 5 seconds, and quotas for both within 10 more.
        if seconds > 16 {
            assert_eq!(reservoir, RESERVOIR, "in second {seconds}");
        }
        for _ in 0..10 {
            xray.clock.advance(SECOND / 10);
            processes.iter_mut().for_each(Process::turn);
        }
        seconds += 1;
    }
    let expected = f64::from(dice) * RATE;
    let sigma = (f64::from(dice) * RATE * (1.0 - RATE)).sqrt();
    let off = (passed as f64 - expected).abs();
    assert!(
        off < 3.0 * sigma,
        "{passed} of {dice} passed, {expected} ± {sigma} are expected"
    );
    assert!(central < decisions, "the first were decided by local rules");

    // All of it is told, once.
    for _ in 0..150 {
        xray.clock.advance(SECOND / 10);
        processes.iter_mut().for_each(Process::turn);
    }
    let told = Told {
        requests: central,
        sampled,
        borrowed,
    };
    assert_eq!(xray.told("orders"), told);
}

#[test]
fn a_quota_that_has_expired_when_it_comes_is_told_once() {
    let xray = XRay::new(vec![rule("Default", 10_000, 5, 0.0, &json!({}))]);
    xray.state().target = json!({"ReservoirQuotaTTL": xray.epoch_seconds() - 600.0});
    let mut process = Process::with_rules(&xray);
    assert_eq!(process.notices(), [""; 0]);
    for _ in 0..3 {
        process.any();
        process.pass(10 * SECOND);
    }
    let notices = process.notices();
    assert_eq!(notices.len(), 1, "{notices:?}");
    assert!(notices[0].contains("clock is ahead"), "{notices:?}");
}
