//! Resource policies: kept for whoever sets and reads them. Pure.
//!
//! Nothing here asks who calls, so a policy grants and denies nothing; it is checked, counted and revised as AWS does.

mod document;

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::bound::{Form, Formed};
use document::Statements;

/// How many policies there may be: AWS's quota.
const LIMIT: usize = 5;

/// How long a document may be, in bytes.
const SIZE: usize = 5 << 10;

/// The revision that a policy has which is not there.
const NONE: &str = "0";

/// The name of a policy.
pub(crate) type PolicyName = Formed<NameForm>;

pub(crate) struct NameForm;

impl Form for NameForm {
    const EXPECTED: &'static str = "1 to 128 letters, digits or _+=,.@-";

    fn fits(text: &str) -> bool {
        let is_allowed = |letter: char| letter.is_alphanumeric() || "_+=,.@-".contains(letter);
        (1..=128).contains(&text.chars().count()) && text.chars().all(is_allowed)
    }
}

/// A policy, in the form of the API.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", expecting = "an object")]
pub(crate) struct Policy {
    policy_name: PolicyName,
    policy_document: String,
    policy_revision_id: String,
    last_updated_time: f64,
}

/// All policies of one server, by name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", expecting = "an object")]
pub(crate) struct Policies {
    resource_policies: Vec<Policy>,
    /// The last revision of any policy: one that is made again does not get its old revision.
    last_revision: u64,
}

/// What a call says of a policy.
#[derive(Debug)]
pub(crate) struct PolicyChange {
    pub(crate) name: PolicyName,
    pub(crate) document: String,
    /// The revision that it is to take the place of.
    pub(crate) revision: Option<String>,
    pub(crate) may_lock_out: bool,
}

/// Why policies are not changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PolicyError {
    /// The document is no policy; the text says why.
    Malformed(String),
    TooLarge(usize),
    TooMany,
    /// The policy has another revision than the call says, or is there where it is not to be.
    Revision {
        name: PolicyName,
        given: String,
        found: Option<String>,
    },
    /// Nobody could change it any more.
    LocksOut,
    Unknown(PolicyName),
}

impl Policies {
    /// Makes a policy, or puts a revision in place of one.
    pub(crate) fn put(&mut self, change: PolicyChange, now: f64) -> Result<Policy, PolicyError> {
        let size = change.document.len();
        if size > SIZE {
            return Err(PolicyError::TooLarge(size));
        }
        let statements = Statements::parse(&change.document).map_err(PolicyError::Malformed)?;
        if statements.lock_out() && !change.may_lock_out {
            return Err(PolicyError::LocksOut);
        }
        let place = self.place(&change.name);
        self.check_revision(&change.name, change.revision)?;
        if place.is_err() && self.resource_policies.len() == LIMIT {
            return Err(PolicyError::TooMany);
        }
        self.last_revision += 1;
        let policy = Policy {
            policy_name: change.name,
            policy_document: change.document,
            policy_revision_id: self.last_revision.to_string(),
            last_updated_time: now.floor(),
        };
        match place {
            Ok(place) => self.resource_policies[place] = policy.clone(),
            Err(place) => self.resource_policies.insert(place, policy.clone()),
        }
        Ok(policy)
    }

    /// Takes a policy away.
    pub(crate) fn delete(
        &mut self,
        name: &PolicyName,
        revision: Option<String>,
    ) -> Result<(), PolicyError> {
        self.check_revision(name, revision)?;
        let place = self.place(name);
        let place = place.map_err(|_| PolicyError::Unknown(name.clone()))?;
        self.resource_policies.remove(place);
        Ok(())
    }

    /// All of them, by name.
    pub(crate) fn all(&self) -> &[Policy] {
        &self.resource_policies
    }

    fn check_revision(&self, name: &PolicyName, given: Option<String>) -> Result<(), PolicyError> {
        let found = self.place(name).ok();
        let found = found.map(|place| &self.resource_policies[place].policy_revision_id);
        match given {
            Some(given) if given != *found.map_or(NONE, String::as_str) => {
                Err(PolicyError::Revision {
                    name: name.clone(),
                    given,
                    found: found.cloned(),
                })
            }
            _ => Ok(()),
        }
    }

    /// Where the policy stands, or would stand.
    fn place(&self, name: &PolicyName) -> Result<usize, usize> {
        self.resource_policies
            .binary_search_by(|policy| policy.policy_name.cmp(name))
    }
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(problem) => write!(f, "PolicyDocument is no policy: {problem}"),
            Self::TooLarge(size) => write!(
                f,
                "PolicyDocument has {size} bytes: expected at most {SIZE}"
            ),
            Self::TooMany => write!(
                f,
                "there are {LIMIT} resource policies, and may be no more: delete one first"
            ),
            Self::Revision { name, given, found } => {
                write!(f, "PolicyRevisionId {given:?} is not that of {name:?}: ")?;
                match found {
                    Some(found) => write!(f, "expected {found:?}"),
                    None => write!(f, "there is no such policy, expected {NONE:?} or none"),
                }
            }
            Self::LocksOut => f.write_str(
                "PolicyDocument denies everybody xray:PutResourcePolicy, so that it could not be changed again: expected BypassPolicyLockoutCheck, or another document",
            ),
            Self::Unknown(name) => write!(f, "there is no resource policy {name:?}"),
        }
    }
}

#[cfg(test)]
mod tests;
