//! Which requests are recorded.
//!
//! A recorder asks its [`Sampler`] once for each segment whose caller has not decided yet; all that happens below the segment
//! follows that decision, in this service and in those that it calls. Unless it is given another one, a recorder has a
//! `CentralSampler` (feature `central-sampling`): it follows the sampling rules that are set in X-Ray, and [`LocalRules`] until
//! those have come.
//!
//! [`Recorder::explain`](crate::Recorder::explain) tells what would be decided, and why.

use std::sync::Arc;

#[cfg(feature = "central-sampling")]
mod central;
mod decision;
mod fixed;
mod guarded;
mod local;
mod pattern;
mod rate;
mod reservoir;
mod rule;
mod watch;

#[cfg(feature = "central-sampling")]
pub use central::CentralSampler;
#[cfg(feature = "central-sampling")]
pub(crate) use central::Steps;
pub use decision::{Decision, Fallback, Reason};
pub use fixed::{Always, Never};
pub use local::{LocalRule, LocalRules};
pub use pattern::Pattern;

pub(crate) use fixed::{fixed, is_ours};
pub(crate) use guarded::Guarded;
pub(crate) use watch::Watch;

/// Decides which requests are recorded.
///
/// It is asked on the thread that serves the request, often from many threads at once: an answer must not wait for anything.
/// A panic does not get through to the program: a request whose decision panicked is not recorded, and that is told once.
///
/// ```
/// use xray_sdk::sampling::{Decision, Sampler, SamplingRequest};
///
/// /// Records everything but health checks.
/// struct NoHealthChecks;
///
/// impl Sampler for NoHealthChecks {
///     fn decide(&self, request: &SamplingRequest<'_>) -> Decision {
///         match request.path {
///             Some("/health") => Decision::not_sampled(),
///             _ => Decision::sampled(),
///         }
///     }
/// }
/// ```
pub trait Sampler: Send + Sync {
    /// Decides whether this request is recorded.
    fn decide(&self, request: &SamplingRequest<'_>) -> Decision;

    /// What would be decided for this request now. Counts nothing and uses nothing up.
    ///
    /// The default decides: a sampler that counts what it decides needs its own.
    fn explain(&self, request: &SamplingRequest<'_>) -> Decision {
        self.decide(request)
    }

    /// Is told how a segment ended whose decision was [observed](Decision::observed): `is_fault` says that it was a fault.
    ///
    /// Of a segment that was recorded this is told on the recorder's own thread, after it closed. Of one that was not, where it
    /// closes, and the fault is known as far as the segment itself, or [`current()`](crate::current) inside it, was told of it. A
    /// segment that never closes is not told of. The default does nothing.
    fn observe(&self, decision: &Decision, is_fault: bool) {
        let _ = (decision, is_fault);
    }

    /// Ends what the sampler does in the background: its recorder is shut down. It may still be asked afterwards.
    /// The default does nothing.
    fn shutdown(&self) {}
}

/// So that a program can keep the sampler that it gives to a recorder, or give it to several. Each recorder that is shut down
/// [shuts it down](Sampler::shutdown).
impl<S: Sampler + ?Sized> Sampler for Arc<S> {
    fn decide(&self, request: &SamplingRequest<'_>) -> Decision {
        (**self).decide(request)
    }

    fn explain(&self, request: &SamplingRequest<'_>) -> Decision {
        (**self).explain(request)
    }

    fn observe(&self, decision: &Decision, is_fault: bool) {
        (**self).observe(decision, is_fault);
    }

    fn shutdown(&self) {
        (**self).shutdown();
    }
}

/// What is known of a request before its segment begins. Samplers match their rules on it.
///
/// What is not known matches any rule, but for attributes: a rule that names one takes only requests that have it.
///
/// ```
/// use xray_sdk::sampling::SamplingRequest;
///
/// let request = SamplingRequest {
///     host: Some("shop.example.com"),
///     method: Some("POST"),
///     path: Some("/orders"),
///     ..SamplingRequest::default()
/// };
/// # let _ = request;
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SamplingRequest<'a> {
    /// The name of the segment.
    pub service: &'a str,
    /// The host that the caller asked for, without a port.
    pub host: Option<&'a str>,
    /// The HTTP method.
    pub method: Option<&'a str>,
    /// The path of the URL, without the query.
    pub path: Option<&'a str>,
    /// The kind of AWS resource that the service runs on, for example `AWS::ECS::Container`.
    pub origin: Option<&'a str>,
    /// The ARN of the AWS resource that the service runs on. Where a segment's request does not tell it, a recorder fills in what it knows:
    /// see [`RecorderBuilder::resource_arn`](crate::RecorderBuilder::resource_arn).
    pub resource_arn: Option<&'a str>,
    /// What else is known before the segment begins, by name.
    pub attributes: &'a [(&'a str, &'a str)],
}
