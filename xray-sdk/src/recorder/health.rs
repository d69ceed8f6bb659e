use std::sync::atomic::Ordering;

use crate::emitter::Tally;
use crate::record::outlet::Outlet;

/// What a recorder did so far: every loss is counted here, and the first of each kind is told with its cure.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Health {
    /// Segments that were recorded and closed. In a Lambda function, what was recorded of one invocation counts as one.
    pub segments: u64,
    /// Segments and subsegments that were closed and written into documents.
    pub nodes: u64,
    /// Segments that were not sampled, so not recorded.
    pub unsampled: u64,
    /// Those of them for which the caller had decided that: its header said `Sampled=0`.
    pub unsampled_by_caller: u64,
    /// Documents handed to the emitter's socket, and not known to be lost behind it.
    pub documents: u64,
    /// What was handed over and is not emitted yet: documents that wait for the emitter or are with it, and recordings that are no
    /// documents yet, one for each segment of the usual size. After a [shutdown](crate::Recorder::shutdown) that returned false it is
    /// what is lost if the program ends now; it is no part of [`lost_total`](Self::lost_total).
    pub unsent: u64,
    /// Documents that were lost while they were emitted, by reason; see `notices` for the cure.
    pub lost: Vec<(String, u64)>,
    /// Segments, subsegments and values that were left out: the bound on memory was reached, the recorder was shut down, a value came
    /// after its segment or subsegment was sent, or the emitter panicked. The notices tell which. A segment that does not begin for one of
    /// these reasons counts as one, and what would have been recorded below it is not counted.
    pub refused: u64,
    /// Guards of `enter()` that ended while another one, entered inside it, was still current: what was recorded meanwhile may stand
    /// in the wrong segment.
    pub misplaced: u64,
    /// Subsegments that were sent as documents of their own because the whole did not fit into one datagram.
    pub split: u64,
    /// Values that were cut or left out because they did not fit into one datagram.
    pub trimmed: u64,
    /// Names and annotation keys that were changed into what X-Ray accepts.
    pub repaired: u64,
    /// Segments and subsegments that were sent as in progress because they had not closed: when the recorder ended, or for want of
    /// [memory](crate::RecorderBuilder::queue_bytes). Then their complete documents have what was recorded later, and of what was recorded before
    /// what takes less than 1 kB for the whole segment: all, or all but metadata, `aws` fields and exceptions. Those are in the documents in progress only.
    pub incomplete: u64,
    /// Documents that showed what was still open, because it was [old](crate::RecorderBuilder::in_progress_after) or
    /// [asked for](crate::Entity::send_in_progress). The complete ones replace them; `segments` and `nodes` count only those.
    pub in_progress: u64,
    /// What was told, each thing once.
    pub notices: Vec<String>,
}

impl Health {
    pub(crate) fn read(outlet: &Outlet, tally: &Tally) -> Self {
        let counts = &outlet.counts;
        let load = |counter: &std::sync::atomic::AtomicU64| counter.load(Ordering::Relaxed);
        Self {
            segments: load(&counts.segments),
            nodes: load(&counts.nodes),
            unsampled: outlet.unsampled(),
            unsampled_by_caller: load(&counts.unsampled_by_caller),
            documents: tally.sent(),
            unsent: outlet.unsent(),
            lost: tally.lost(),
            refused: load(&counts.refused),
            misplaced: load(&counts.misplaced),
            split: load(&counts.split),
            trimmed: load(&counts.trimmed),
            repaired: load(&counts.repaired),
            incomplete: load(&counts.incomplete),
            in_progress: load(&counts.in_progress),
            notices: outlet.notices.texts(),
        }
    }

    /// All that was to be recorded and will not arrive: refused, or lost on the way.
    pub fn lost_total(&self) -> u64 {
        self.refused + self.lost.iter().map(|(_, count)| count).sum::<u64>()
    }
}
