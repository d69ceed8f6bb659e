//! A graph that grows.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::node::{Edge, EdgeType, Service, State};
use super::tally::Tally;
use super::{Histogram, ServiceGraph};
use crate::entry::{CalledBy, Entry, Moment, Work};
use crate::trace::ServiceId;

/// The tallies of nodes and edges.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Sketch {
    nodes: BTreeMap<Arc<ServiceId>, Node>,
    edges: BTreeMap<(Arc<ServiceId>, Arc<ServiceId>, EdgeType), Tally>,
}

#[derive(Clone, Debug, Default, PartialEq)]
struct Node {
    tally: Tally,
    /// When what it handed on was taken up. Counts nothing; it is all there is while its own traces lie outside.
    handed_on: Tally,
    /// Whether requests came from outside, and whether the service told of itself.
    is_root: bool,
    has_sent: bool,
}

/// What some requests have in common.
#[derive(Clone, Copy)]
pub(crate) struct Flow<'a> {
    pub(crate) service: &'a ServiceId,
    pub(crate) caller: CalledBy<&'a ServiceId>,
    pub(crate) is_inferred: bool,
    /// Whether they go on from somewhere by a link.
    pub(crate) is_linked: bool,
}

impl Sketch {
    /// Counts a trace.
    pub(crate) fn add(&mut self, entry: &Entry) {
        for work in &entry.works {
            let request = Moment::of(&work.request);
            let (own, call) = (Tally::of(request), Tally::of(Moment::of(work.call())));
            self.put(Flow::of(work), &own, &call);
            for (source, age) in work.sources() {
                let mut tally = Tally::default();
                tally.count_aged(request, age);
                self.link(source, &work.service, &tally);
            }
        }
    }

    /// Counts requests: as the service saw them, and as their callers did.
    pub(crate) fn put(&mut self, flow: Flow<'_>, own: &Tally, call: &Tally) {
        if own.is_empty() {
            return;
        }
        let service = self.known(flow.service);
        let node = self.nodes.entry(Arc::clone(&service)).or_default();
        node.tally.merge(own);
        node.has_sent |= !flow.is_inferred;
        match flow.caller {
            // What came by a link came from there, and not from a client.
            CalledBy::Client if flow.is_linked => {}
            CalledBy::Client => {
                node.is_root = true;
                let client = self.known(&ServiceId::client_of(&service));
                let node = self.nodes.entry(Arc::clone(&client)).or_default();
                node.tally.extend(own);
                self.edge(client, service, EdgeType::Call).merge(own);
            }
            CalledBy::Service(caller) => {
                let caller = self.known(caller);
                self.edge(caller, service, EdgeType::Call).merge(call);
            }
            CalledBy::Unknown => {}
        }
    }

    /// Counts requests that came to a service through other traces.
    pub(crate) fn link(&mut self, source: &ServiceId, service: &ServiceId, requests: &Tally) {
        let (source, service) = (self.known(source), self.known(service));
        let node = self.nodes.entry(Arc::clone(&source)).or_default();
        node.handed_on.extend(requests);
        self.edge(source, service, EdgeType::Link).merge(requests);
    }

    fn edge(
        &mut self,
        caller: Arc<ServiceId>,
        called: Arc<ServiceId>,
        kind: EdgeType,
    ) -> &mut Tally {
        self.edges.entry((caller, called, kind)).or_default()
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
        let mut services: Vec<_> = self.nodes.into_iter().zip(0..).map(service).collect();
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
        }
    }
}

fn service(((id, node), reference_id): ((Arc<ServiceId>, Node), usize)) -> Service {
    let times = match node.tally.is_empty() {
        true => &node.handed_on,
        false => &node.tally,
    };
    let (start_time, end_time) = times.extent();
    Service {
        reference_id,
        root: node.is_root,
        state: match node.has_sent {
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
