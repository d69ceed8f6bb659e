use super::{Decision, Sampler, SamplingRequest};

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
