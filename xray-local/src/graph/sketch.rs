//! A graph that grows trace by trace, and shrinks when traces are taken out.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::node::{Edge, EdgeType, Service, State};
use super::tally::Tally;
use super::{Histogram, ServiceGraph};
use crate::entry::{CalledBy, Entry, Request, Source, Work};
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
    /// How many requests came from outside, and how many the service told of itself.
    from_outside: u64,
    sent: u64,
}

/// Whether what a trace tells is added or taken out.
#[derive(Clone, Copy, PartialEq)]
enum Way {
    In,
    Out,
}

impl Sketch {
    /// Counts a trace.
    pub(crate) fn add(&mut self, entry: &Entry) {
        for work in &entry.works {
            self.put(work, Way::In);
        }
    }

    /// Takes a trace out that was counted as it is now.
    pub(crate) fn remove(&mut self, entry: &Entry) {
        for work in &entry.works {
            self.put(work, Way::Out);
        }
        self.nodes
            .retain(|_, node| !node.tally.is_empty() || !node.handed_on.is_empty());
        self.edges.retain(|_, tally| !tally.is_empty());
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        for (id, node) in &other.nodes {
            let own = self.nodes.entry(Arc::clone(id)).or_default();
            own.tally.merge(&node.tally);
            own.handed_on.merge(&node.handed_on);
            own.from_outside += node.from_outside;
            own.sent += node.sent;
        }
        for (ends, tally) in &other.edges {
            self.edges.entry(ends.clone()).or_default().merge(tally);
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// Whether a time in it may be too early or too late, for what gave it was taken out.
    pub(crate) fn is_loose(&self) -> bool {
        let nodes = self.nodes.values();
        let mut tallies = nodes.flat_map(|node| [&node.tally, &node.handed_on]);
        tallies.any(Tally::is_loose) || self.edges.values().any(Tally::is_loose)
    }

    fn put(&mut self, work: &Work, way: Way) {
        let service = self.known(&work.service);
        let node = self.nodes.entry(Arc::clone(&service)).or_default();
        way.count(&mut node.tally, &work.request);
        way.step(&mut node.sent, !work.is_inferred);
        let sources = work.links.iter().filter_map(|link| link.source.as_ref());
        let is_linked = sources.clone().next().is_some();
        match &work.caller {
            // What came by a link came from there, and not from a client.
            CalledBy::Client if is_linked => {}
            CalledBy::Client => {
                way.step(&mut node.from_outside, true);
                let client = self.known(&ServiceId::client_of(&work.service));
                let node = self.nodes.entry(Arc::clone(&client)).or_default();
                way.widen(&mut node.tally, &work.request);
                way.count(self.edge(&client, &service, EdgeType::Call), &work.request);
            }
            CalledBy::Service(caller) => {
                let caller = self.known(caller);
                way.count(self.edge(&caller, &service, EdgeType::Call), work.call());
            }
            CalledBy::Unknown => {}
        }
        for source in sources {
            self.link(source, &service, &work.request, way);
        }
    }

    /// What came to a service through another trace.
    fn link(&mut self, source: &Source, service: &Arc<ServiceId>, request: &Request, way: Way) {
        let from = self.known(&source.service);
        let node = self.nodes.entry(Arc::clone(&from)).or_default();
        way.widen(&mut node.handed_on, request);
        let tally = self.edge(&from, service, EdgeType::Link);
        way.count(tally, request);
        let age = (request.start - source.time).max(0.0);
        match way {
            Way::In => tally.ages.count(age),
            Way::Out => tally.ages.uncount(age),
        }
    }

    fn edge(
        &mut self,
        caller: &Arc<ServiceId>,
        called: &Arc<ServiceId>,
        kind: EdgeType,
    ) -> &mut Tally {
        let ends = (Arc::clone(caller), Arc::clone(called), kind);
        self.edges.entry(ends).or_default()
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

impl Way {
    fn count(self, tally: &mut Tally, request: &Request) {
        match self {
            Self::In => tally.count(request),
            Self::Out => tally.uncount(request),
        }
    }

    fn widen(self, tally: &mut Tally, request: &Request) {
        match self {
            Self::In => tally.widen(request),
            Self::Out => tally.narrow(request),
        }
    }

    fn step(self, number: &mut u64, holds: bool) {
        match self {
            Self::In => *number += u64::from(holds),
            Self::Out => *number = number.saturating_sub(u64::from(holds)),
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
        root: node.from_outside > 0,
        state: match node.sent {
            0 => State::Unknown,
            _ => State::Active,
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
