use std::fmt;
use std::sync::Arc;

use crate::sampling::rate::Rate;

/// Whether a request is recorded, by which rule, and why.
///
/// It prints as one line:
///
/// ```
/// use xray_sdk::sampling::{Decision, Reason};
///
/// let decision = Decision::sampled().with_rule("orders").because(Reason::Reservoir);
/// assert_eq!(decision.to_string(), "sampled: one of those that rule \"orders\" takes each second");
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    is_sampled: bool,
    reason: Reason,
    rule: Option<Arc<str>>,
    is_local: bool,
    is_observed: bool,
    fallback: Option<Fallback>,
}

/// Why a request is recorded or not.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Reason {
    /// The sampler did not say.
    Sampler,
    /// The caller decided, by `Sampled=1` or `Sampled=0` in the tracing header.
    Caller,
    /// The program decided, by [`SegmentBuilder::sampled`](crate::SegmentBuilder::sampled).
    Program,
    /// Nothing is recorded: `AWS_XRAY_SDK_ENABLED` or `AWS_XRAY_SDK_DISABLED` says so.
    Disabled,
    /// The request is one of the fixed number that the rule takes each second.
    Reservoir,
    /// X-Ray has not told how much of the rule's reservoir is for this process, which then takes one request a second.
    Borrowed,
    /// A die was cast for the share of requests, from 0 to 1, that the rule takes beyond its reservoir.
    Rate(f64),
    /// The same, with a share that X-Ray has raised for a short time because many requests failed.
    Boost(f64),
}

/// Why local rules decide in place of those of X-Ray.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fallback {
    /// No rules have come from X-Ray yet.
    NoRules,
    /// No rules have come from X-Ray for an hour.
    OldRules,
    /// None of X-Ray's rules is for the request.
    NoMatch,
}

/// The most characters of a rule's name.
const RULE_NAME: usize = 32;

impl Decision {
    /// The request is recorded.
    pub const fn sampled() -> Self {
        Self::new(true)
    }

    /// The request is not recorded.
    pub const fn not_sampled() -> Self {
        Self::new(false)
    }

    const fn new(is_sampled: bool) -> Self {
        Self {
            is_sampled,
            reason: Reason::Sampler,
            rule: None,
            is_local: false,
            is_observed: false,
            fallback: None,
        }
    }

    /// The same decision, made by the rule of this name. The name is recorded with the segment, in its `aws` block, if it is not
    /// empty; of a longer one its first 32 characters, which is as long as the names of X-Ray's rules are (API reference, "SamplingRule").
    #[must_use]
    pub fn with_rule(mut self, rule: impl Into<Arc<str>>) -> Self {
        self.rule = Some(rule.into());
        self
    }

    /// The same decision, made by a rule that X-Ray does not know: its name is for explanations only.
    pub(super) fn with_local_rule(mut self, rule: Arc<str>) -> Self {
        self.is_local = true;
        self.rule = Some(rule);
        self
    }

    /// The same decision, for this reason.
    #[must_use]
    pub fn because(mut self, reason: Reason) -> Self {
        self.reason = reason;
        self
    }

    /// The same decision, whose sampler wants to know how the segment ends: see [`Sampler::observe`](super::Sampler::observe).
    #[must_use]
    pub fn observed(mut self) -> Self {
        self.is_observed = true;
        self
    }

    /// The same decision, made in place of X-Ray's rules.
    #[cfg_attr(
        not(feature = "central-sampling"),
        allow(dead_code, reason = "only central sampling asks")
    )]
    pub(super) fn instead(mut self, fallback: Fallback) -> Self {
        self.fallback = Some(fallback);
        self
    }

    /// Whether the request is recorded.
    pub fn is_sampled(&self) -> bool {
        self.is_sampled
    }

    /// The name of the rule that decided, if it was one. Of a local rule, its description.
    pub fn rule(&self) -> Option<&str> {
        self.rule.as_deref()
    }

    /// Why.
    pub fn reason(&self) -> Reason {
        self.reason
    }

    /// Why local rules decided in place of X-Ray's, if they did.
    pub fn fallback(&self) -> Option<Fallback> {
        self.fallback
    }

    pub(crate) fn is_observed(&self) -> bool {
        self.is_observed
    }

    /// The name of the rule for the segment's `aws` block: X-Ray shows it as one of its own rules.
    #[inline]
    pub(crate) fn recorded_rule(&self) -> Option<&str> {
        let rule = self.rule.as_deref().filter(|_| !self.is_local)?;
        Self::fitted(rule)
    }

    fn fitted(rule: &str) -> Option<&str> {
        let end = rule.char_indices().nth(RULE_NAME);
        let fitted = end.map_or(rule, |(end, _)| &rule[..end]);
        Some(fitted).filter(|fitted| !fitted.is_empty())
    }
}

impl From<bool> for Decision {
    fn from(is_sampled: bool) -> Self {
        Self::new(is_sampled)
    }
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let not = if self.is_sampled { "" } else { "not " };
        let rule = Rule(self);
        write!(f, "{not}sampled: ")?;
        match self.reason {
            Reason::Sampler if self.rule.is_some() => write!(f, "{rule} decided"),
            Reason::Sampler => f.write_str("the sampler decided"),
            Reason::Caller => f.write_str("the caller decided"),
            Reason::Program => f.write_str("the program decided"),
            Reason::Disabled => f.write_str(
                "AWS_XRAY_SDK_ENABLED or AWS_XRAY_SDK_DISABLED says that nothing is recorded",
            ),
            Reason::Reservoir => write!(f, "one of those that {rule} takes each second"),
            Reason::Borrowed => write!(
                f,
                "the one that {rule} may borrow each second while it has no quota"
            ),
            Reason::Rate(rate) => {
                let rate = Rate::new(rate);
                write!(f, "{not}among the {rate} that {rule} takes of the others")
            }
            Reason::Boost(rate) => {
                let rate = Rate::new(rate);
                write!(
                    f,
                    "{not}among the {rate} that {rule} takes of the others while X-Ray boosts it"
                )
            }
        }?;
        match self.fallback {
            None => Ok(()),
            Some(fallback) => write!(f, "; local rules decide because {fallback}"),
        }
    }
}

/// The rule of a decision, in words.
struct Rule<'a>(&'a Decision);

impl fmt::Display for Rule<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.0.is_local {
            "local rule"
        } else {
            "rule"
        };
        match self.0.rule() {
            Some(name) => write!(f, "{kind} {name:?}"),
            None => f.write_str("the sampler"),
        }
    }
}

impl fmt::Display for Fallback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoRules => "no rules have come from X-Ray yet",
            Self::OldRules => "no rules have come from X-Ray for an hour",
            Self::NoMatch => "none of X-Ray's rules is for this request",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decision_tells_its_rule() {
        assert_eq!(Decision::sampled().rule(), None);
        let decision = Decision::not_sampled().with_rule("orders");
        assert_eq!(decision.rule(), Some("orders"));
        assert_eq!(decision.recorded_rule(), Some("orders"));
    }

    #[test]
    fn the_name_of_a_rule_is_recorded_as_long_as_x_ray_has_them() {
        for (name, recorded) in [
            ("", None),
            ("ü", Some("ü".to_owned())),
            (&*"ü".repeat(40), Some("ü".repeat(32))),
        ] {
            let decision = Decision::sampled().with_rule(name);
            assert_eq!(decision.recorded_rule(), recorded.as_deref());
            assert_eq!(decision.rule(), Some(name));
        }
    }

    #[test]
    fn a_local_rules_name_is_told_and_not_recorded_as_one_of_x_rays() {
        let decision = Decision::sampled().with_local_rule("orders".into());
        assert_eq!(decision.rule(), Some("orders"));
        assert_eq!(decision.recorded_rule(), None);
    }

    #[test]
    fn every_decision_is_explained_in_one_line() {
        let central =
            |sampled: bool, reason| Decision::from(sampled).with_rule("a").because(reason);
        let local = Decision::sampled().with_local_rule("GET".into());
        for (decision, line) in [
            (Decision::sampled(), "sampled: the sampler decided"),
            (
                Decision::not_sampled().with_rule("a"),
                "not sampled: rule \"a\" decided",
            ),
            (
                Decision::not_sampled().because(Reason::Caller),
                "not sampled: the caller decided",
            ),
            (
                Decision::sampled().because(Reason::Program),
                "sampled: the program decided",
            ),
            (
                central(true, Reason::Borrowed),
                "sampled: the one that rule \"a\" may borrow each second while it has no quota",
            ),
            (
                central(true, Reason::Rate(0.05)),
                "sampled: among the 5 % that rule \"a\" takes of the others",
            ),
            (
                central(false, Reason::Boost(0.5)),
                "not sampled: not among the 50 % that rule \"a\" takes of the others while X-Ray boosts it",
            ),
            (
                local.because(Reason::Reservoir).instead(Fallback::OldRules),
                "sampled: one of those that local rule \"GET\" takes each second; \
                 local rules decide because no rules have come from X-Ray for an hour",
            ),
        ] {
            assert_eq!(decision.to_string(), line);
        }
    }
}
