//! Insights: services that began to fail more than was to be expected. Pure.
//!
//! The model, whole. Each minute of each service has requests, and faults that are the service's own: it failed while nothing that it called did.
//! A minute is anomalous when it has at least three such faults, and more than the [forecast](crate::forecast) of the hour before it says.
//! Anomalous minutes of one service that are no more than five minutes apart are one insight. It begins with the first and ends with the
//! last of them, and is closed when five minutes have passed since. What goes on failing becomes what is expected within about an hour, and the
//! insight ends, too.

mod id;
mod tally;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::forecast::{Counts, Forecast, PAST};
use crate::trace::ServiceId;
pub(crate) use id::InsightId;
pub(crate) use tally::{Failing, MINUTE, Tallies};

/// How many faults in a minute are no accident any more.
const LEAST: u64 = 3;

/// How many minutes without an anomaly end an insight.
const CALM: i64 = 5;

/// How far back, in seconds, the traces have to be known so that an insight is found from its begin.
pub(crate) const REACH: f64 = PAST + 2.0 * 3_600.0;

/// A time in which a service failed more than was to be expected.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Insight {
    /// The service whose own faults they were.
    pub(crate) service: ServiceId,
    /// The first minute, and the first one behind the last.
    pub(crate) minutes: std::ops::Range<i64>,
    pub(crate) state: InsightState,
    /// The anomalous minutes.
    pub(crate) anomalies: Vec<Anomaly>,
}

/// Whether an insight goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum InsightState {
    Active,
    Closed,
}

/// A minute with more faults than were expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Anomaly {
    pub(crate) minute: i64,
    pub(crate) counts: Counts,
    pub(crate) expected: u64,
}

/// How many requests of a service there were, in the form of the API.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Impact {
    fault_count: u64,
    /// All others.
    ok_count: u64,
    total_count: u64,
}

/// What is told of some minutes of an insight.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Effect {
    /// The requests by which traces begin.
    pub(crate) clients: Impact,
    /// The requests of the service that failed.
    pub(crate) service: Impact,
    /// The services that failed with it, the one with the most faults first.
    pub(crate) anomalous: Vec<ServiceId>,
}

impl Insight {
    /// All insights of some traces at the present time, the latest first.
    pub(crate) fn all(tallies: &Tallies, now: f64) -> Vec<Self> {
        let mut insights = Vec::new();
        for service in tallies.failed() {
            let mut run: Vec<Anomaly> = Vec::new();
            for anomaly in anomalies(tallies, service) {
                let is_apart = run
                    .last()
                    .is_some_and(|last| anomaly.minute - last.minute > CALM);
                if is_apart {
                    insights.push(Self::of(service, std::mem::take(&mut run), now));
                }
                run.push(anomaly);
            }
            if !run.is_empty() {
                insights.push(Self::of(service, run, now));
            }
        }
        insights.sort_by(|one, other| {
            let by_start = other.minutes.start.cmp(&one.minutes.start);
            by_start.then_with(|| one.service.cmp(&other.service))
        });
        insights
    }

    fn of(service: &ServiceId, anomalies: Vec<Anomaly>, now: f64) -> Self {
        let minute = |anomaly: Option<&Anomaly>| anomaly.map_or(0, |anomaly| anomaly.minute);
        let end = minute(anomalies.last()) + 1;
        let is_calm = (now / MINUTE).floor() as i64 >= end + CALM;
        Self {
            service: service.clone(),
            minutes: minute(anomalies.first())..end,
            state: if is_calm {
                InsightState::Closed
            } else {
                InsightState::Active
            },
            anomalies,
        }
    }

    /// When the insight with this id began, in seconds since 1970.
    pub(crate) fn start_of(id: &InsightId) -> f64 {
        f64::from(id::minute(id)) * MINUTE
    }

    /// When it began, and when it ended, in seconds since 1970.
    pub(crate) fn times(&self) -> (f64, f64) {
        let seconds = |minute: i64| minute as f64 * MINUTE;
        (seconds(self.minutes.start), seconds(self.minutes.end))
    }

    /// What happened from its begin up to and with a minute.
    pub(crate) fn effect(&self, tallies: &Tallies, last: i64) -> Effect {
        let mut clients = Counts::default();
        let mut service = Counts::default();
        let mut failed: BTreeMap<&ServiceId, u64> = BTreeMap::new();
        for minute in tallies.minutes(self.minutes.start..last + 1) {
            clients += minute.clients;
            service += minute.requests(&self.service);
            for (other, faults) in minute.failed_with(&self.service) {
                *failed.entry(other).or_default() += faults;
            }
        }
        let mut anomalous: Vec<_> = failed.into_iter().collect();
        anomalous.sort_by_key(|(_, faults)| std::cmp::Reverse(*faults));
        Effect {
            clients: clients.into(),
            service: service.into(),
            anomalous: anomalous
                .into_iter()
                .map(|(service, _)| service.clone())
                .collect(),
        }
    }

    /// A sentence about it.
    pub(crate) fn summary(&self) -> String {
        let mut counts = Counts::default();
        let mut expected = 0;
        for anomaly in &self.anomalies {
            counts += anomaly.counts;
            expected += anomaly.expected;
        }
        sentence(&self.service, counts, expected)
    }

    /// A sentence about one of its minutes.
    pub(crate) fn summary_of(&self, anomaly: &Anomaly) -> String {
        sentence(&self.service, anomaly.counts, anomaly.expected)
    }
}

fn sentence(service: &ServiceId, counts: Counts, expected: u64) -> String {
    let Counts { requests, faults } = counts;
    let name = &service.name;
    let kind = match service.kind.as_str() {
        "" => String::new(),
        kind => format!(" ({kind})"),
    };
    format!(
        "{faults} of {requests} requests to {name}{kind} failed by its own fault. At most {expected} were expected."
    )
}

/// The minutes of a service in which it failed more than was to be expected, in order.
fn anomalies(tallies: &Tallies, service: &ServiceId) -> Vec<Anomaly> {
    let past = (PAST / MINUTE) as i64;
    let found = tallies.all().filter_map(|(number, minute)| {
        let counts = minute.own(service);
        if counts.faults < LEAST {
            return None;
        }
        let mut before = Counts::default();
        for minute in tallies.minutes(number - past..number) {
            before += minute.own(service);
        }
        let expected = Forecast::of(before, counts.requests).fault_count_high;
        (counts.faults > expected).then_some(Anomaly {
            minute: number,
            counts,
            expected,
        })
    });
    found.collect()
}

impl From<Counts> for Impact {
    fn from(counts: Counts) -> Self {
        Self {
            fault_count: counts.faults,
            ok_count: counts.requests - counts.faults,
            total_count: counts.requests,
        }
    }
}

#[cfg(test)]
mod tests;
