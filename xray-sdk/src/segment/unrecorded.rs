//! What is kept in mind of a segment that is not recorded: whether it failed.

use crate::context::{self, Context};
use crate::segment::entity::{Entity, Place};

impl Entity {
    /// Keeps in mind that it failed, where it is a segment that is not recorded: its sampler may want to know.
    pub(crate) fn fail(&mut self) {
        match &mut self.place {
            Place::Held { context, .. } => fail(context),
            Place::Current | Place::Unrecorded => context::with(fail),
            Place::Within { .. } | Place::Nowhere => {}
        }
    }

    /// Whether a segment that is not recorded failed, as far as it was told.
    pub(crate) fn has_failed(&self) -> bool {
        let is_told = match &self.place {
            Place::Held {
                context: Context::Passive(passive),
                ..
            } => passive.is_fault,
            _ => false,
        };
        is_told || std::thread::panicking()
    }
}

fn fail(context: &mut Context) {
    if let Context::Passive(passive) = context {
        passive.is_fault = true;
    }
}
