//! What is sampled, decided for all clients: rules, quotas, boosts and statistics. Pure: the time comes in as an argument, in
//! seconds since 1970.

mod boost;
mod error;
mod explain;
mod ledger;
mod name;
mod report;
mod reservoir;
mod rule;
mod rules;
mod statistics;

use std::cmp::Reverse;
use std::collections::HashMap;

use serde::Serialize;

use crate::page::Page;
use boost::Boosts;
pub(crate) use boost::SamplingBoost;
pub(crate) use error::RuleError;
pub(crate) use explain::Trial;
pub use explain::{Mismatch, SampledRequest};
use ledger::Ledger;
pub(crate) use ledger::Reported;
pub(crate) use name::{KIND as RULE_KIND, RuleArn, RuleName};
use report::check_time;
pub(crate) use report::{AnomalyReport, ClientId, Counts, Report};
use reservoir::{QUOTA_LIFETIME, Reservoir};
pub(crate) use rule::{Definition, Record};
pub(crate) use rules::{KeptRule, RulePosition, Rules};
use statistics::Statistics;

/// Seconds that a client waits between two reports.
const INTERVAL: u32 = 10;

/// The rules, and what clients reported of them.
#[derive(Debug)]
pub(crate) struct Sampling {
    rules: Rules,
    changed_at: f64,
    activities: HashMap<RuleName, Activity>,
    ledger: Ledger,
}

/// How a rule is used at present.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Use {
    pub(crate) rule: RuleName,
    /// The clients that reported lately and share the reservoir.
    clients: usize,
    /// What they may record a second before the rate counts, together.
    quota: u64,
    /// The rate while the rule is boosted.
    #[serde(skip_serializing_if = "Option::is_none")]
    boost: Option<f64>,
}

/// What clients reported of one rule.
#[derive(Debug, Default)]
struct Activity {
    reservoir: Reservoir,
    boosts: Boosts,
    statistics: Statistics,
}

/// What a client is to do by a rule until its next report.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Target {
    rule_name: RuleName,
    fixed_rate: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    reservoir_quota: Option<u32>,
    #[serde(rename = "ReservoirQuotaTTL", skip_serializing_if = "Option::is_none")]
    reservoir_quota_ttl: Option<f64>,
    interval: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    sampling_boost: Option<SamplingBoost>,
}

/// What clients reported of a rule in one window.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct StatisticSummary {
    pub(crate) rule_name: RuleName,
    /// The start of the window, in seconds since 1970.
    pub(crate) window: u64,
    pub(crate) counts: Counts,
}

/// The place of a summary: the latest windows come first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SummaryPosition {
    pub(crate) window: Reverse<u64>,
    pub(crate) name: RuleName,
}

impl Sampling {
    /// With these rules. Clients that got theirs before hold others.
    pub(crate) fn new(rules: Rules, now: f64) -> Self {
        Self {
            rules,
            changed_at: just_after(now),
            activities: HashMap::new(),
            ledger: Ledger::default(),
        }
    }

    pub(crate) fn rules(&self) -> &Rules {
        &self.rules
    }

    /// The first whole second after the rules changed. Clients compare it with the time of their last GetSamplingRules, which
    /// some cut to whole seconds too: whoever asked in the second of the change asks again, and nobody misses it.
    pub(crate) fn changed_at(&self) -> f64 {
        self.changed_at
    }

    /// Changes the rules. What was reported of rules that are gone is forgotten.
    pub(crate) fn replace_rules(&mut self, rules: Rules, now: f64) {
        self.rules = rules;
        self.changed_at = just_after(now);
        self.activities
            .retain(|name, _| self.rules.get(name).is_ok());
    }

    /// Takes what clients report, and answers each what to do.
    pub(crate) fn report(
        &mut self,
        reports: &[Report],
        now: f64,
    ) -> Vec<Result<Target, RuleError>> {
        // All are seen before the first gets its quota: clients that report in one call share at once.
        for report in reports {
            let Ok(rule) = self.rules.get(&report.rule_name) else {
                continue;
            };
            if check_time(report.timestamp, now).is_err() {
                continue;
            }
            let activity = self.activities.entry(rule.rule_name.clone()).or_default();
            activity
                .reservoir
                .see(report.client_id, rule.reservoir_size, now);
            activity
                .statistics
                .count(report.counts, report.timestamp, now);
        }
        let answer = |report: &Report| {
            let target = check_time(report.timestamp, now).and_then(|()| self.target(report, now));
            if let Ok(target) = &target {
                self.ledger.note(report, target, now);
            }
            target
        };
        reports.iter().map(answer).collect()
    }

    /// The latest reports with what was answered, the latest first.
    pub(crate) fn reports(&self) -> Vec<Reported> {
        self.ledger.latest()
    }

    /// How each rule is used, in the order in which they are tried.
    pub(crate) fn uses(&self, now: f64) -> Vec<Use> {
        let rules = self.rules.records().iter();
        rules
            .map(|record| {
                let rule = &record.sampling_rule;
                let activity = self.activities.get(&rule.rule_name);
                let (clients, quota) =
                    activity.map_or((0, 0), |activity| activity.reservoir.shared(now));
                let boost = activity.and_then(|activity| {
                    let boosts = &activity.boosts;
                    boosts.current(rule.sampling_rate_boost, rule.fixed_rate, now)
                });
                Use {
                    rule: rule.rule_name.clone(),
                    clients,
                    quota,
                    boost: boost.map(|boost| boost.boost_rate),
                }
            })
            .collect()
    }

    /// Takes what went wrong, which may boost the rate of a rule.
    pub(crate) fn report_anomalies(
        &mut self,
        report: &AnomalyReport,
        now: f64,
    ) -> Result<(), RuleError> {
        let rule = self.rules.get(&report.rule_name)?;
        check_time(report.timestamp, now)?;
        let boost = rule
            .sampling_rate_boost
            .ok_or_else(|| RuleError::NoBoost(rule.rule_name.clone()))?;
        let activity = self.activities.entry(rule.rule_name.clone()).or_default();
        activity.boosts.report(report, boost, now);
        Ok(())
    }

    /// Up to `limit` summaries of what was reported within the last hour, from the one behind `after` on.
    pub(crate) fn summaries(
        &self,
        after: Option<&SummaryPosition>,
        limit: usize,
        now: f64,
    ) -> Page<StatisticSummary, SummaryPosition> {
        let mut summaries: Vec<_> = self
            .activities
            .iter()
            .flat_map(|(rule_name, activity)| {
                let windows = activity.statistics.windows(now);
                windows.map(|(window, counts)| StatisticSummary {
                    rule_name: rule_name.clone(),
                    window,
                    counts,
                })
            })
            .collect();
        summaries.sort_by_cached_key(StatisticSummary::position);
        Page::of(
            summaries.into_iter(),
            after,
            limit,
            StatisticSummary::position,
        )
    }

    fn target(&mut self, report: &Report, now: f64) -> Result<Target, RuleError> {
        let rule = self.rules.get(&report.rule_name)?;
        let activity = self.activities.entry(rule.rule_name.clone()).or_default();
        let quota = activity
            .reservoir
            .quota(report.client_id, rule.reservoir_size, now);
        Ok(Target {
            rule_name: rule.rule_name.clone(),
            fixed_rate: rule.fixed_rate,
            reservoir_quota: quota,
            reservoir_quota_ttl: quota.map(|_| (now + QUOTA_LIFETIME).floor()),
            interval: INTERVAL,
            sampling_boost: activity
                .boosts
                .current(rule.sampling_rate_boost, rule.fixed_rate, now),
        })
    }
}

impl StatisticSummary {
    fn position(&self) -> SummaryPosition {
        SummaryPosition {
            window: Reverse(self.window),
            name: self.rule_name.clone(),
        }
    }
}

/// The first whole second after a time.
fn just_after(time: f64) -> f64 {
    time.floor() + 1.0
}

#[cfg(test)]
mod tests;
