use serde::{Deserialize, Deserializer, Serialize};

use super::histogram::Histogram;
use super::statistics::Statistics;
use crate::trace::ServiceId;

/// A node of the service graph, in the form of the API's `Service`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Service {
    /// Its number, by which edges refer to it. Unique in one graph.
    pub reference_id: usize,
    /// Name, type and account.
    #[serde(flatten)]
    pub id: ServiceId,
    /// Whether traces begin here.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub root: bool,
    /// Whether the service has been heard of at first hand.
    pub state: State,
    /// When its first request began, in seconds since 1970.
    pub start_time: f64,
    /// When its last request ended.
    pub end_time: f64,
    /// The services that it calls.
    #[serde(default)]
    pub edges: Vec<Edge>,
    /// The requests that it served. None on the clients, who serve nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary_statistics: Option<Statistics>,
    /// The times from the first to the last that was done for a request.
    #[serde(default)]
    pub duration_histogram: Histogram,
    /// The times that its callers waited.
    #[serde(default)]
    pub response_time_histogram: Histogram,
}

/// What is known of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It has sent segments.
    Active,
    /// Only others tell of it.
    #[serde(other)]
    Unknown,
}

/// Calls from one service to another, in the form of the API's `Edge`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Edge {
    /// The number of the called service.
    pub reference_id: usize,
    /// When the first call began, in seconds since 1970.
    pub start_time: f64,
    /// When the last call ended.
    pub end_time: f64,
    /// The calls as the caller saw them; of a link, the requests that what was handed on led to.
    #[serde(default)]
    pub summary_statistics: Statistics,
    /// The times that the caller waited. Empty on a link, where nobody waits.
    #[serde(default)]
    pub response_time_histogram: Histogram,
    /// How old what was handed on had become when it was received. Empty but on a link.
    #[serde(default, skip_serializing_if = "Histogram::is_empty")]
    pub received_event_age_histogram: Histogram,
    /// Whether the caller waited.
    #[serde(default, skip_serializing_if = "EdgeType::is_call")]
    pub edge_type: EdgeType,
    /// The API's other names for the called service, of which this graph has none: always written, as an empty list.
    #[serde(skip_deserializing)]
    pub(super) aliases: [(); 0],
}

/// How one service led to another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum EdgeType {
    /// It called, and waited. The API has no word for it: what is no link is a call.
    #[default]
    Call,
    /// It handed something on, which the other one took up later in a trace of its own, as from a queue.
    Link,
}

impl EdgeType {
    fn is_call(&self) -> bool {
        *self == Self::Call
    }
}

/// Words of other servers stand for calls, too.
impl<'de> Deserialize<'de> for EdgeType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match String::deserialize(deserializer)?.as_str() {
            "link" => Ok(Self::Link),
            _ => Ok(Self::Call),
        }
    }
}
