//! What is current on this thread.

pub(crate) mod missing;

use std::cell::RefCell;
use std::mem;
use std::sync::Arc;

use crate::header::TraceHeader;
use crate::id::{SegmentId, TraceId};
use crate::record::identity::Identity;
use crate::record::lane::Lane;

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

/// What is kept of a segment that is not recorded.
#[derive(Default)]
pub(crate) struct Passive {
    header: TraceHeader,
    /// It failed, as far as it was told: its sampler may want to know.
    pub(crate) is_fault: bool,
}

impl Passive {
    pub(crate) fn new(header: TraceHeader) -> Self {
        Self {
            header,
            is_fault: false,
        }
    }

    /// What to send downstream. None where nothing came from upstream and nothing is to be said.
    pub(crate) fn header(&self) -> Option<TraceHeader> {
        (!self.header.is_empty()).then(|| self.header.clone())
    }

    pub(crate) fn trace_id(&self) -> Option<TraceId> {
        self.header.root()
    }

    /// The same for what runs elsewhere or below: whether that fails is not the segment's.
    pub(crate) fn for_others(&self) -> Self {
        Self::new(self.header.clone())
    }
}

thread_local! {
    /// Contexts whose guards ended before those entered inside them, each with what it had replaced.
    static LEFT: RefCell<Vec<(SegmentId, Context)>> = const { RefCell::new(Vec::new()) };
    static CURRENT: RefCell<Context> = const { RefCell::new(Context::Missing) };
}

/// Looks at what is current. `work` must be ours alone: user code run inside could ask for the current context again.
#[inline]
pub(crate) fn with<R>(work: impl FnOnce(&mut Context) -> R) -> R {
    let mut work = Some(work);
    let looked = CURRENT.try_with(|current| {
        let mut current = current.try_borrow_mut().ok()?;
        work.take().map(|work| work(&mut current))
    });
    match (looked, work) {
        (Ok(Some(result)), _) => result,
        // The thread is ending and its context is gone: there is no segment here any more.
        (_, Some(work)) => work(&mut Context::Missing),
        (_, None) => unreachable!("work is taken only where it yields a result"),
    }
}

/// Makes `context` current, and returns what was.
#[inline]
pub(crate) fn replace(context: Context) -> Context {
    with(|current| mem::replace(current, context))
}

/// The guard of segment `segment` ended while something that was entered inside it is still current:
/// its context is taken away when that comes back.
#[cold]
pub(crate) fn leave(segment: SegmentId, before: Context) {
    let _ = LEFT.try_with(|left| left.borrow_mut().push((segment, before)));
}

/// Takes away what is current here though its guard has ended.
#[inline]
pub(crate) fn settle() {
    let is_settled = LEFT.try_with(|left| left.borrow().is_empty());
    if !is_settled.unwrap_or(true) {
        take_left();
    }
}

#[cold]
fn take_left() {
    while let Some(segment) = with(|current| Some(current.lane()?.identity.segment_id())) {
        let before = LEFT.try_with(|left| {
            let mut left = left.borrow_mut();
            let place = left.iter().position(|(other, _)| *other == segment)?;
            Some(left.swap_remove(place).1)
        });
        match before {
            Ok(Some(before)) => replace(before).hand_over(),
            _ => return,
        }
    }
}

impl Context {
    pub(crate) fn lane(&mut self) -> Option<&mut Box<Lane>> {
        match self {
            Self::Recording(lane) => Some(lane),
            Self::Missing | Self::Passive(_) => None,
        }
    }

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
            Self::Recording(lane) => Some(lane.identity.trace_id()),
        }
    }

    /// The lane, when it belongs to the segment of `identity`.
    #[inline]
    pub(crate) fn lane_of(&mut self, identity: &Arc<Identity>) -> Option<&mut Box<Lane>> {
        self.lane()
            .filter(|lane| Arc::ptr_eq(&lane.identity, identity))
    }

    /// What to send downstream from here.
    pub(crate) fn header(&self) -> Option<TraceHeader> {
        match self {
            Self::Missing => None,
            Self::Passive(passive) => passive.header(),
            Self::Recording(lane) => Some(lane.identity.header(lane.node)),
        }
    }

    /// Gives what was recorded to the background thread.
    pub(crate) fn hand_over(self) {
        if let Self::Recording(lane) = self {
            let outlet = lane.identity.outlet().clone();
            if lane.is_empty() {
                outlet.give_back(lane);
            } else {
                outlet.hand_over(lane);
            }
        }
    }
}
