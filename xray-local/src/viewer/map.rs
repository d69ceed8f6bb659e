//! A service graph as the page draws it: where its nodes stand, and how well each does.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::graph::{EdgeType, Histogram, Layout, OutcomeCounts, Service, ServiceGraph, Statistics};

/// More nodes than these cannot be read: then those that call nobody are put together, by type.
const READABLE: usize = 60;

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
        Self::over(graph, None)
    }

    /// The map of a time range. Rates count from its first request on, so that those of a program that has just been started are not
    /// thinned out by the time before.
    pub(crate) fn of_time(graph: &ServiceGraph, start: f64, end: f64) -> Self {
        let services = graph.services().iter();
        let first = services.map(|service| service.start_time).reduce(f64::min);
        let seconds = end - first.map_or(start, |first| first.max(start));
        Self::over(graph, Some((seconds / 60.0).max(1.0)))
    }

    fn over(graph: &ServiceGraph, minutes: Option<f64>) -> Self {
        let groups = Groups::of(graph);
        let edges = groups.edges(graph);
        let layout = Layout::of(groups.len(), edges.keys().copied());
        let nodes = groups.members.iter().zip(&layout.places);
        Self {
            width: layout.width,
            height: layout.height,
            nodes: nodes
                .map(|(members, place)| Node::of(members, *place, minutes))
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

/// Which services stand in one place.
struct Groups<'a> {
    members: Vec<Vec<&'a Service>>,
    place_of: Vec<usize>,
}

#[derive(Default)]
struct Sum {
    is_link: bool,
    statistics: Statistics,
    times: Histogram,
}

impl<'a> Groups<'a> {
    fn of(graph: &'a ServiceGraph) -> Self {
        let services = graph.services();
        let is_crowded = services.len() > READABLE;
        let mut callers = vec![BTreeSet::new(); services.len()];
        for service in services {
            for edge in &service.edges {
                callers[edge.reference_id].insert(service.reference_id);
            }
        }
        let mut groups = Self {
            members: Vec::new(),
            place_of: Vec::new(),
        };
        let mut leaves = BTreeMap::new();
        for (service, callers) in services.iter().zip(callers) {
            let new = groups.members.len();
            let is_leaf = service.edges.is_empty() && !callers.is_empty();
            let place = match is_crowded && is_leaf {
                true => *leaves.entry((&service.id.kind, callers)).or_insert(new),
                false => new,
            };
            if place == new {
                groups.members.push(Vec::new());
            }
            groups.members[place].push(service);
            groups.place_of.push(place);
        }
        groups
    }

    fn len(&self) -> usize {
        self.members.len()
    }

    fn edges(&self, graph: &ServiceGraph) -> BTreeMap<(usize, usize), Sum> {
        let mut edges = BTreeMap::<_, Sum>::new();
        for service in graph.services() {
            for edge in &service.edges {
                let ends = (
                    self.place_of[service.reference_id],
                    self.place_of[edge.reference_id],
                );
                let sum = edges.entry(ends).or_default();
                sum.is_link |= edge.edge_type == EdgeType::Link;
                sum.statistics.merge(&edge.summary_statistics);
                sum.times.merge(&edge.response_time_histogram);
            }
        }
        edges
    }
}

impl Node {
    fn of(members: &[&Service], (x, y): (f64, f64), minutes: Option<f64>) -> Self {
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
            name: match is_one {
                true => first.id.name.clone(),
                false => format!("{} services", members.len()),
            },
            kind: first.id.kind.clone(),
            x,
            y,
            is_root: first.root,
            is_active: first.state == crate::graph::State::Active,
            counts: sum.as_ref().map(|sum| Counts::of(sum, &times, minutes)),
            histogram: times.entries(),
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
