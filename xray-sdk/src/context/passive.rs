use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::header::{Sampled, TraceHeader};
use crate::id::{SegmentId, TraceId};

/// What is kept of a segment that is not recorded.
pub(crate) enum Passive {
    /// A new trace whose ids are zeros, which is not sampled: most of those that are not recorded, and nothing to keep.
    Unsampled,
    /// Nothing came from upstream and nothing is to be said.
    Silent,
    Told(Arc<Told>),
}

pub(crate) struct Told {
    header: TraceHeader,
    /// Its sampler wants to know whether it failed.
    is_watched: bool,
    /// It failed, as far as it was told.
    is_fault: AtomicBool,
}

thread_local! {
    /// Room for the next one.
    static SPARE: Cell<Option<Arc<Told>>> = const { Cell::new(None) };
}

impl Passive {
    pub(crate) fn new(header: TraceHeader) -> Self {
        if header.is_empty() {
            Self::Silent
        } else {
            Self::told(header, false)
        }
    }

    /// The same for a segment of which somebody wants to know whether it failed.
    pub(crate) fn watched(header: TraceHeader) -> Self {
        Self::told(header, true)
    }

    fn told(header: TraceHeader, is_watched: bool) -> Self {
        let told = Told {
            header,
            is_watched,
            is_fault: AtomicBool::new(false),
        };
        let mut spare = SPARE.try_with(Cell::take).ok().flatten();
        match spare.as_mut().and_then(Arc::get_mut) {
            Some(room) => *room = told,
            None => spare = Some(Arc::new(told)),
        }
        spare.map_or(Self::Silent, Self::Told)
    }

    /// What to send downstream. None where nothing came from upstream and nothing is to be said.
    pub(crate) fn header(&self) -> Option<TraceHeader> {
        match self {
            Self::Unsampled => Some(
                TraceHeader::new(TraceId::from_u128(0))
                    .with_parent(SegmentId::from_u64(0))
                    .with_sampled(Sampled::No),
            ),
            Self::Silent => None,
            Self::Told(told) => Some(told.header.clone()),
        }
    }

    #[inline]
    pub(crate) fn trace_id(&self) -> Option<TraceId> {
        match self {
            Self::Unsampled => Some(TraceId::from_u128(0)),
            Self::Silent => None,
            Self::Told(told) => told.header.root(),
        }
    }

    /// The same for what runs elsewhere or below: whether that fails is not the segment's.
    #[inline]
    pub(crate) fn for_others(&self) -> Self {
        match self {
            Self::Unsampled => Self::Unsampled,
            Self::Silent => Self::Silent,
            Self::Told(told) if told.is_watched => Self::told(told.header.clone(), false),
            Self::Told(told) => Self::Told(told.clone()),
        }
    }

    /// Whether somebody wants to know whether it failed.
    #[inline]
    pub(crate) fn is_watched(&self) -> bool {
        matches!(self, Self::Told(told) if told.is_watched)
    }

    /// It failed.
    pub(crate) fn fail(&self) {
        if let Self::Told(told) = self {
            told.is_fault.store(true, Ordering::Relaxed);
        }
    }

    pub(crate) fn has_failed(&self) -> bool {
        match self {
            Self::Told(told) => told.is_fault.load(Ordering::Relaxed),
            Self::Unsampled | Self::Silent => false,
        }
    }

    /// Keeps its room for the next one.
    pub(crate) fn recycle(self) {
        if let Self::Told(told) = self {
            let _ = SPARE.try_with(|spare| spare.set(Some(told)));
        }
    }
}
