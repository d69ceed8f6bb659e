//! The latest reports of clients, and what each was answered.

use std::collections::VecDeque;

use serde::Serialize;

use super::report::{ClientId, Counts, Report};
use super::{RuleName, Target};

/// How many reports are kept. At ten seconds between two of them, those of ten clients with five rules in half a minute.
const KEPT: usize = 150;

/// The reports, the oldest first.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    reports: VecDeque<Reported>,
}

/// What a client did by a rule, and what it is to do until its next report.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Reported {
    /// When it came, in seconds since 1970.
    time: f64,
    client: ClientId,
    rule: RuleName,
    requests: u64,
    sampled: u64,
    borrowed: u64,
    /// Requests a second that it may record before the rate counts; none while it borrows.
    #[serde(skip_serializing_if = "Option::is_none")]
    quota: Option<u32>,
    rate: f64,
    /// The rate while the rule is boosted.
    #[serde(skip_serializing_if = "Option::is_none")]
    boost: Option<f64>,
}

impl Ledger {
    pub(super) fn note(&mut self, report: &Report, target: &Target, now: f64) {
        if self.reports.len() == KEPT {
            self.reports.pop_front();
        }
        let Counts {
            requests,
            borrowed,
            sampled,
        } = report.counts;
        self.reports.push_back(Reported {
            time: now,
            client: report.client_id,
            rule: report.rule_name.clone(),
            requests,
            sampled,
            borrowed,
            quota: target.reservoir_quota,
            rate: target.fixed_rate,
            boost: target.sampling_boost.map(|boost| boost.boost_rate),
        });
    }

    /// The reports, the latest first.
    pub(crate) fn latest(&self) -> Vec<Reported> {
        self.reports.iter().rev().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sampling::{Rules, Sampling};

    fn report(requests: u64) -> Report {
        Report {
            rule_name: RuleName::default_rule(),
            client_id: ClientId::try_from("0".repeat(24)).expect("a client"),
            timestamp: 0.0,
            counts: Counts {
                requests,
                borrowed: 1,
                sampled: 2,
            },
        }
    }

    #[test]
    fn the_latest_reports_are_told_with_their_answers() {
        let mut sampling = Sampling::new(Rules::default(), 0.0);
        for requests in 0..200 {
            sampling.report(&[report(requests)], 7.0);
        }
        let latest = sampling.reports();
        assert_eq!(latest.len(), KEPT);
        assert_eq!(
            serde_json::to_value(&latest[0]).expect("can be written"),
            serde_json::json!({
                "time": 7.0, "client": "000000000000000000000000", "rule": "Default",
                "requests": 199, "sampled": 2, "borrowed": 1, "quota": 1, "rate": 0.05,
            })
        );
    }
}
