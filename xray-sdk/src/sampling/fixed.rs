use std::any::Any;

use super::{Decision, LocalRules, Sampler, SamplingRequest};

/// Records every request: for tests, and for services with little traffic.
#[derive(Clone, Copy, Debug, Default)]
pub struct Always;

/// Records no request. What it costs to trace an unsampled request is then all that tracing costs.
#[derive(Clone, Copy, Debug, Default)]
pub struct Never;

impl Sampler for Always {
    fn decide(&self, _request: &SamplingRequest<'_>) -> Decision {
        Decision::sampled()
    }
}

impl Sampler for Never {
    fn decide(&self, _request: &SamplingRequest<'_>) -> Decision {
        Decision::not_sampled()
    }
}

/// What a sampler says to any request, where it is always the same.
pub(crate) fn fixed(sampler: &dyn Any) -> Option<bool> {
    match (sampler.is::<Always>(), sampler.is::<Never>()) {
        (true, _) => Some(true),
        (_, true) => Some(false),
        (false, false) => None,
    }
}

/// Whether it is one of this crate's, which does not panic.
pub(crate) fn is_ours(sampler: &dyn Any) -> bool {
    sampler.is::<LocalRules>() || fixed(sampler).is_some()
}
