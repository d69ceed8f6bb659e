//! Which services of a large graph are drawn in one place.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::{EdgeType, Histogram, Service, ServiceGraph, Statistics};
use crate::hash::letters;

/// More nodes than these cannot be read.
const READABLE: usize = 60;

/// So many clusters are open at a time, the latest: a map of more takes long to lay out.
const OPEN: usize = 5;

/// Services that stand in one place.
pub(crate) struct Cluster<'a> {
    /// By which it is opened; none of a single service. The same as long as the graph has this shape.
    pub(crate) key: Option<String>,
    pub(crate) members: Vec<&'a Service>,
}

/// The calls between two places, taken together.
#[derive(Default)]
pub(crate) struct Calls {
    pub(crate) is_link: bool,
    pub(crate) statistics: Statistics,
    pub(crate) times: Histogram,
}

/// All services of a graph, each in its place.
pub(crate) struct Clusters<'a> {
    pub(crate) all: Vec<Cluster<'a>>,
    /// The place of each service, by its number.
    pub(crate) place_of: Vec<usize>,
}

impl<'a> Clusters<'a> {
    /// Each service stands alone where the graph is small. In a large one those are put together that tell least apart: those that call nobody, by
    /// type and callers; the clients; those that call nobody, by type; services as far from the clients as one another, the least busy of them
    /// first; and whatever is there, by distance. Of a cluster that is opened the busiest stand alone, as many more each time it is named.
    pub(crate) fn of(graph: &'a ServiceGraph, opened: &[&str]) -> Self {
        let mut keys = Keys::of(graph);
        keys.join_until_readable();
        for key in &opened[opened.len().saturating_sub(OPEN)..] {
            keys.open(key);
        }
        keys.clusters()
    }

    /// The calls between places. What the members of one call of one another is left out.
    pub(crate) fn calls(&self) -> BTreeMap<(usize, usize), Calls> {
        let mut calls = BTreeMap::<_, Calls>::new();
        for service in self.all.iter().flat_map(|cluster| &cluster.members) {
            for edge in &service.edges {
                let services = (service.reference_id, edge.reference_id);
                let ends = (self.place_of[services.0], self.place_of[services.1]);
                if ends.0 == ends.1 && services.0 != services.1 {
                    continue;
                }
                let between = calls.entry(ends).or_default();
                between.is_link |= edge.edge_type == EdgeType::Link;
                between.statistics.merge(&edge.summary_statistics);
                between.times.merge(&edge.response_time_histogram);
            }
        }
        calls
    }
}

impl Cluster<'_> {
    /// The one service, where it does not stand for many.
    pub(crate) fn only(&self) -> Option<&Service> {
        match self.members.as_slice() {
            [only] => Some(only),
            _ => None,
        }
    }

    /// The name of the service, or how many there are.
    pub(crate) fn name(&self) -> String {
        let id = &self.members[0].id;
        let count = self.members.len();
        match (self.only(), id.is_client()) {
            (Some(_), _) => id.name.clone(),
            (None, true) => format!("{count} clients"),
            (None, false) => format!("{count} services"),
        }
    }

    /// The type that all have.
    pub(crate) fn kind(&self) -> &str {
        let first = &self.members[0].id.kind;
        match self.members.iter().all(|other| other.id.kind == *first) {
            true => first,
            false => "several types",
        }
    }

    /// What all of them did. None where all are clients.
    pub(crate) fn statistics(&self) -> Option<Statistics> {
        let each = self.members.iter();
        let each = each.filter_map(|service| service.summary_statistics.as_ref());
        each.fold(None, |mut sum, statistics| {
            sum.get_or_insert_with(Statistics::default)
                .merge(statistics);
            sum
        })
    }

    /// How long their requests took.
    pub(crate) fn times(&self) -> Histogram {
        let mut times = Histogram::default();
        for service in &self.members {
            times.merge(&service.response_time_histogram);
        }
        times
    }
}

/// The key of the cluster of each service that does not stand alone.
struct Keys<'a> {
    services: &'a [Service],
    callers: Vec<BTreeSet<usize>>,
    keys: Vec<Option<String>>,
    /// How many places there are.
    count: usize,
}

impl<'a> Keys<'a> {
    fn of(graph: &'a ServiceGraph) -> Self {
        let services = graph.services();
        let mut callers = vec![BTreeSet::new(); services.len()];
        for service in services {
            for edge in &service.edges {
                callers[edge.reference_id].insert(service.reference_id);
            }
        }
        Self {
            services,
            callers,
            keys: vec![None; services.len()],
            count: services.len(),
        }
    }

    fn join_until_readable(&mut self) {
        self.join_alike(|keys, number| {
            let callers = keys.callers[number].iter();
            let callers: Vec<_> = callers.map(|caller| keys.name(*caller)).collect();
            keys.is_leaf(number)
                .then(|| keys.name_of("called by", number) + &callers.join("\n"))
        });
        self.join_alike(|keys, number| {
            let is_client = keys.services[number].id.is_client();
            is_client.then(|| "clients".to_owned())
        });
        self.join_alike(|keys, number| {
            let is_own = keys.is_leaf(number) && keys.callers[number].len() == 1;
            is_own.then(|| keys.name_of("called by one", number))
        });
        self.join_alike(|keys, number| {
            keys.is_leaf(number).then(|| keys.name_of("leaves", number))
        });
        if self.count <= READABLE {
            return;
        }
        let depths = self.depths();
        self.join_least_busy(&depths);
        let mut width = 1;
        while self.count > READABLE {
            self.keys.fill(None);
            self.count = self.services.len();
            self.join_alike(|_, number| Some(format!("{width} {}", depths[number] / width)));
            width *= 2;
        }
    }

    fn is_leaf(&self, number: usize) -> bool {
        self.services[number].edges.is_empty() && !self.callers[number].is_empty()
    }

    fn name(&self, number: usize) -> String {
        let id = &self.services[number].id;
        format!("{}\n{}\n", id.name, id.kind)
    }

    fn name_of(&self, what: &str, number: usize) -> String {
        format!("{what}\n{}\n", self.services[number].id.kind)
    }

    /// Puts those together of which `class` says the same, the largest classes first, until what is left can be read.
    fn join_alike(&mut self, class: impl Fn(&Self, usize) -> Option<String>) {
        let mut classes = BTreeMap::<_, Vec<_>>::new();
        for number in 0..self.services.len() {
            if let Some(class) = class(self, number) {
                classes.entry(class).or_default().push(number);
            }
        }
        let mut classes: Vec<_> = classes.into_iter().collect();
        classes.sort_by_key(|(_, members)| usize::MAX - members.len());
        for (class, members) in classes {
            if self.count > READABLE {
                self.join(&class, &members);
            }
        }
    }

    /// Of those that still stand alone, as many as have to be put together, from the largest depth on.
    fn join_least_busy(&mut self, depths: &[usize]) {
        let mut levels = BTreeMap::<_, Vec<_>>::new();
        for (number, key) in self.keys.iter().enumerate() {
            if key.is_none() {
                levels.entry(depths[number]).or_default().push(number);
            }
        }
        let mut levels: Vec<_> = levels.into_iter().collect();
        levels.sort_by_key(|(_, members)| usize::MAX - members.len());
        for (depth, mut members) in levels {
            let surplus = self.count.saturating_sub(READABLE);
            if surplus > 0 {
                members.sort_by_key(|number| requests(&self.services[*number]));
                members.truncate(surplus + 1);
                self.join(&format!("depth {depth}"), &members);
            }
        }
    }

    fn join(&mut self, class: &str, members: &[usize]) {
        let key = letters(&[class.as_bytes()]);
        let places: BTreeSet<_> = members
            .iter()
            .map(|number| {
                (
                    self.keys[*number].clone(),
                    self.keys[*number].is_none().then_some(*number),
                )
            })
            .collect();
        if places.len() < 2 {
            return;
        }
        self.count -= places.len() - 1;
        for number in members {
            self.keys[*number] = Some(key.clone());
        }
    }

    /// How many calls each service is from those whom nobody calls.
    fn depths(&self) -> Vec<usize> {
        let mut depths = vec![None; self.services.len()];
        let firsts = (0..depths.len()).filter(|number| self.callers[*number].is_empty());
        let mut ahead: VecDeque<_> = firsts.map(|number| (number, 0)).collect();
        // Then circles that nothing leads into.
        for start in 0..=depths.len() {
            while let Some((number, depth)) = ahead.pop_front() {
                if depths[number].is_none() {
                    depths[number] = Some(depth);
                    let called = self.services[number].edges.iter();
                    ahead.extend(called.map(|edge| (edge.reference_id, depth + 1)));
                }
            }
            if depths.get(start) == Some(&None) {
                ahead.push_back((start, 0));
            }
        }
        depths.into_iter().map(|depth| depth.unwrap_or(0)).collect()
    }

    fn open(&mut self, key: &str) {
        let is_in = |number: &usize| self.keys[*number].as_deref() == Some(key);
        let mut members: Vec<_> = (0..self.keys.len()).filter(is_in).collect();
        members.sort_by_key(|number| u64::MAX - requests(&self.services[*number]));
        members.truncate(READABLE);
        for number in members {
            self.keys[number] = None;
        }
    }

    fn clusters(self) -> Clusters<'a> {
        let mut sizes = BTreeMap::<_, usize>::new();
        for key in self.keys.iter().flatten() {
            *sizes.entry(key.clone()).or_default() += 1;
        }
        let mut clusters = Clusters {
            all: Vec::new(),
            place_of: Vec::new(),
        };
        let mut places = BTreeMap::new();
        for (service, key) in self.services.iter().zip(self.keys) {
            let key = key.filter(|key| sizes[key] > 1);
            let new = clusters.all.len();
            let place = match &key {
                Some(key) => *places.entry(key.clone()).or_insert(new),
                None => new,
            };
            if place == new {
                let members = Vec::new();
                clusters.all.push(Cluster { key, members });
            }
            clusters.all[place].members.push(service);
            clusters.place_of.push(place);
        }
        clusters
    }
}

fn requests(service: &Service) -> u64 {
    let statistics = service.summary_statistics.as_ref();
    statistics.map_or(0, |statistics| statistics.total_count)
}

#[cfg(test)]
mod tests;
