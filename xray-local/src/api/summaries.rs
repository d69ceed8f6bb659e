//! GetTraceSummaries: which traces there are, a page at a time.

use serde::{Deserialize, Serialize};
use xray_sdk::TraceId;

use super::error::ApiError;
use super::wire::{required, unknown_token};
use crate::filter::Filter;
use crate::query::{TimeRange, TimeRangeType, TraceSummary};
use crate::store::{Position, Store};

/// How many traces stand on a page. AWS does not say how many of its stand there.
const PAGE: usize = 200;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GetTraceSummaries {
    start_time: Option<f64>,
    end_time: Option<f64>,
    time_range_type: Option<String>,
    filter_expression: Option<String>,
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct TraceSummariesGot {
    trace_summaries: Vec<TraceSummary>,
    approximate_time: f64,
    traces_processed_count: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

/// Lists traces, the newest first. All that match are listed, also when a sample would do.
pub(super) fn get_trace_summaries(
    store: &Store,
    input: &GetTraceSummaries,
) -> Result<TraceSummariesGot, ApiError> {
    let filter = input
        .filter_expression
        .as_deref()
        .and_then(filter)
        .transpose()?;
    let range = TimeRange {
        kind: time_range_type(input.time_range_type.as_deref())?,
        ..time_range(input.start_time, input.end_time)?
    };
    let after = input.next_token.as_deref().map(position).transpose()?;
    let found = store.find(&range, filter.as_ref(), after, PAGE);
    Ok(TraceSummariesGot {
        approximate_time: found
            .summaries
            .first()
            .map_or(range.start, |first| first.start_time),
        traces_processed_count: found.processed,
        next_token: found.next.map(token),
        trace_summaries: found.summaries,
    })
}

/// The filter of a request. An empty one means all traces.
fn filter(text: &str) -> Option<Result<Filter, ApiError>> {
    if text.trim().is_empty() {
        return None;
    }
    let refused =
        |error| ApiError::invalid_request(format!("FilterExpression cannot be read: {error}"));
    Some(Filter::parse(text).map_err(refused))
}

/// The time range that every listing has.
pub(super) fn time_range(start: Option<f64>, end: Option<f64>) -> Result<TimeRange, ApiError> {
    let start = required(start, "StartTime")?;
    let end = required(end, "EndTime")?;
    if start > end {
        return Err(ApiError::invalid_request(format!(
            "StartTime {start} lies after EndTime {end}"
        )));
    }
    Ok(TimeRange::began(start, end))
}

fn time_range_type(name: Option<&str>) -> Result<TimeRangeType, ApiError> {
    match name {
        None | Some("TraceId") => Ok(TimeRangeType::TraceId),
        Some("Event") => Ok(TimeRangeType::Event),
        Some("Service") => Ok(TimeRangeType::Service),
        Some(other) => Err(ApiError::invalid_request(format!(
            "TimeRangeType {other:?} is not valid: expected TraceId, Event or Service"
        ))),
    }
}

/// The place where a page ends, as a text: traces that come meanwhile do not shift the pages that follow.
fn token(position: Position) -> String {
    format!("{}/{}", position.start_micros, position.id)
}

fn position(token: &str) -> Result<Position, ApiError> {
    let read = || {
        let (start, id) = token.split_once('/')?;
        Some(Position {
            start_micros: start.parse().ok()?,
            id: TraceId::parse(id).ok()?,
        })
    };
    read().ok_or_else(|| unknown_token(token))
}
