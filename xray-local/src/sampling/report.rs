//! What clients report.

use serde::{Deserialize, Serialize};

use super::error::RuleError;
use super::name::RuleName;
use super::statistics::{AHEAD, KEPT};
use crate::bound::quoted;

/// What a client did by a rule since its last report.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Report {
    pub(crate) rule_name: RuleName,
    pub(crate) client_id: ClientId,
    /// The client's time, in seconds since 1970.
    pub(crate) timestamp: f64,
    pub(crate) counts: Counts,
}

/// Fails when the time of a report is too far from now to say anything of the present.
pub(super) fn check_time(timestamp: f64, now: f64) -> Result<(), RuleError> {
    let apart = (now - timestamp).abs() as u64;
    if timestamp < now - KEPT {
        Err(RuleError::TooOld(timestamp as i64, apart))
    } else if timestamp > now + AHEAD {
        Err(RuleError::TooEarly(timestamp as i64, apart))
    } else {
        Ok(())
    }
}

/// What became of the requests that a rule matched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) requests: u64,
    pub(crate) borrowed: u64,
    pub(crate) sampled: u64,
}

/// What went wrong in a service with the requests that a rule matched, since its last report.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct AnomalyReport {
    pub(crate) rule_name: RuleName,
    /// The client's time, in seconds since 1970.
    pub(crate) timestamp: f64,
    pub(crate) anomalies: u32,
    pub(crate) sampled_anomalies: u32,
}

/// A client, which names itself by 24 random hexadecimal digits when it starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct ClientId(u128);

impl From<ClientId> for String {
    fn from(ClientId(id): ClientId) -> Self {
        format!("{id:024x}")
    }
}

impl TryFrom<String> for ClientId {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let is_id = text.len() == 24 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let id = u128::from_str_radix(&text, 16).ok().filter(|_| is_id);
        let found = quoted(&text);
        id.map(Self).ok_or_else(|| {
            format!("invalid value: string {found:?}, expected 24 hexadecimal digits")
        })
    }
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, more: Self) {
        self.requests += more.requests;
        self.borrowed += more.borrowed;
        self.sampled += more.sampled;
    }
}
