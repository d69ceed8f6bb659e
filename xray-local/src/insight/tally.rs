//! What is counted for insights: requests and faults by minute and service.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use crate::entry::{CalledBy, Entry};
use crate::forecast::Counts;
use crate::trace::{Outcome, ServiceId};

/// The seconds of a minute.
pub(crate) const MINUTE: f64 = 60.0;

/// The counts of some traces, by the minute in which requests began.
#[derive(Debug, Default)]
pub(crate) struct Tallies {
    minutes: BTreeMap<i64, Minute>,
    failed: BTreeSet<ServiceId>,
}

/// The counts of one minute.
#[derive(Debug, Default)]
pub(super) struct Minute {
    /// The requests by which traces begin.
    pub(super) clients: Counts,
    services: BTreeMap<ServiceId, Service>,
}

#[derive(Debug, Default)]
struct Service {
    requests: u64,
    faults: u64,
    /// The faults where nothing that it called failed.
    own_faults: u64,
    /// The services that failed because of these, with how often.
    failed_with: BTreeMap<ServiceId, u64>,
}

impl Tallies {
    /// Counts the finished requests of a trace.
    pub(crate) fn add(&mut self, entry: &Entry) {
        let ways = ways(entry);
        for work in &entry.works {
            let request = &work.request;
            if request.end.is_none() {
                continue;
            }
            let number = (request.start / MINUTE).floor() as i64;
            let minute = self.minutes.entry(number).or_default();
            let is_fault = request.outcome == Outcome::Fault;
            if work.caller == CalledBy::Client {
                minute.clients.requests += 1;
                minute.clients.faults += u64::from(is_fault);
            }
            let service = minute.services.entry(work.service.clone()).or_default();
            service.requests += 1;
            service.faults += u64::from(is_fault);
            let Some(way) = ways.get(&work.service).filter(|_| is_fault) else {
                continue;
            };
            service.own_faults += 1;
            for other in way {
                *service.failed_with.entry((*other).clone()).or_default() += 1;
            }
            self.failed.insert(work.service.clone());
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

/// Whether a trace failed by a service's own fault.
pub(crate) fn has_root_cause(entry: &Entry, service: &ServiceId) -> bool {
    ways(entry).contains_key(service)
}

/// The services where something failed while nothing that they called did, each with those that failed on the way there.
fn ways(entry: &Entry) -> BTreeMap<&ServiceId, BTreeSet<&ServiceId>> {
    let mut ways: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    let has_failed = |service: &ServiceId| {
        let mut works = entry.works.iter();
        works.any(|work| work.request.outcome == Outcome::Fault && work.service == *service)
    };
    for cause in &entry.causes.faults {
        if let Some(last) = cause.services.last() {
            let way = cause.services.iter().map(|service| &service.id);
            let failed = way.filter(|service| has_failed(service));
            ways.entry(&last.id).or_default().extend(failed);
        }
    }
    ways
}
