//! A trace as the page draws it: a row for each segment and subsegment, and its own service map.

use std::collections::HashSet;
use std::ptr;

use serde::Serialize;
use xray_sdk::document::{Document, Trace};

use super::DrawnMap;
use crate::graph::ServiceGraph;
use crate::trace::{Anatomy, Outcome, Row, is_critical, rows};

/// A trace in rows.
#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DrawnTrace {
    id: String,
    start_time: f64,
    duration: Option<f64>,
    is_partial: bool,
    rows: Vec<DrawnRow>,
    /// What was sent, put together. Rows are found in it by their ids.
    documents: Vec<Document>,
    map: DrawnMap,
}

#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct DrawnRow {
    id: String,
    level: usize,
    name: String,
    is_segment: bool,
    /// From the start of the trace, in seconds.
    start: f64,
    /// In seconds; none while it goes on.
    duration: Option<f64>,
    outcome: &'static str,
    /// Whether the trace would have ended earlier if this had been shorter.
    is_critical: bool,
}

impl DrawnTrace {
    pub(crate) fn of(trace: &Trace) -> Self {
        let anatomy = Anatomy::of(trace);
        let rows = rows(&anatomy);
        let critical = is_critical(&rows);
        let start_time = trace.start_time();
        let segments: HashSet<_> = anatomy
            .segments()
            .iter()
            .filter(|segment| !segment.is_inferred)
            .map(|segment| ptr::from_ref(segment.document))
            .collect();
        let is_segment = |row: &Row<'_>| segments.contains(&ptr::from_ref(row.document));
        let drawn = rows.iter().zip(critical);
        Self {
            id: trace.id().to_string(),
            start_time,
            duration: trace.duration(),
            is_partial: anatomy.is_partial(),
            rows: drawn
                .map(|(row, is_critical)| DrawnRow {
                    is_segment: is_segment(row),
                    is_critical,
                    ..DrawnRow::of(row, start_time)
                })
                .collect(),
            documents: anatomy.documents(),
            map: DrawnMap::of(&ServiceGraph::of([trace])),
        }
    }
}

impl DrawnRow {
    fn of(row: &Row<'_>, start_time: f64) -> Self {
        let document = row.document;
        Self {
            id: document.id.to_string(),
            level: row.level,
            name: document.name.clone(),
            is_segment: false,
            start: document.start_time - start_time,
            duration: document.duration(),
            outcome: Outcome::of(document).as_str(),
            is_critical: false,
        }
    }
}
