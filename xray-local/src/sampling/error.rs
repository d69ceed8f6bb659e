use std::fmt;

use super::name::RuleName;
use super::rules::LIMIT;
use super::statistics::{AHEAD, KEPT};
use crate::bound::Priority;

/// Why rules are not changed, or a report is not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RuleError {
    /// Neither a name nor an ARN says which rule is meant.
    Nameless,
    /// A name and an ARN say both which rule is meant.
    NamedTwice,
    /// A new rule lacks this field.
    Missing(&'static str),
    /// There is a rule of this name.
    Exists(RuleName),
    /// There is no rule of this name.
    Unknown(RuleName),
    /// There are as many rules as there may be.
    LimitReached,
    /// A rule wants the priority of the default rule.
    LastPriority,
    /// This field of the default rule does not change.
    DefaultFixed(&'static str),
    DefaultStays,
    /// A rule that is never boosted.
    NoBoost(RuleName),
    /// A report is of this time, so many seconds ago.
    TooOld(i64, u64),
    /// A report is of this time, so many seconds from now.
    TooEarly(i64, u64),
}

impl fmt::Display for RuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nameless => f.write_str("RuleName or RuleARN is required"),
            Self::NamedTwice => {
                f.write_str("RuleName and RuleARN are both there: expected one of them")
            }
            Self::Missing(field) => write!(f, "SamplingRule.{field} is required"),
            Self::Exists(name) => write!(
                f,
                "RuleName {:?} is taken: expected a name that no rule has, or UpdateSamplingRule",
                name.as_str()
            ),
            Self::Unknown(name) => write!(f, "there is no sampling rule {:?}", name.as_str()),
            Self::LimitReached => write!(
                f,
                "there are {LIMIT} sampling rules beside the default rule, and may be no more: delete one first"
            ),
            Self::LastPriority => write!(
                f,
                "Priority {} is that of the default rule: expected a whole number from 1 to {}",
                Priority::DEFAULT_RULE,
                Priority::LAST,
            ),
            Self::DefaultFixed(field) => write!(
                f,
                "{field} of the default rule cannot be changed: expected FixedRate, ReservoirSize or SamplingRateBoost"
            ),
            Self::DefaultStays => f.write_str("the default rule cannot be deleted"),
            Self::TooOld(time, ago) => write!(
                f,
                "Timestamp {time} is {ago} s ago: expected one within the last {KEPT} s; is the client's clock right?"
            ),
            Self::TooEarly(time, ahead) => write!(
                f,
                "Timestamp {time} is {ahead} s ahead: expected at most {AHEAD} s; is the client's clock right?"
            ),
            Self::NoBoost(name) => write!(
                f,
                "the sampling rule {:?} has no SamplingRateBoost",
                name.as_str()
            ),
        }
    }
}
