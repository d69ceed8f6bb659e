use serde::Serialize;

use super::histogram::Histogram;
use super::statistics::Statistics;
use crate::trace::ServiceId;

/// A node of the service graph, in the form of the API's `Service`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Service {
    /// Its number, by which edges refer to it. Unique in one graph.
    pub reference_id: usize,
    /// Name, type and account.
    #[serde(flatten)]
    pub id: ServiceId,
    /// Whether traces begin here.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub root: bool,
    /// Whether the service has been heard of at first hand.
    pub state: State,
    /// When its first request began, in seconds since 1970.
    pub start_time: f64,
    /// When its last request ended.
    pub end_time: f64,
    /// The services that it calls.
    pub edges: Vec<Edge>,
    /// The requests that it served. None on the clients, who serve nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary_statistics: Option<Statistics>,
    /// The times from the first to the last that was done for a request.
    pub duration_histogram: Histogram,
    /// The times that its callers waited.
    pub response_time_histogram: Histogram,
}

/// What is known of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It has sent segments.
    Active,
    /// Only others tell of it.
    Unknown,
}

/// Calls from one service to another, in the form of the API's `Edge`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Edge {
    /// The number of the called service.
    pub reference_id: usize,
    /// When the first call began, in seconds since 1970.
    pub start_time: f64,
    /// When the last call ended.
    pub end_time: f64,
    /// The calls as the caller saw them.
    pub summary_statistics: Statistics,
    /// The times that the caller waited.
    pub response_time_histogram: Histogram,
    /// The API's other names for the called service, of which this graph has none: always written, as an empty list.
    aliases: [(); 0],
}

impl Edge {
    pub(super) fn to(
        reference_id: usize,
        (start_time, end_time): (f64, f64),
        summary_statistics: Statistics,
        response_time_histogram: Histogram,
    ) -> Self {
        Self {
            reference_id,
            start_time,
            end_time,
            summary_statistics,
            response_time_histogram,
            aliases: [],
        }
    }
}
