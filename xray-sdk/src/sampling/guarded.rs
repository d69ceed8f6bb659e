use std::sync::Arc;

use crate::foreign;
use crate::notice::Notices;
use crate::sampling::{Decision, Sampler, SamplingRequest};

/// A sampler that the program has written, whose panics do not get through: they would break the request that is traced, or the
/// recorder's own thread.
pub(crate) struct Guarded {
    sampler: Arc<dyn Sampler>,
    notices: Arc<Notices>,
}

impl Guarded {
    pub(crate) fn new(sampler: Arc<dyn Sampler>, notices: Arc<Notices>) -> Self {
        Self { sampler, notices }
    }

    #[inline]
    fn guard<R>(&self, work: impl FnOnce(&dyn Sampler) -> R, instead: fn() -> R) -> R {
        foreign::guarded(|| work(&*self.sampler)).unwrap_or_else(|| {
            self.tell();
            instead()
        })
    }

    #[cold]
    fn tell(&self) {
        self.notices.tell_once("sampler", || {
            "the sampler panicked; its message is on the standard error; a request that it does not decide on is not recorded"
                .to_owned()
        });
    }
}

impl Sampler for Guarded {
    fn decide(&self, request: &SamplingRequest<'_>) -> Decision {
        self.guard(|sampler| sampler.decide(request), Decision::not_sampled)
    }

    fn explain(&self, request: &SamplingRequest<'_>) -> Decision {
        self.guard(|sampler| sampler.explain(request), Decision::not_sampled)
    }

    fn observe(&self, decision: &Decision, is_fault: bool) {
        self.guard(|sampler| sampler.observe(decision, is_fault), || ());
    }

    fn shutdown(&self) {
        self.guard(|sampler| sampler.shutdown(), || ());
    }
}
