//! Retrievals: traces that a client asked for and fetches page by page. Pure.
//!
//! AWS searches its logs for them meanwhile; here they are in the store, so a retrieval is complete as soon as it is started.

use std::collections::{HashMap, VecDeque};

use serde::Serialize;
use xray_sdk::TraceId;

use crate::hash::letters;

/// How long a retrieval can be used, in seconds: AWS's hour.
const LIFETIME: f64 = 3_600.0;

/// How many retrievals are remembered. Beyond that the oldest is forgotten.
const MOST: usize = 1_000;

/// What was asked for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Retrieval {
    /// The traces, in the order in which they were named.
    pub(crate) ids: Vec<TraceId>,
    /// Traces that were at work between these times, the last one included, in seconds since 1970.
    pub(crate) start: f64,
    pub(crate) end: f64,
    started: f64,
    is_cancelled: bool,
}

/// How far a retrieval is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum RetrievalStatus {
    Complete,
    Cancelled,
    Timeout,
}

/// All retrievals of one server, by their tokens.
#[derive(Debug, Default)]
pub(crate) struct Retrievals {
    by_token: HashMap<String, Retrieval>,
    by_age: VecDeque<String>,
    started: u64,
}

impl Retrievals {
    /// Starts a retrieval, and answers its token.
    pub(crate) fn start(&mut self, ids: Vec<TraceId>, start: f64, end: f64, now: f64) -> String {
        self.started += 1;
        let token = letters(&[&self.started.to_be_bytes(), &now.to_bits().to_be_bytes()]);
        let retrieval = Retrieval {
            ids,
            start,
            end,
            started: now,
            is_cancelled: false,
        };
        self.by_token.insert(token.clone(), retrieval);
        self.by_age.push_back(token.clone());
        if self.by_age.len() > MOST {
            let oldest = self.by_age.pop_front();
            oldest.map(|oldest| self.by_token.remove(&oldest));
        }
        token
    }

    /// The retrieval, and how far it is; `None` where there is none with this token.
    pub(crate) fn get(&self, token: &str, now: f64) -> Option<(&Retrieval, RetrievalStatus)> {
        let retrieval = self.by_token.get(token)?;
        let status = match retrieval.is_cancelled {
            true => RetrievalStatus::Cancelled,
            false if now - retrieval.started > LIFETIME => RetrievalStatus::Timeout,
            false => RetrievalStatus::Complete,
        };
        Some((retrieval, status))
    }

    /// Gives a retrieval up. Returns whether there is one with this token.
    pub(crate) fn cancel(&mut self, token: &str) -> bool {
        let retrieval = self.by_token.get_mut(token);
        retrieval.is_some_and(|retrieval| {
            retrieval.is_cancelled = true;
            true
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start(retrievals: &mut Retrievals, now: f64) -> String {
        retrievals.start(vec![TraceId::from_u128(7)], 1.0, 2.0, now)
    }

    fn status(retrievals: &Retrievals, token: &str, now: f64) -> Option<RetrievalStatus> {
        retrievals.get(token, now).map(|(_, status)| status)
    }

    #[test]
    fn a_retrieval_is_complete_until_it_is_cancelled_or_an_hour_old() {
        let mut retrievals = Retrievals::default();
        let [first, second] = [0, 1].map(|_| start(&mut retrievals, 100.0));
        assert_ne!(first, second);
        assert!(retrievals.cancel(&second));
        assert!(!retrievals.cancel("x"));
        let both = |now| [&first, &second].map(|token| status(&retrievals, token, now));
        use RetrievalStatus::{Cancelled, Complete, Timeout};
        assert_eq!(both(3_700.0), [Some(Complete), Some(Cancelled)]);
        assert_eq!(both(3_700.5), [Some(Timeout), Some(Cancelled)]);
        assert_eq!(status(&retrievals, "x", 100.0), None);
    }

    #[test]
    fn the_oldest_of_too_many_is_forgotten() {
        let mut retrievals = Retrievals::default();
        let tokens: Vec<_> = (0..1_001).map(|_| start(&mut retrievals, 0.0)).collect();
        assert_eq!(status(&retrievals, &tokens[0], 0.0), None);
        assert!(status(&retrievals, &tokens[1], 0.0).is_some());
        assert_eq!(retrievals.by_token.len(), 1_000);
    }
}
