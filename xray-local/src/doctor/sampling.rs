//! What the sampling rules let through, and whether anybody asks for them.

use std::collections::BTreeMap;

use super::{Check, Diagnosis};
use crate::amount::percent_text;
use crate::sampling::Sampling;

/// How many windows of statistics are read.
const WINDOWS: usize = 100_000;

/// Clients ask for rules every five minutes, and report every ten seconds.
const SILENCE: f64 = 300.0;

pub(super) fn rules(sampling: &Sampling, now: f64) -> Vec<Diagnosis> {
    let mut sums = BTreeMap::new();
    for summary in sampling.summaries(None, WINDOWS, now).items {
        let (requests, sampled) = sums.entry(summary.rule_name).or_insert((0, 0));
        *requests += summary.counts.requests;
        *sampled += summary.counts.sampled;
    }
    let hidden = sums
        .into_iter()
        .filter(|(_, (requests, sampled))| sampled < requests);
    let told = hidden.map(|(name, (requests, sampled))| {
        let says = sampling.rules().get(&name).map(|rule| {
            format!(
                " (reservoir {} a second, then {})",
                rule.reservoir_size,
                percent_text(rule.fixed_rate)
            )
        });
        let seen = format!(
            "the sampling rule {:?} let {sampled} of {requests} requests through within the last hour{}",
            name.to_string(),
            says.unwrap_or_default()
        );
        let cure = format!(
            "raise its rate: aws xray update-sampling-rule --sampling-rule-update '{{\"RuleName\":\"{name}\",\"FixedRate\":1}}' --endpoint-url this server's"
        );
        match sampled {
            0 => Diagnosis::problem(Check::D10, seen, cure),
            _ => Diagnosis::note(Check::D10, seen, cure),
        }
    });
    told.collect()
}

/// `polled` is when a client asked last, `newest` when the newest trace began.
pub(super) fn polling(polled: Option<f64>, newest: Option<f64>) -> Option<Diagnosis> {
    let newest = newest?;
    let Some(polled) = polled else {
        return Some(Diagnosis::note(
            Check::D11,
            "segments come, and nobody has asked this server for sampling rules since it started",
            "the program samples by rules of its own; with xray-sdk the feature central-sampling asks for these",
        ));
    };
    (newest - polled > SILENCE).then(|| {
        Diagnosis::problem(
            Check::D11,
            format!(
                "segments came {:.0} s after the last time that anybody asked for sampling rules",
                newest - polled
            ),
            "let the program reach this port over TCP, too, at the address in AWS_XRAY_DAEMON_ADDRESS",
        )
    })
}
