//! What became of the documents that came, as the page tells it.

use serde::Serialize;

use crate::ledger::{Refused, Told};
use crate::program;
use crate::store::Store;

/// How much came and how much is there: what is told whenever it changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Totals {
    stored: u64,
    rejected: u64,
    unwritten: u64,
    evicted_traces: u64,
    removed_traces: u64,
    traces: usize,
    bytes: u64,
}

/// All that is known of it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Ledger {
    #[serde(flatten)]
    totals: Totals,
    services: Vec<Told>,
    /// What programs say of themselves that ask where they lost something.
    programs: Vec<Program>,
    /// The latest that were refused, the latest first.
    rejections: Vec<Refused>,
}

/// What a recorder did before anything came here.
#[derive(Debug, Serialize)]
struct Program {
    service: String,
    process: u32,
    /// Segments that it recorded.
    segments: u64,
    /// Requests that it did not record, as its sampling rules or its callers have it.
    unsampled: u64,
    /// Names and annotation keys that it changed into what X-Ray takes.
    repaired: u64,
    /// Values that it cut or left out, for they did not fit into a datagram.
    trimmed: u64,
    /// Segments and subsegments that it sent as they were when it ended.
    incomplete: u64,
    /// Documents that it could not send.
    lost: u64,
}

impl Totals {
    pub(crate) fn of(store: &Store) -> Self {
        let counts = store.counts();
        Self {
            stored: counts.stored,
            rejected: counts.rejected,
            unwritten: counts.unwritten,
            evicted_traces: counts.evicted_traces,
            removed_traces: counts.removed_traces,
            traces: counts.traces,
            bytes: counts.bytes,
        }
    }
}

impl Ledger {
    pub(crate) fn of(store: &Store) -> Self {
        let (services, rejections) =
            store.ledger(|ledger| (ledger.told(), ledger.refused().rev().cloned().collect()));
        Self {
            totals: Totals::of(store),
            services,
            programs: store.programs(|programs| programs.each().map(Program::of).collect()),
            rejections,
        }
    }
}

impl Program {
    fn of(health: &program::Health) -> Self {
        Self {
            service: health.service.clone(),
            process: health.process,
            segments: health.segments,
            unsampled: health.unsampled,
            repaired: health.repaired,
            trimmed: health.trimmed,
            incomplete: health.incomplete,
            lost: health.lost.iter().map(|(_, count)| count).sum::<u64>() + health.refused,
        }
    }
}
