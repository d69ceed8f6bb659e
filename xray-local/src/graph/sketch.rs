//! A graph that grows.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::node::{Edge, EdgeType, Service, State};
use super::tally::Tally;
use super::{Histogram, ServiceGraph};
use crate::entry::{CalledBy, Entry, Moment, Work};
use crate::query::TimeRange;
use crate::trace::ServiceId;

/// The tallies of nodes and edges, of the requests that begin in a time range. A node counts what the service recorded, an edge what the caller did, so
/// one of the two may begin outside.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Sketch {
    range: TimeRange,
    nodes: BTreeMap<Arc<ServiceId>, Node>,
    edges: BTreeMap<(Arc<ServiceId>, Arc<ServiceId>, EdgeType), Tally>,
    /// The services that told of themselves in what was added, whether or not any of it was counted.
    sent: BTreeSet<ServiceId>,
}

#[derive(Clone, Debug, Default, PartialEq)]
struct Node {
    tally: Tally,
    /// When it was called, called others, and when what it handed on was taken up. Counts nothing; it is all there is while its own requests lie
    /// outside.
    beside: Tally,
    /// Whether requests came from outside.
    is_root: bool,
}

/// What some requests have in common.
#[derive(Clone, Copy)]
pub(crate) struct Flow<'a> {
    pub(crate) service: &'a ServiceId,
    pub(crate) caller: CalledBy<&'a ServiceId>,
    pub(crate) is_inferred: bool,
    /// Whether they go on from somewhere by a link.
    pub(crate) is_linked: bool,
    /// Whether what their callers recorded is counted with others, that answered the same calls.
    pub(crate) is_again: bool,
}

impl Sketch {
    /// Of the requests that begin in a time range. What is added may have others, too.
    pub(crate) fn within(range: TimeRange) -> Self {
        Self {
            range,
            nodes: BTreeMap::new(),
            edges: BTreeMap::new(),
            sent: BTreeSet::new(),
        }
    }

    pub(crate) fn range(&self) -> TimeRange {
        self.range
    }

    /// Counts a trace.
    pub(crate) fn add(&mut self, entry: &Entry) {
        for work in &entry.works {
            let (request, call) = (Moment::of(&work.request), Moment::of(work.call()));
            let tally = |request| Tally::of_one_in(&self.range, request);
            let (own, call) = (tally(request), tally(call));
            self.put(Flow::of(work), &own, &call);
            if own.is_empty() {
                continue;
            }
            for (source, age) in work.sources() {
                let mut tally = Tally::default();
                tally.count_aged(request, age);
                self.link(source, &work.service, &tally);
            }
        }
    }

    /// Counts requests: as the service saw them, and as their callers did. There are some, though maybe outside of the time range.
    pub(crate) fn put(&mut self, flow: Flow<'_>, own: &Tally, call: &Tally) {
        if !flow.is_inferred && !self.sent.contains(flow.service) {
            self.sent.insert(flow.service.clone());
        }
        if !own.is_empty() {
            self.node(flow.service).tally.merge(own);
        }
        match flow.caller {
            // What came by a link came from there, and not from a client.
            CalledBy::Client if flow.is_linked => {}
            CalledBy::Client if !own.is_empty() => {
                self.node(flow.service).is_root = true;
                let client = ServiceId::client_of(flow.service);
                self.node(&client).tally.extend(own);
                self.edge(&client, flow.service, EdgeType::Call, own);
            }
            CalledBy::Service(caller) if !call.is_empty() && !flow.is_again => {
                self.edge(caller, flow.service, EdgeType::Call, call);
            }
            CalledBy::Client | CalledBy::Service(_) | CalledBy::Unknown => {}
        }
    }

    /// Counts requests that came to a service through other traces.
    pub(crate) fn link(&mut self, source: &ServiceId, service: &ServiceId, requests: &Tally) {
        self.edge(source, service, EdgeType::Link, requests);
    }

    /// Counts requests on the way from a service to another.
    fn edge(&mut self, caller: &ServiceId, called: &ServiceId, kind: EdgeType, requests: &Tally) {
        for end in [caller, called] {
            self.node(end).beside.extend(requests);
        }
        let ends = (self.known(caller), self.known(called), kind);
        self.edges.entry(ends).or_default().merge(requests);
    }

    fn node(&mut self, id: &ServiceId) -> &mut Node {
        let id = self.known(id);
        self.nodes.entry(id).or_default()
    }

    /// The one copy of an id that all its nodes and edges share.
    fn known(&self, id: &ServiceId) -> Arc<ServiceId> {
        match self.nodes.get_key_value(id) {
            Some((known, _)) => Arc::clone(known),
            None => Arc::new(id.clone()),
        }
    }

    pub(crate) fn finish(self) -> ServiceGraph {
        let numbers: BTreeMap<_, _> = self.nodes.keys().cloned().zip(0..).collect();
        let nodes = self.nodes.into_iter().zip(0..);
        let mut services: Vec<_> = nodes
            .map(|((id, node), number)| {
                let has_sent = self.sent.contains(&*id);
                service(number, id, node, has_sent)
            })
            .collect();
        for ((caller, called, kind), tally) in self.edges {
            // The maps are ordered alike, so the edges of each service are, too.
            services[numbers[&caller]]
                .edges
                .push(edge(numbers[&called], kind, tally));
        }
        ServiceGraph { services }
    }
}

impl<'a> Flow<'a> {
    pub(crate) fn of(work: &'a Work) -> Self {
        Self {
            service: &work.service,
            caller: work.caller.as_ref(),
            is_inferred: work.is_inferred,
            is_linked: work.sources().next().is_some(),
            is_again: work.is_again,
        }
    }
}

impl Default for Sketch {
    /// Of all requests.
    fn default() -> Self {
        Self::within(TimeRange::ALWAYS)
    }
}

fn service(reference_id: usize, id: Arc<ServiceId>, node: Node, has_sent: bool) -> Service {
    let times = match node.tally.is_empty() {
        true => &node.beside,
        false => &node.tally,
    };
    let (start_time, end_time) = times.extent();
    Service {
        reference_id,
        root: node.is_root,
        state: match has_sent {
            true => State::Active,
            false => State::Unknown,
        },
        start_time,
        end_time,
        edges: Vec::new(),
        summary_statistics: (!id.is_client()).then_some(node.tally.statistics),
        duration_histogram: node.tally.times.clone(),
        response_time_histogram: node.tally.times,
        id: Arc::unwrap_or_clone(id),
    }
}

fn edge(reference_id: usize, edge_type: EdgeType, tally: Tally) -> Edge {
    let (start_time, end_time) = tally.extent();
    let is_link = edge_type == EdgeType::Link;
    Edge {
        reference_id,
        start_time,
        end_time,
        summary_statistics: tally.statistics,
        // Nobody waits at the other end of a link.
        response_time_histogram: match is_link {
            true => Histogram::default(),
            false => tally.times,
        },
        received_event_age_histogram: tally.ages,
        edge_type,
        aliases: [],
    }
}
