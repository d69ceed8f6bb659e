use std::marker::PhantomData;
use std::mem;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;

use crate::context::{self, Context};
use crate::record::event::Mark;
use crate::record::identity::Identity;
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
}

impl<'a> Entered<'a> {
    pub(crate) fn enter(entity: &'a mut Entity) -> Self {
        let before = match &mut entity.place {
            Place::Current | Place::Nowhere | Place::Unrecorded | Place::Within { .. } => {
                Before::Nothing
            }
            // Without a segment of its own a handle does not hide the one that is current.
            Place::Held {
                context: Context::Missing,
                ..
            } => Before::Nothing,
            Place::Held { context, .. } => Before::Context(context::replace(mem::take(context))),
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
        let (
            Before::Context(before),
            Place::Held {
                context,
                node,
                identity,
            },
        ) = (
            mem::replace(&mut self.before, Before::Nothing),
            &mut self.entity.place,
        )
        else {
            return;
        };
        let mut own = context::replace(before);
        match (&mut own, &identity) {
            (Context::Recording(lane), Some(identity)) if Arc::ptr_eq(&lane.identity, identity) => {
                lane.node = *node;
                // Whoever catches the panic may drop the handle later, when it can no longer be seen.
                if thread::panicking() && !self.panicking {
                    lane.mark(*node, Mark::Panicked);
                }
                lane.hand_over_old(identity.outlet().beat());
                *context = own;
            }
            (Context::Passive(passive), None) => {
                passive.is_fault |= thread::panicking() && !self.panicking;
                *context = own;
            }
            // What is current was entered inside and not left yet: it stays, and this one is taken away after it.
            (_, identity) => {
                let before = context::replace(own);
                if let Some(identity) = identity {
                    out_of_order(identity);
                    context::leave(identity.segment_id(), before);
                }
            }
        }
        context::settle();
    }
}

#[cold]
fn out_of_order(identity: &Identity) {
    let outlet = identity.outlet();
    outlet.counts.misplaced.fetch_add(1, Ordering::Relaxed);
    outlet.notices.tell_once("out of order", || {
        "a segment was left while another one, entered inside it, was still current: what is recorded meanwhile goes to \
         the wrong segment; do not hold the guard of enter() across an await, use run() or in_current()"
            .to_owned()
    });
}
