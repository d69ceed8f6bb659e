//! Segments and subsegments as a program holds them.

mod blocks;
mod carried;
mod current;
mod entered;
mod entity;
mod exception;
mod failure;
mod future;
mod inside;
mod left_out;
mod planned;
mod progress;
mod reach;
mod running;
mod shared;
mod subsegment;
mod unrecorded;
mod within;

use std::mem::ManuallyDrop;
use std::ops::{Deref, DerefMut};

pub use current::{Current, current};
pub use entered::Entered;
pub(crate) use entered::Lent;
pub use entity::Entity;
pub(crate) use exception::message_of;
pub(crate) use future::kept;
pub use future::{CurrentFuture, InSubsegment, SegmentFuture, SubsegmentFuture};
pub(crate) use subsegment::NO_NODE;
pub use subsegment::{Subsegment, SubsegmentBuilder, subsegment};
pub use within::{Enter, Within};

use crate::context::{self, Context, Passive};
use crate::header::{Sampled, TraceHeader};
use crate::id::SegmentId;
use crate::record::Text;
use crate::record::event::Namespace;
use crate::record::lane::Lane;
use crate::sampling::Watch;

/// One service's part of a trace: opened for each request, message or job, closed and handed over when it is dropped.
///
/// A handle that is `Send`. What is to be recorded below it by [`current()`](crate::current) and
/// [`subsegment()`](crate::subsegment()) must run while it is entered.
#[must_use = "a segment closes when it is dropped"]
pub struct Segment {
    // Both have nothing that is to be dropped once it is closed.
    entity: ManuallyDrop<Entity>,
    asked: bool,
    /// Who wants to know how it ends, where it is not recorded; else the background thread tells.
    watch: ManuallyDrop<Option<Box<Watch>>>,
}

impl Segment {
    /// `asked` says that the caller asked for the sampling decision.
    #[inline(always)]
    pub(crate) fn new(entity: Entity, asked: bool) -> Self {
        Self {
            entity: ManuallyDrop::new(entity),
            asked,
            watch: ManuallyDrop::new(None),
        }
    }

    /// That of a new trace, which is recorded in this lane.
    #[inline(always)]
    pub(crate) fn recorded(lane: Box<Lane>) -> Self {
        let id = lane.node;
        Self::new(Entity::held(lane, id), false)
    }

    /// That of a new trace, which is not sampled and has no ids.
    #[inline(always)]
    pub(crate) fn unsampled() -> Self {
        Self::new(Entity::passive(Passive::Unsampled, NO_NODE), false)
    }

    /// A subsegment of what is current on this thread, in the place of a segment. None where nothing is.
    pub(crate) fn in_current(name: &Text<'_>, asked: bool) -> Option<Self> {
        let entity = context::with(|current| match current {
            Context::Missing => None,
            _ => Some(subsegment::begin(current, name, Namespace::Local)),
        })?;
        Some(Self::new(entity, asked))
    }

    /// One that records nothing and passes `header` on as it is.
    pub(crate) fn passing_on(header: TraceHeader) -> Self {
        let entity = Entity::passive(Passive::new(header), SegmentId::from_u64(0));
        Self::new(entity, false)
    }

    /// The same, and `watch` is told how it ends.
    pub(crate) fn watched(mut self, watch: Option<Box<Watch>>) -> Self {
        *self.watch = watch;
        self
    }

    /// Makes this segment current on this thread while the guard lives.
    #[inline(always)]
    pub fn enter(&mut self) -> Entered<'_> {
        Entered::enter(&mut self.entity)
    }

    /// A guard that is to [begin](Entered::begin).
    #[inline(always)]
    pub(crate) fn outside(&mut self) -> Entered<'_> {
        Entered::outside(&mut self.entity)
    }

    /// The same, for a closure that gets this segment.
    #[inline(always)]
    pub(crate) fn lend(&mut self) -> Lent<'_> {
        Lent::outside(self.outside())
    }

    /// Closes the segment. The same as dropping it.
    pub fn end(self) {}

    #[cold]
    #[inline(never)]
    fn tell_watch(&mut self) {
        if let Some(watch) = self.watch.take() {
            watch.ended(self.entity.has_failed());
        }
    }

    /// What to answer in the response's `X-Amzn-Trace-Id`: the root, and the decision when the caller asked for it
    /// with `Sampled=?` (developer guide, "Tracing header").
    #[inline]
    pub fn response_header(&self) -> TraceHeader {
        let Some(root) = self.entity.trace_id() else {
            return TraceHeader::default();
        };
        let mut answer = TraceHeader::new(root);
        if self.asked {
            answer = answer.with_sampled(if self.entity.is_recording() {
                Sampled::Yes
            } else {
                Sampled::No
            });
        }
        answer
    }
}

impl Drop for Segment {
    #[inline]
    fn drop(&mut self) {
        if self.watch.is_some() {
            self.tell_watch();
        }
        self.entity.close();
    }
}

impl Deref for Segment {
    type Target = Entity;

    fn deref(&self) -> &Entity {
        &self.entity
    }
}

impl DerefMut for Segment {
    fn deref_mut(&mut self) -> &mut Entity {
        &mut self.entity
    }
}
