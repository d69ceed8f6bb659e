//! The service graph: who calls whom, how often, how fast, and how well.

mod histogram;
mod node;
mod statistics;

use std::collections::BTreeMap;

use serde::Serialize;
use xray_sdk::document::{Document, Trace};

use crate::trace::{Anatomy, Caller, Outcome, ServiceId, seconds};
pub use histogram::Histogram;
pub use node::{Edge, Service, State};
pub use statistics::{ErrorStatistics, FaultStatistics, Statistics};

/// The services that took part in some traces, and the calls between them. Written as the API's list of services.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct ServiceGraph {
    services: Vec<Service>,
}

impl ServiceGraph {
    /// The graph of some traces.
    ///
    /// A service is told by name, type and account. Beside those that sent segments there are the services that were called and
    /// sent none, and the clients from which traces came. The node of a service is counted by its own segments, an edge
    /// by what the caller recorded.
    pub fn of<'a>(traces: impl IntoIterator<Item = &'a Trace>) -> Self {
        let mut sketch = Sketch::default();
        for trace in traces {
            sketch.add(trace);
        }
        sketch.finish()
    }

    /// The services, ordered by name. The number of a service is its place in this list.
    pub fn services(&self) -> &[Service] {
        &self.services
    }

    /// The pairs of services of which the first calls the second.
    pub fn edges(&self) -> impl Iterator<Item = (&Service, &Service)> {
        self.services.iter().flat_map(|caller| {
            let called = caller
                .edges
                .iter()
                .filter_map(|edge| self.services.get(edge.reference_id));
            called.map(move |service| (caller, service))
        })
    }
}

/// A graph that grows trace by trace.
#[derive(Default)]
pub(crate) struct Sketch {
    nodes: BTreeMap<ServiceId, Node>,
    edges: BTreeMap<(ServiceId, ServiceId), Tally>,
}

#[derive(Default)]
struct Node {
    tally: Tally,
    is_root: bool,
    has_segments: bool,
}

/// What is counted of a node, and of an edge.
struct Tally {
    start: f64,
    end: f64,
    statistics: Statistics,
    times: Histogram,
}

impl Sketch {
    pub(crate) fn add(&mut self, trace: &Trace) {
        let anatomy = Anatomy::of(trace);
        for segment in anatomy.segments() {
            let node = self.node(&segment.service);
            node.tally.count(segment.document);
            node.has_segments |= !segment.is_inferred;
            match segment.caller {
                Caller::Client => {
                    node.is_root = true;
                    let client = ServiceId::client_of(&segment.service);
                    self.node(&client).tally.widen(segment.document);
                    self.edge(&client, &segment.service).count(segment.document);
                }
                Caller::Segment { number, .. } => {
                    let caller = &anatomy.segments()[number].service;
                    let call = anatomy.call(segment);
                    self.edge(caller, &segment.service).count(call);
                }
                Caller::Unknown { .. } => {}
            }
        }
    }

    fn node(&mut self, service: &ServiceId) -> &mut Node {
        self.nodes.entry(service.clone()).or_default()
    }

    fn edge(&mut self, caller: &ServiceId, called: &ServiceId) -> &mut Tally {
        self.edges
            .entry((caller.clone(), called.clone()))
            .or_default()
    }

    pub(crate) fn finish(self) -> ServiceGraph {
        let numbers: BTreeMap<_, _> = self.nodes.keys().cloned().zip(0..).collect();
        let mut services: Vec<_> = self.nodes.into_iter().zip(0..).map(service).collect();
        for ((caller, called), tally) in self.edges {
            // The maps are ordered alike, so the edges of each service are, too.
            services[numbers[&caller]].edges.push(Edge::to(
                numbers[&called],
                (tally.start, tally.end),
                tally.statistics,
                tally.times,
            ));
        }
        ServiceGraph { services }
    }
}

fn service(((id, node), reference_id): ((ServiceId, Node), usize)) -> Service {
    let Node {
        tally,
        is_root,
        has_segments,
    } = node;
    Service {
        reference_id,
        root: is_root,
        state: match has_segments {
            true => State::Active,
            false => State::Unknown,
        },
        start_time: tally.start,
        end_time: tally.end,
        edges: Vec::new(),
        summary_statistics: (!id.is_client()).then_some(tally.statistics),
        duration_histogram: tally.times.clone(),
        response_time_histogram: tally.times,
        id,
    }
}

impl Default for Tally {
    fn default() -> Self {
        Self {
            start: f64::INFINITY,
            end: f64::NEG_INFINITY,
            statistics: Statistics::default(),
            times: Histogram::default(),
        }
    }
}

impl Tally {
    /// Takes the time of a request into the time of the whole.
    fn widen(&mut self, request: &Document) {
        self.start = self.start.min(request.start_time);
        // A request in progress has no end, and one by a broken clock may end before it begins.
        let end = request.end_time.unwrap_or(request.start_time);
        self.end = self.end.max(request.start_time).max(end);
    }

    /// Counts a request, when it is finished.
    fn count(&mut self, request: &Document) {
        self.widen(request);
        if let Some(duration) = request.duration() {
            self.statistics
                .count(Outcome::of(request), seconds(duration));
            self.times.count(duration);
        }
    }
}
