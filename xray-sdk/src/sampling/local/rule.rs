use std::fmt;

use crate::sampling::rate::Rate;
use crate::sampling::rule::Conditions;
use crate::sampling::{Pattern, SamplingRequest};

/// One of the [`LocalRules`](crate::sampling::LocalRules): which requests it is for, and how many of them are recorded.
///
/// A rule is for all requests, but for those that one of its patterns does not match.
#[derive(Clone, Debug, PartialEq)]
pub struct LocalRule {
    description: Option<String>,
    conditions: Conditions,
    fixed_target: u32,
    rate: Rate,
}

impl LocalRule {
    /// Takes the first `fixed_target` requests of each second, and of the others the share `rate`, from 0 to 1.
    ///
    /// A rate beyond these bounds counts as the nearest of them, and NaN as 0.
    pub fn new(fixed_target: u32, rate: f64) -> Self {
        Self {
            description: None,
            conditions: Conditions::default(),
            fixed_target,
            rate: Rate::new(rate),
        }
    }

    /// What the rule is for, in words. Decisions are explained by it; it is not recorded.
    #[must_use]
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// The host that the caller asked for, without a port.
    #[must_use]
    pub fn host(mut self, pattern: impl Into<Pattern>) -> Self {
        self.conditions.host = pattern.into();
        self
    }

    /// The HTTP method.
    #[must_use]
    pub fn method(mut self, pattern: impl Into<Pattern>) -> Self {
        self.conditions.method = pattern.into();
        self
    }

    /// The path of the URL, without the query.
    #[must_use]
    pub fn path(mut self, pattern: impl Into<Pattern>) -> Self {
        self.conditions.path = pattern.into();
        self
    }

    pub(super) fn matches(&self, request: &SamplingRequest<'_>) -> bool {
        self.conditions.matches(request)
    }

    pub(super) fn fixed_target(&self) -> u32 {
        self.fixed_target
    }

    pub(super) fn rate(&self) -> Rate {
        self.rate
    }
}

/// The description, or else what requests the rule is for: method, host and path.
impl fmt::Display for LocalRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.description {
            Some(description) => f.write_str(description),
            None => {
                let Conditions {
                    method, host, path, ..
                } = &self.conditions;
                write!(f, "{method} {host} {path}")
            }
        }
    }
}
