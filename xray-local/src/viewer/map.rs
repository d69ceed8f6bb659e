//! A service graph as the page draws it: where its nodes stand, and how well each does.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::graph::{
    Cluster, Clusters, EdgeType, Histogram, Layout, OutcomeCounts, ServiceGraph, State, Statistics,
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
        let edges = edges(graph, &clusters);
        let layout = Layout::of(clusters.all.len(), edges.keys().copied());
        let nodes = clusters.all.iter().zip(&layout.places);
        Self {
            width: layout.width,
            height: layout.height,
            nodes: nodes
                .map(|(cluster, place)| Node::of(cluster, *place, minutes))
                .collect(),
            edges: edges
                .into_iter()
                .map(|((from, to), sum)| Edge {
                    from,
                    to,
                    is_link: sum.is_link,
                    counts: Counts::of(&sum.statistics, &sum.times, minutes),
                })
                .collect(),
        }
    }
}

#[derive(Default)]
struct Sum {
    is_link: bool,
    statistics: Statistics,
    times: Histogram,
}

/// The calls between places. What the members of one call of one another is not drawn.
fn edges(graph: &ServiceGraph, clusters: &Clusters<'_>) -> BTreeMap<(usize, usize), Sum> {
    let mut edges = BTreeMap::<_, Sum>::new();
    for service in graph.services() {
        for edge in &service.edges {
            let services = (service.reference_id, edge.reference_id);
            let ends = (clusters.place_of[services.0], clusters.place_of[services.1]);
            if ends.0 == ends.1 && services.0 != services.1 {
                continue;
            }
            let sum = edges.entry(ends).or_default();
            sum.is_link |= edge.edge_type == EdgeType::Link;
            sum.statistics.merge(&edge.summary_statistics);
            sum.times.merge(&edge.response_time_histogram);
        }
    }
    edges
}

impl Node {
    fn of(cluster: &Cluster<'_>, (x, y): (f64, f64), minutes: Option<f64>) -> Self {
        let members = &cluster.members;
        let first = members[0];
        let mut sum = None::<Statistics>;
        let mut times = Histogram::default();
        for service in members {
            if let Some(statistics) = &service.summary_statistics {
                sum.get_or_insert_default().merge(statistics);
            }
            times.merge(&service.response_time_histogram);
        }
        let is_one = members.len() == 1;
        Self {
            name: match (is_one, first.id.is_client()) {
                (true, _) => first.id.name.clone(),
                (false, true) => format!("{} clients", members.len()),
                (false, false) => format!("{} services", members.len()),
            },
            kind: match members.iter().all(|other| other.id.kind == first.id.kind) {
                true => first.id.kind.clone(),
                false => "several types".to_owned(),
            },
            x,
            y,
            is_root: members.iter().any(|service| service.root),
            is_active: members.iter().any(|service| service.state == State::Active),
            counts: sum.as_ref().map(|sum| Counts::of(sum, &times, minutes)),
            histogram: times.entries(),
            cluster: cluster.key.clone(),
            members: match is_one {
                true => Vec::new(),
                false => members
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
