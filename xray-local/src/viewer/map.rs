//! A service graph as the page draws it: where its nodes stand, and how well each does.

use serde::Serialize;

use crate::graph::{
    Cluster, Clusters, Histogram, Layout, OutcomeCounts, ServiceGraph, State, Statistics,
};

/// A service graph with places.
#[derive(Debug, PartialEq, Serialize)]
pub(crate) struct DrawnMap {
    width: f64,
    height: f64,
    nodes: Vec<Node>,
    edges: Vec<Edge>,
}

#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Node {
    name: String,
    #[serde(rename = "type")]
    kind: String,
    x: f64,
    y: f64,
    is_root: bool,
    /// Whether it has sent segments itself.
    is_active: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    counts: Option<Counts>,
    histogram: Vec<(f64, u64)>,
    /// By which it is opened, where it stands for many.
    #[serde(skip_serializing_if = "Option::is_none")]
    cluster: Option<String>,
    /// The services in its place, where it stands for many.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    members: Vec<String>,
}

#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Edge {
    from: usize,
    to: usize,
    /// Whether what was sent was handled at another time, as messages are.
    is_link: bool,
    counts: Counts,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Counts {
    #[serde(flatten)]
    outcomes: OutcomeCounts,
    /// In seconds; none where there was no request.
    average_time: Option<f64>,
    /// The times within which half of them and 19 of 20 ended. None on links, where nobody waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    median: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    p95: Option<f64>,
    /// None where the map is of traces, not of a time.
    #[serde(skip_serializing_if = "Option::is_none")]
    per_minute: Option<f64>,
}

impl DrawnMap {
    /// The map of some traces.
    pub(crate) fn of(graph: &ServiceGraph) -> Self {
        Self::over(graph, None, &[])
    }

    /// The map of a time range. Rates count from its first request on, so that those of a program that has just been started are not
    /// thinned out by the time before. `opened` are keys of clusters.
    pub(crate) fn of_time(graph: &ServiceGraph, start: f64, end: f64, opened: &[&str]) -> Self {
        let services = graph.services().iter();
        let first = services.map(|service| service.start_time).reduce(f64::min);
        let seconds = end - first.map_or(start, |first| first.max(start));
        Self::over(graph, Some((seconds / 60.0).max(1.0)), opened)
    }

    fn over(graph: &ServiceGraph, minutes: Option<f64>, opened: &[&str]) -> Self {
        let clusters = Clusters::of(graph, opened);
        let calls = clusters.calls();
        let layout = Layout::of(clusters.all.len(), calls.keys().copied());
        let nodes = clusters.all.iter().zip(&layout.places);
        Self {
            width: layout.width,
            height: layout.height,
            nodes: nodes
                .map(|(cluster, place)| Node::of(cluster, *place, minutes))
                .collect(),
            edges: calls
                .into_iter()
                .map(|((from, to), calls)| Edge {
                    from,
                    to,
                    is_link: calls.is_link,
                    counts: Counts::of(&calls.statistics, &calls.times, minutes),
                })
                .collect(),
        }
    }
}

impl Node {
    fn of(cluster: &Cluster<'_>, (x, y): (f64, f64), minutes: Option<f64>) -> Self {
        let members = &cluster.members;
        let times = cluster.times();
        let statistics = cluster.statistics();
        Self {
            name: cluster.name(),
            kind: cluster.kind().to_owned(),
            x,
            y,
            is_root: members.iter().any(|service| service.root),
            is_active: members.iter().any(|service| service.state == State::Active),
            counts: statistics.map(|statistics| Counts::of(&statistics, &times, minutes)),
            histogram: times.entries(),
            cluster: cluster.key.clone(),
            members: match cluster.only() {
                Some(_) => Vec::new(),
                None => members
                    .iter()
                    .map(|service| service.id.name.clone())
                    .collect(),
            },
        }
    }
}

impl Counts {
    fn of(statistics: &Statistics, times: &Histogram, minutes: Option<f64>) -> Self {
        let outcomes = statistics.outcomes();
        Self {
            outcomes,
            average_time: statistics.average_time(),
            median: times.within(0.5),
            p95: times.within(0.95),
            per_minute: minutes.map(|minutes| outcomes.total as f64 / minutes),
        }
    }
}
