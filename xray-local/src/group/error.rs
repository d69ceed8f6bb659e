use std::fmt;

use super::{GroupName, Meant};

/// Why groups are not changed, or one is not found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum GroupError {
    Exists(GroupName),
    Unknown(Meant),
    /// There are as many groups as there may be.
    LimitReached(usize),
    /// The default group holds all traces.
    DefaultFilter,
    DefaultStays,
    /// Notifications of insights that are turned off.
    NothingToNotify,
    /// Groups that name groups mean more conditions than so many.
    TooManyConditions(usize),
}

impl fmt::Display for GroupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exists(name) => write!(
                f,
                "GroupName {:?} is taken: expected a name that no group has, or UpdateGroup",
                name.as_str()
            ),
            Self::Unknown(Meant::Name(name)) => write!(f, "there is no group {:?}", name.as_str()),
            Self::Unknown(Meant::Arn(arn)) => {
                write!(f, "there is no group with the ARN {:?}", arn.as_str())
            }
            Self::Unknown(Meant::Both(name, arn)) => write!(
                f,
                "there is no group {:?} with the ARN {:?}",
                name.as_str(),
                arn.as_str()
            ),
            Self::LimitReached(limit) => write!(
                f,
                "there are {limit} groups beside the default group, and may be no more: delete one first"
            ),
            Self::DefaultFilter => f.write_str(
                "FilterExpression of the default group cannot be changed: it holds all traces",
            ),
            Self::TooManyConditions(limit) => write!(
                f,
                "with what is meant by the groups that it names, the filter has more than {limit} conditions: name fewer groups"
            ),
            Self::DefaultStays => f.write_str("the default group cannot be deleted"),
            Self::NothingToNotify => f.write_str(
                "InsightsConfiguration.NotificationsEnabled is true where InsightsEnabled is not: expected both, or InsightsEnabled alone",
            ),
        }
    }
}
