//! Subsegments that are left out of a segment that is recorded.

use crate::context::{self, Context, Passive, missing};
use crate::header::Sampled;
use crate::segment::current::drop_other;
use crate::segment::entity::{Entity, Place};
use crate::segment::subsegment::{NO_NODE, Subsegment, SubsegmentBuilder};

impl SubsegmentBuilder<'_> {
    /// A handle that records nothing, and passes on that nothing is.
    pub(super) fn leave_out(self) -> Subsegment {
        // Without a segment there is none; in one that has nothing to pass on it is empty.
        let header = match self.parent {
            Some(parent) if parent.is_own() => match (parent.identity(), &parent.passive) {
                (Some(identity), _) => Some(identity.header(parent.node)),
                (None, passive) => passive
                    .as_ref()
                    .map(|passive| passive.header().unwrap_or_default()),
            },
            _ => context::with(|current| match current {
                Context::Missing => None,
                _ => Some(current.header().unwrap_or_default()),
            }),
        };
        let entity = match header {
            Some(header) => {
                Entity::passive(Passive::new(header.with_sampled(Sampled::No)), NO_NODE)
            }
            None => {
                missing::report(self.place);
                Entity::at(Place::Held)
            }
        };
        Subsegment::new(entity)
    }

    /// Runs `work` where nothing is recorded.
    pub(super) fn run_left_out<R>(self, work: impl FnOnce(&mut Entity) -> R) -> R {
        let mut left_out = self.leave_out();
        let _entered = left_out.enter();
        work(&mut Nothing(Entity::at(Place::Nowhere)).0)
    }
}

/// What records nothing, where the program may put another one in its place.
struct Nothing(Entity);

impl Drop for Nothing {
    fn drop(&mut self) {
        drop_other(&mut self.0);
    }
}
