//! GetTraceSummaries: which traces there are, a page at a time.

use serde::{Deserialize, Serialize};
use xray_sdk::TraceId;

use super::Backend;
use super::error::ApiError;
use super::selection::time_range;
use super::wire::unknown_token;
use crate::bound::{Rate, Time};
use crate::filter::Filter;
use crate::query::{TimeRange, TimeRangeType, TraceSummary};
use crate::sample::Sample;
use crate::store::{Found, Position, Store};

/// How many traces stand on a page. AWS does not say how many of its stand there.
const PAGE: usize = 200;

/// How many traces a call reads for a page of a sample before it leaves the rest to the next.
const READ_FOR_A_SAMPLE: usize = 10_000;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GetTraceSummaries {
    start_time: Time,
    end_time: Time,
    #[serde(default)]
    time_range_type: TimeRangeName,
    sampling: Option<bool>,
    sampling_strategy: Option<SamplingStrategy>,
    filter_expression: Option<String>,
    next_token: Option<String>,
}

#[derive(Default, Deserialize)]
enum TimeRangeName {
    #[default]
    TraceId,
    Event,
    Service,
}

/// How a sample is taken. X-Ray's two ways are one here: of a share of all traces, by their ids.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", expecting = "an object")]
struct SamplingStrategy {
    #[serde(rename = "Name")]
    _name: Option<StrategyName>,
    value: Option<Rate>,
}

#[derive(Deserialize)]
enum StrategyName {
    PartialScan,
    FixedRate,
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

/// Lists traces, the newest first: all that match, or those of them that a sample holds.
pub(super) fn get_trace_summaries(
    backend: &Backend,
    input: GetTraceSummaries,
) -> Result<TraceSummariesGot, ApiError> {
    let text = input.filter_expression.as_deref();
    let filter = text.and_then(filter).transpose()?;
    let groups = backend.control.groups().get();
    let filter = filter.map(|filter| groups.resolve(&filter)).transpose()?;
    let range = TimeRange {
        kind: match input.time_range_type {
            TimeRangeName::TraceId => TimeRangeType::TraceId,
            TimeRangeName::Event => TimeRangeType::Event,
            TimeRangeName::Service => TimeRangeType::Service,
        },
        ..time_range(input.start_time, input.end_time)?
    };
    let after = input.next_token.as_deref().map(position).transpose()?;
    let share = input.sampling_strategy.and_then(|strategy| strategy.value);
    let sample = share.filter(|_| input.sampling == Some(true));
    let found = find(
        &backend.store,
        &range,
        filter.as_ref(),
        after,
        sample.map(|share| Sample::of(share.into())),
    );
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

/// A page of what matches, as far as the sample holds it.
fn find(
    store: &Store,
    range: &TimeRange,
    filter: Option<&Filter>,
    after: Option<Position>,
    sample: Option<Sample>,
) -> Found {
    let mut found = store.find(range, filter, after, PAGE);
    let Some(sample) = sample else {
        return found;
    };
    let mut read = found.summaries.len();
    found.summaries.retain(|summary| sample.holds(summary.id));
    while let Some(after) = found.next {
        let left = PAGE - found.summaries.len();
        if left == 0 || read >= READ_FOR_A_SAMPLE {
            break;
        }
        let more = store.find(range, filter, Some(after), left);
        read += more.summaries.len();
        let held = more.summaries.into_iter();
        found
            .summaries
            .extend(held.filter(|summary| sample.holds(summary.id)));
        found.processed += more.processed;
        found.next = more.next;
    }
    found
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
