use std::marker::PhantomData;
use std::mem;
use std::thread;

use crate::context::{self, Context};
use crate::id::SegmentId;
use crate::record::event::Mark;
use crate::segment::entity::{Entity, Place};

/// While it lives, a segment or subsegment is current on this thread.
///
/// It must not be held across an await, where another task would find it: it is not `Send`.
#[must_use = "the segment is current only while the guard lives"]
pub struct Entered<'a> {
    entity: &'a mut Entity,
    before: Before,
    panicking: bool,
    /// Bound to this thread.
    _thread: PhantomData<*const ()>,
}

/// What to put back.
enum Before {
    Nothing,
    /// The context that the held one replaced.
    Context(Context),
    /// What was current in the same lane.
    Node(SegmentId),
}

impl<'a> Entered<'a> {
    pub(crate) fn enter(entity: &'a mut Entity) -> Self {
        let before = match &mut entity.place {
            Place::Current | Place::Nowhere => Before::Nothing,
            // Without a segment of its own a handle does not hide the one that is current.
            Place::Held {
                context: Context::Missing,
                ..
            } => Before::Nothing,
            Place::Held { context, .. } => Before::Context(context::replace(mem::take(context))),
            Place::Within { node, segment } => context::with(|current| match current {
                Context::Recording(lane) if lane.identity.segment_id() == *segment => {
                    Before::Node(mem::replace(&mut lane.node, *node))
                }
                _ => Before::Nothing,
            }),
        };
        Self {
            entity,
            before,
            panicking: thread::panicking(),
            _thread: PhantomData,
        }
    }
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        match (
            mem::replace(&mut self.before, Before::Nothing),
            &mut self.entity.place,
        ) {
            (Before::Context(before), Place::Held { context, node }) => {
                let mut own = context::replace(before);
                if let Context::Recording(lane) = &mut own {
                    lane.node = *node;
                    // Whoever catches the panic may drop the handle later, when it can no longer be seen.
                    if thread::panicking() && !self.panicking {
                        lane.mark(*node, Mark::Panicked);
                    }
                }
                *context = own;
            }
            (Before::Node(before), Place::Within { segment, .. }) => context::with(|current| {
                if let Context::Recording(lane) = current {
                    if lane.identity.segment_id() == *segment {
                        lane.node = before;
                    }
                }
            }),
            _ => {}
        }
    }
}
