//! Two traces beside one another, as the page draws them.

use serde::Serialize;
use xray_sdk::document::{Document, Trace};

use crate::trace::{Anatomy, Outcome, Pair, pairs, rows};

/// What the page is told when it asks for two traces.
#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Comparison {
    /// Nothing is stored of the traces with these ids.
    Missing(Vec<String>),
    /// Both are there.
    Found(ComparedTraces),
}

#[derive(Debug, PartialEq, Serialize)]
pub(crate) struct ComparedTraces {
    one: Head,
    other: Head,
    rows: Vec<ComparedRow>,
}

/// What is told of a trace as a whole.
#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Head {
    id: String,
    start_time: f64,
    duration: Option<f64>,
    is_partial: bool,
    outcome: &'static str,
}

/// A place in both trees.
#[derive(Debug, PartialEq, Serialize)]
struct ComparedRow {
    level: usize,
    name: String,
    /// What the first trace did there, and what the other one did; one of them is there.
    one: Option<Side>,
    other: Option<Side>,
}

#[derive(Debug, PartialEq, Serialize)]
struct Side {
    id: String,
    /// From the start of its trace, in seconds.
    start: f64,
    /// In seconds; none while it goes on.
    duration: Option<f64>,
    outcome: &'static str,
}

impl ComparedTraces {
    pub(crate) fn of(one: &Trace, other: &Trace) -> Self {
        let anatomies = (Anatomy::of(one), Anatomy::of(other));
        let pairs = pairs(&rows(&anatomies.0), &rows(&anatomies.1));
        let starts = (one.start_time(), other.start_time());
        Self {
            rows: pairs
                .iter()
                .map(|pair| ComparedRow::of(pair, starts))
                .collect(),
            one: Head::of(one, &anatomies.0),
            other: Head::of(other, &anatomies.1),
        }
    }
}

impl Head {
    fn of(trace: &Trace, anatomy: &Anatomy<'_>) -> Self {
        let root = anatomy.root();
        Self {
            id: trace.id().to_string(),
            start_time: trace.start_time(),
            duration: trace.duration(),
            is_partial: anatomy.is_partial(),
            outcome: root
                .map_or(Outcome::Ok, |root| Outcome::of(root.document))
                .as_str(),
        }
    }
}

impl ComparedRow {
    fn of(pair: &Pair<'_>, (start, start_of_other): (f64, f64)) -> Self {
        let named = pair.one.or(pair.other);
        Self {
            level: pair.level,
            name: named
                .map(|document| document.name.clone())
                .unwrap_or_default(),
            one: pair.one.map(|document| Side::of(document, start)),
            other: pair
                .other
                .map(|document| Side::of(document, start_of_other)),
        }
    }
}

impl Side {
    fn of(document: &Document, start: f64) -> Self {
        Self {
            id: document.id.to_string(),
            start: document.start_time - start,
            duration: document.duration(),
            outcome: Outcome::of(document).as_str(),
        }
    }
}
