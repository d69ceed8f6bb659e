//! What is kept in mind of a segment that is not recorded: whether it failed.

use crate::context::{self, Context, Kind, Passive};
use crate::segment::entity::{Entity, Place};

impl Entity {
    /// Keeps in mind that it failed, where it is a segment that is not recorded: its sampler may want to know.
    #[cold]
    pub(crate) fn fail(&mut self) {
        match (self.place, &self.passive) {
            (_, Some(passive)) => passive.fail(),
            (Place::Current | Place::Unrecorded, _) if context::kind() == Kind::Passive => {
                context::with(fail);
            }
            _ => {}
        }
    }

    /// Whether a segment that is not recorded failed, as far as it was told.
    pub(crate) fn has_failed(&self) -> bool {
        self.passive.as_ref().is_some_and(Passive::has_failed) || std::thread::panicking()
    }
}

fn fail(context: &mut Context) {
    if let Context::Passive(passive) = context {
        passive.fail();
    }
}
