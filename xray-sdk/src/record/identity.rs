use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::header::{Sampled, TraceHeader};
use crate::id::{SegmentId, TraceId};
use crate::record::outlet::Outlet;
use crate::sampling::Watch;

/// What all that is recorded in one segment shares: whose it is and where it goes. Never changes but for `sent`.
pub(crate) struct Identity {
    outlet: Arc<Outlet>,
    segment_id: SegmentId,
    header: TraceHeader,
    trace_id: TraceId,
    kind: Kind,
    watch: Option<Box<Watch>>,
    sent: AtomicBool,
}

/// What the document of a segment that is recorded here is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Segment,
    /// A subsegment of the segment that AWS Lambda writes.
    PartOfLambdas,
}

impl Identity {
    /// `header` holds the trace's root and what is passed on beside it; its parent is not used.
    pub(crate) fn new(
        outlet: Arc<Outlet>,
        trace_id: TraceId,
        segment_id: SegmentId,
        header: TraceHeader,
        kind: Kind,
        watch: Option<Box<Watch>>,
    ) -> Arc<Self> {
        Arc::new(Self {
            outlet,
            segment_id,
            header: header.with_sampled(Sampled::Yes),
            trace_id,
            kind,
            watch,
            sent: AtomicBool::new(false),
        })
    }

    pub(crate) fn outlet(&self) -> &Arc<Outlet> {
        &self.outlet
    }

    pub(crate) fn trace_id(&self) -> TraceId {
        self.trace_id
    }

    pub(crate) fn segment_id(&self) -> SegmentId {
        self.segment_id
    }

    /// Whether the segment's own document is that of a subsegment.
    pub(crate) fn is_part(&self) -> bool {
        self.kind == Kind::PartOfLambdas
    }

    /// What to send downstream when `parent` is the caller.
    pub(crate) fn header(&self, parent: SegmentId) -> TraceHeader {
        self.header.clone().with_parent(parent)
    }

    /// The segment's document has been written: what comes now goes out as independent documents.
    /// Only the background thread sets and asks this.
    pub(crate) fn is_sent(&self) -> bool {
        self.sent.load(Ordering::Relaxed)
    }

    pub(crate) fn set_sent(&self) {
        self.sent.store(true, Ordering::Relaxed);
    }

    /// Tells the segment's sampler how it ended, if that wants to know.
    pub(crate) fn ended(&self, is_fault: impl FnOnce() -> bool) {
        if let Some(watch) = &self.watch {
            watch.ended(is_fault());
        }
    }

    #[cfg(test)]
    pub(crate) fn for_tests(outlet: &Arc<Outlet>) -> Arc<Self> {
        let trace_id = TraceId::random(1_700_000_000);
        Self::new(
            outlet.clone(),
            trace_id,
            SegmentId::random(),
            TraceHeader::new(trace_id),
            Kind::Segment,
            None,
        )
    }
}
