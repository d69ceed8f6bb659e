//! The page: its files, and what it draws beyond what the X-Ray API tells.

mod asset;
mod comparison;
mod completion;
mod health;
mod ledger;
mod map;
mod received;
mod sampling;
mod trace;

use serde::Serialize;

use crate::filter::Filter;
use crate::group::Groups;
use crate::store::Store;
pub(crate) use asset::{Asset, INDEX, SECURITY_POLICY};
pub(crate) use comparison::{ComparedTraces, Comparison};
pub(crate) use completion::Completion;
pub(crate) use health::{ConnectionCounts, Health, Inflow};
pub(crate) use ledger::{Ledger, Totals};
pub(crate) use map::DrawnMap;
pub(crate) use received::{ReceivedDocument, TraceFindings};
pub(crate) use sampling::{RecordedRequest, SamplingActivity, SamplingExplanation};
pub(crate) use trace::DrawnTrace;

/// Whether a text is a filter expression; if not, where it stops being one. And what can be typed where the cursor stands.
#[derive(Debug, PartialEq, Serialize)]
pub(crate) struct FilterCheck {
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<FilterProblem>,
    completion: Completion,
}

#[derive(Debug, PartialEq, Serialize)]
struct FilterProblem {
    /// Counted from 1.
    column: usize,
    message: String,
}

impl FilterCheck {
    /// `before` is how much of the text stands before the cursor, in characters.
    pub(crate) fn of(text: &str, before: usize, store: &Store, groups: &Groups) -> Self {
        let cursor = text.char_indices().nth(before);
        let before = &text[..cursor.map_or(text.len(), |(at, _)| at)];
        let problem = match text.trim() {
            "" => None,
            _ => Filter::parse(text).err(),
        };
        Self {
            problem: problem.map(|error| FilterProblem {
                column: error.column(),
                message: error.problem().to_owned(),
            }),
            completion: Completion::of(before, store, groups),
        }
    }
}
