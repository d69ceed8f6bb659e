use std::sync::Arc;

use crate::sampling::{Decision, Sampler};

/// A sampler that wants to know how a segment ends.
pub(crate) struct Watch {
    sampler: Arc<dyn Sampler>,
    decision: Decision,
}

impl Watch {
    /// None for a decision that nobody observes: then nothing is kept until the segment ends.
    #[inline]
    pub(crate) fn new(sampler: &Arc<dyn Sampler>, decision: &Decision) -> Option<Box<Self>> {
        decision.is_observed().then(|| {
            Box::new(Self {
                sampler: sampler.clone(),
                decision: decision.clone(),
            })
        })
    }

    /// The segment has ended.
    pub(crate) fn ended(&self, is_fault: bool) {
        self.sampler.observe(&self.decision, is_fault);
    }
}
