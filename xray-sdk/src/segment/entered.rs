use std::marker::PhantomData;
use std::sync::atomic::Ordering;
use std::thread;

use crate::context::{self, Context, Left};
use crate::record::event::Mark;
use crate::record::identity::Identity;
use crate::segment::entity::Entity;

/// While it lives, a segment or subsegment is current on this thread.
///
/// It must not be held across an await, where another task would find it: it is not `Send`.
#[must_use = "the segment is current only while the guard lives"]
pub struct Entered<'a> {
    entity: &'a mut Entity,
    /// What to put back, where something was replaced.
    before: Option<Context>,
    panicking: bool,
    /// Bound to this thread.
    _thread: PhantomData<*const ()>,
}

impl<'a> Entered<'a> {
    #[inline(always)]
    pub(crate) fn enter(entity: &'a mut Entity) -> Self {
        // Without a segment of its own an entity does not hide the one that is current.
        let own = match (entity.lane.take(), entity.passive.take()) {
            (Some(lane), _) => Some(Context::Recording(lane)),
            (None, Some(passive)) => Some(Context::Passive(passive)),
            (None, None) => None,
        };
        Self {
            entity,
            before: own.map(context::replace),
            panicking: thread::panicking(),
            _thread: PhantomData,
        }
    }
}

impl Drop for Entered<'_> {
    #[inline]
    fn drop(&mut self) {
        let Some(before) = self.before.take() else {
            return;
        };
        let entity = &mut *self.entity;
        let has_panicked = thread::panicking() && !self.panicking;
        match (context::replace(before), &entity.identity) {
            (Context::Recording(mut lane), identity @ Some(_)) if lane.is_of(identity.as_ref()) => {
                lane.node = entity.node;
                // Whoever catches the panic may drop the handle later, when it can no longer be seen.
                if has_panicked {
                    lane.mark(entity.node, Mark::Panicked);
                }
                lane.hand_over_old();
                entity.lane = Some(lane);
            }
            (Context::Passive(passive), None) => {
                if has_panicked {
                    passive.fail();
                }
                entity.passive = Some(passive);
            }
            (other, identity) => left_too_early(other, identity.as_deref()),
        }
        context::settle(entity.identity.as_deref());
    }
}

/// What is current was entered inside and not left yet: it stays, and the one that is left is taken away after it.
#[cold]
#[inline(never)]
fn left_too_early(inner: Context, identity: Option<&Identity>) {
    let above = match &inner {
        Context::Recording(lane) => Some(lane.identity().clone()),
        Context::Missing | Context::Passive(_) => None,
    };
    let before = context::replace(inner);
    match (identity, above) {
        (Some(identity), _) => {
            out_of_order(identity);
            context::leave(Left::Segment(identity.segment_id()), before);
        }
        (None, Some(above)) => {
            out_of_order(&above);
            context::leave(Left::Below(above.segment_id()), before);
        }
        (None, None) => before.hand_over(),
    }
}

fn out_of_order(identity: &Identity) {
    let outlet = identity.outlet();
    outlet.counts.misplaced.fetch_add(1, Ordering::Relaxed);
    outlet.notices.tell_once("out of order", || {
        "a segment was left while another one, entered inside it, was still current: what is recorded meanwhile goes to \
         the wrong segment; do not hold the guard of enter() across an await, use run() or in_current()"
            .to_owned()
    });
}
