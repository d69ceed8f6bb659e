//! Which requests are recorded.
//!
//! A recorder asks its [`Sampler`] once for each segment whose caller has not decided yet; all that happens below the segment
//! follows that decision, in this service and in those that it calls.

mod fixed;
mod local;

use std::sync::Arc;

pub use fixed::{Always, Never};
pub use local::LocalSampler;

/// Decides which requests are recorded.
///
/// It is asked on the thread that serves the request, often from many threads at once: an answer must not wait for anything.
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
}

/// What is known of a request before its segment begins. Samplers match their rules on it.
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
}

/// Whether a request is recorded, and by which rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    is_sampled: bool,
    rule: Option<Arc<str>>,
}

impl Decision {
    /// The request is recorded.
    pub const fn sampled() -> Self {
        Self {
            is_sampled: true,
            rule: None,
        }
    }

    /// The request is not recorded.
    pub const fn not_sampled() -> Self {
        Self {
            is_sampled: false,
            rule: None,
        }
    }

    /// The same decision, made by the rule of this name. The name is recorded with the segment, in its `aws` block.
    #[must_use]
    pub fn with_rule(mut self, rule: impl Into<Arc<str>>) -> Self {
        self.rule = Some(rule.into());
        self
    }

    /// Whether the request is recorded.
    pub fn is_sampled(&self) -> bool {
        self.is_sampled
    }

    /// The name of the rule that decided, if it was one with a name.
    pub fn rule(&self) -> Option<&str> {
        self.rule.as_deref()
    }
}

impl From<bool> for Decision {
    fn from(is_sampled: bool) -> Self {
        if is_sampled {
            Self::sampled()
        } else {
            Self::not_sampled()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn always_and_never_do_as_they_are_named() {
        let request = SamplingRequest::default();
        assert!(Always.decide(&request).is_sampled());
        assert!(!Never.decide(&request).is_sampled());
    }

    #[test]
    fn a_decision_tells_its_rule() {
        assert_eq!(Decision::sampled().rule(), None);
        assert_eq!(
            Decision::not_sampled().with_rule("orders").rule(),
            Some("orders")
        );
    }
}
