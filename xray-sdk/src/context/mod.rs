//! What is current on this thread.

pub(crate) mod missing;
mod passive;
mod slot;

use crate::header::TraceHeader;
use crate::id::{SegmentId, TraceId};
use crate::record::hand_over;
use crate::record::lane::Lane;

pub(crate) use passive::Passive;
pub(crate) use slot::{
    Kind, Left, Taken, at_once, begin, begin_unsampled, end, end_unsampled, kind, leave, lend,
    lent, put, replace, settle, take, with, with_lane,
};

/// Where calls on one thread, or on one handle, are recorded.
#[derive(Default)]
pub(crate) enum Context {
    /// There is no segment.
    #[default]
    Missing,
    /// There is one, and it is not recorded: only its header is passed on.
    Passive(Passive),
    Recording(Box<Lane>),
}

impl Context {
    /// The segment or subsegment that is current here.
    pub(crate) fn node(&self) -> Option<SegmentId> {
        match self {
            Self::Recording(lane) => Some(lane.node),
            Self::Missing | Self::Passive(_) => None,
        }
    }

    /// The trace that is current here.
    pub(crate) fn trace_id(&self) -> Option<TraceId> {
        match self {
            Self::Missing => None,
            Self::Passive(passive) => passive.trace_id(),
            Self::Recording(lane) => Some(lane.identity().trace_id()),
        }
    }

    /// What to send downstream from here.
    pub(crate) fn header(&self) -> Option<TraceHeader> {
        match self {
            Self::Missing => None,
            Self::Passive(passive) => passive.header(),
            Self::Recording(lane) => Some(lane.identity().header(lane.node)),
        }
    }

    /// Gives what was recorded to the background thread.
    #[inline]
    pub(crate) fn hand_over(self) {
        if let Self::Recording(lane) = self {
            hand_over(lane);
        }
    }
}
