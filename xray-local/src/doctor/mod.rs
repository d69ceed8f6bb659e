//! Why a trace is missing: what this server knows about it. What only the program's own machine knows the command `doctor` adds.

mod arrival;
mod check;
mod program;
mod sampling;
mod trace;

use serde::{Deserialize, Serialize};
use xray_daemon::Counts;
use xray_sdk::document::Trace;

use crate::control::Control;
use crate::query::TimeRange;
use crate::store::Store;
pub use check::Check;

/// How many of the latest traces are looked at.
const TRACES: usize = 300;

/// Something that may be why a trace is missing, or is not found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Diagnosis {
    /// Which check found it.
    pub id: Check,
    /// Whether something is to be done about it.
    pub level: Level,
    /// What was seen: one sentence without a full stop.
    pub seen: String,
    /// Why it matters.
    pub why: String,
    /// What to do.
    pub cure: String,
}

/// How much a [`Diagnosis`] matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Something is lost, or wrong.
    Problem,
    /// It works as it was told to, and may not be what is meant.
    Note,
}

impl Diagnosis {
    /// Something is lost, or wrong.
    pub fn problem(id: Check, seen: impl Into<String>, cure: impl Into<String>) -> Self {
        Self {
            id,
            level: Level::Problem,
            seen: seen.into(),
            why: id.why().to_owned(),
            cure: cure.into(),
        }
    }

    /// It works as it was told to.
    pub fn note(id: Check, seen: impl Into<String>, cure: impl Into<String>) -> Self {
        Self {
            level: Level::Note,
            ..Self::problem(id, seen, cure)
        }
    }
}

/// What a server found, in the order of the checks.
#[derive(Debug, Serialize)]
pub(crate) struct Examination {
    findings: Vec<Diagnosis>,
}

impl Examination {
    pub(crate) fn of(store: &Store, control: &Control, received: &Counts) -> Self {
        let now = control.now();
        let page = store.page(&TimeRange::ALWAYS, None, TRACES);
        let snapshots: Vec<_> = page
            .traces
            .iter()
            .map(|(_, snapshot, _)| snapshot)
            .collect();
        let traces: Vec<_> = snapshots
            .iter()
            .map(|snapshot| snapshot.assemble())
            .collect();
        // What begins after now says nothing of when it came.
        let begun = traces.iter().map(Trace::start_time);
        let newest = begun.filter(|start| *start <= now).reduce(f64::max);

        let mut findings = arrival::examine(store, received);
        findings.extend(control.telemetry(|telemetry| arrival::daemons(telemetry)));
        let texts = snapshots.iter().flat_map(|snapshot| snapshot.texts());
        findings.extend(trace::documents(texts, now));
        findings.extend(trace::traces(&traces, now));
        findings.extend(control.sampling(|sampling, now| sampling::rules(sampling, now)));
        let polled = control.telemetry(|telemetry| telemetry.polled());
        findings.extend(sampling::polling(polled, newest));
        findings.extend(store.programs(program::examine));
        findings.sort_by_key(|finding| finding.id);
        Self { findings }
    }
}

#[cfg(test)]
mod tests;
