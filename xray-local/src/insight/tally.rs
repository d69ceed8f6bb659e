//! What is counted for insights: requests and faults by minute and service.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;

use crate::entry::{CalledBy, Entry, Moment};
use crate::forecast::Counts;
use crate::graph::{Flow, Sketch};
use crate::index::{Gather, Rows};
use crate::query::RootCause;
use crate::trace::{Outcome, ServiceId};

/// The seconds of a minute.
pub(crate) const MINUTE: f64 = 60.0;
const MINUTE_SECONDS: u32 = 60;

/// The counts of some traces, by the minute in which requests began.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Tallies {
    minutes: BTreeMap<i64, Minute>,
    failed: BTreeSet<ServiceId>,
}

/// The counts of one minute.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Minute {
    /// The requests by which traces begin.
    pub(super) clients: Counts,
    services: BTreeMap<ServiceId, Service>,
}

#[derive(Debug, Default, PartialEq)]
struct Service {
    requests: u64,
    faults: u64,
    /// The faults where nothing that it called failed.
    own_faults: u64,
    /// The services that failed because of these, with how often.
    failed_with: BTreeMap<ServiceId, u64>,
}

impl Tallies {
    /// Counts finished requests that began in one minute.
    fn count(&mut self, minute: i64, flow: Flow<'_>, outcome: Outcome, requests: u64) {
        let faults = match outcome {
            Outcome::Fault => requests,
            _ => 0,
        };
        let minute = self.minutes.entry(minute).or_default();
        if flow.caller == CalledBy::Client {
            minute.clients += Counts { requests, faults };
        }
        let service = minute.services.entry(flow.service.clone()).or_default();
        service.requests += requests;
        service.faults += faults;
    }

    /// Counts the faults of a trace that were its services' own, by the root causes of its faults.
    fn count_own<'a>(
        &mut self,
        causes: impl IntoIterator<Item = &'a RootCause>,
        requests: &[(Flow<'a>, Moment)],
    ) {
        let is_fault = |(_, request): &&(Flow<'_>, Moment)| request.outcome == Outcome::Fault;
        let failed = requests.iter().filter(is_fault);
        let ways = ways(
            causes,
            &failed.clone().map(|(flow, _)| flow.service).collect(),
        );
        for (flow, request) in failed.filter(|(_, request)| request.duration.is_some()) {
            let Some(way) = ways.get(flow.service) else {
                continue;
            };
            let minute = self.minutes.entry(request.stretch(MINUTE_SECONDS));
            let services = &mut minute.or_default().services;
            let service = services.entry(flow.service.clone()).or_default();
            service.own_faults += 1;
            for other in way {
                *service.failed_with.entry((*other).clone()).or_default() += 1;
            }
            self.failed.insert(flow.service.clone());
        }
    }

    /// The services that failed by their own fault.
    pub(super) fn failed(&self) -> impl Iterator<Item = &ServiceId> {
        self.failed.iter()
    }

    pub(super) fn all(&self) -> impl Iterator<Item = (i64, &Minute)> {
        self.minutes
            .iter()
            .map(|(number, minute)| (*number, minute))
    }

    pub(super) fn minutes(&self, range: Range<i64>) -> impl Iterator<Item = &Minute> {
        self.minutes.range(range).map(|(_, minute)| minute)
    }
}

impl Minute {
    /// The requests of a service, and those that failed.
    pub(super) fn requests(&self, service: &ServiceId) -> Counts {
        self.count(service, |service| service.faults)
    }

    /// The requests of a service, and those that failed by its own fault.
    pub(super) fn own(&self, service: &ServiceId) -> Counts {
        self.count(service, |service| service.own_faults)
    }

    /// The services that failed because of a service, itself among them, with how often.
    pub(super) fn failed_with(
        &self,
        service: &ServiceId,
    ) -> impl Iterator<Item = (&ServiceId, u64)> {
        let service = self.services.get(service);
        let failed = service.into_iter().flat_map(|service| &service.failed_with);
        failed.map(|(other, faults)| (other, *faults))
    }

    fn count(&self, service: &ServiceId, faults: impl Fn(&Service) -> u64) -> Counts {
        let service = self.services.get(service);
        service.map_or_else(Counts::default, |service| Counts {
            requests: service.requests,
            faults: faults(service),
        })
    }
}

impl Gather for Tallies {
    fn rows(&mut self, rows: &Rows<'_>) {
        let flows: Vec<_> = rows.flows().collect();
        let mut counts: HashMap<_, (Outcome, u64)> = HashMap::new();
        for row in rows.all().filter(|row| row.request.duration.is_some()) {
            let place = (row.request.stretch(MINUTE_SECONDS), row.profile);
            counts.entry(place).or_insert((row.request.outcome, 0)).1 += 1;
        }
        for ((minute, profile), (outcome, requests)) in counts {
            self.count(minute, flows[profile], outcome, requests);
        }
        for (trace, causes) in rows.faults() {
            let requests = rows.of_trace(trace);
            let requests: Vec<_> = requests
                .map(|row| (flows[row.profile], row.request))
                .collect();
            self.count_own(causes, &requests);
        }
    }

    fn entry(&mut self, entry: &Entry) {
        let requests = entry.works.iter();
        let requests: Vec<_> = requests
            .map(|work| (Flow::of(work), Moment::of(&work.request)))
            .collect();
        for (flow, request) in &requests {
            if request.duration.is_some() {
                self.count(request.stretch(MINUTE_SECONDS), *flow, request.outcome, 1);
            }
        }
        self.count_own(&entry.causes.faults, &requests);
    }
}

/// Draws the traces that failed by one service's own fault.
pub(crate) struct Failing<'a> {
    pub(crate) service: &'a ServiceId,
    pub(crate) sketch: Sketch,
}

impl Failing<'_> {
    fn is_meant<'c>(&self, causes: impl IntoIterator<Item = &'c RootCause>) -> bool {
        let mut lasts = causes.into_iter().filter_map(|cause| cause.services.last());
        lasts.any(|last| last.id == *self.service)
    }
}

impl Gather for Failing<'_> {
    fn rows(&mut self, rows: &Rows<'_>) {
        let faults = rows.faults();
        let meant = faults.filter(|(_, causes)| self.is_meant(causes.iter().copied()));
        let meant = rows.of(meant.map(|(trace, _)| trace));
        self.sketch.rows(&meant);
    }

    fn entry(&mut self, entry: &Entry) {
        if self.is_meant(&entry.causes.faults) {
            self.sketch.add(entry);
        }
    }
}

/// The services where something failed while nothing that they called did, each with those that failed on the way there.
fn ways<'a>(
    causes: impl IntoIterator<Item = &'a RootCause>,
    failed: &BTreeSet<&ServiceId>,
) -> BTreeMap<&'a ServiceId, BTreeSet<&'a ServiceId>> {
    let mut ways: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for cause in causes {
        if let Some(last) = cause.services.last() {
            let way = cause.services.iter().map(|service| &service.id);
            let way = way.filter(|service| failed.contains(service));
            ways.entry(&last.id).or_default().extend(way);
        }
    }
    ways
}
