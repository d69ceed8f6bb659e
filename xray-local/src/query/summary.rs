//! A trace in a few lines, in the form of the API's `TraceSummary`.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Serialize, Serializer};
use xray_sdk::TraceId;
use xray_sdk::document::AnnotationValue;
use xray_sdk::document::limits::ANNOTATIONS_PER_TRACE;

use super::RootCause;
use crate::entry::{Entry, Request, Work};
use crate::trace::{Outcome, ServiceId, seconds};

/// What a list of traces tells of each.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct TraceSummary {
    /// The id.
    pub id: TraceId,
    /// When the first segment began, in seconds since 1970.
    pub start_time: f64,
    /// The seconds from the first start to the last end, over all segments.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration: Option<f64>,
    /// The seconds that the caller waited: those of the first segment. None while it goes on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_time: Option<f64>,
    /// Whether the first segment failed by its own fault. What failed further down and was dealt with does not count.
    pub has_fault: bool,
    /// Whether the first segment failed by its caller's fault.
    pub has_error: bool,
    /// Whether any segment turned a request away for asking too much.
    pub has_throttle: bool,
    /// Whether something is still to come.
    pub is_partial: bool,
    /// The request that the first segment served.
    pub http: EntryHttp,
    /// The values that were annotated, by key, with the services that did.
    pub annotations: BTreeMap<String, Vec<AnnotationValues>>,
    /// The users for whom requests were made.
    pub users: Vec<TraceUser>,
    /// All services that took part, the client among them.
    pub service_ids: BTreeSet<ServiceId>,
    /// The resources that services ran on.
    #[serde(rename = "ResourceARNs", serialize_with = "arns")]
    pub resource_arns: BTreeSet<String>,
    /// The EC2 instances that services ran on.
    #[serde(serialize_with = "ids")]
    pub instance_ids: BTreeSet<String>,
    /// The availability zones that services ran in.
    #[serde(serialize_with = "names")]
    pub availability_zones: BTreeSet<String>,
    /// The service where the trace begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entry_point: Option<ServiceId>,
    /// The ways to what failed by its own fault.
    pub fault_root_causes: Vec<RootCause>,
    /// The ways to what failed by its caller's fault.
    pub error_root_causes: Vec<RootCause>,
    /// The way along which the time went.
    pub response_time_root_causes: Vec<RootCause>,
    /// Grows with each document that comes.
    pub revision: u64,
    /// The time by which the trace matches what was asked for.
    pub matched_event_time: f64,
}

/// The request that a trace began with.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct EntryHttp {
    /// The URL.
    #[serde(rename = "HttpURL", skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The status of the response.
    #[serde(rename = "HttpStatus", skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The method.
    #[serde(rename = "HttpMethod", skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// The caller's user agent.
    #[serde(rename = "UserAgent", skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
    /// The caller's address.
    #[serde(rename = "ClientIp", skip_serializing_if = "Option::is_none")]
    pub client_ip: Option<String>,
}

/// A value that was annotated, and by which services.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct AnnotationValues {
    /// The value.
    #[serde(rename = "AnnotationValue", serialize_with = "annotation")]
    pub value: AnnotationValue,
    /// The services.
    pub service_ids: BTreeSet<ServiceId>,
}

/// A user, and the services that named it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct TraceUser {
    /// The user's name.
    pub user_name: String,
    /// The services.
    pub service_ids: BTreeSet<ServiceId>,
}

impl TraceSummary {
    pub(crate) fn of(entry: &Entry, matched_event_time: f64) -> Self {
        let root = entry.root();
        let request = root.map(|root| &root.request);
        let mut summary = Self {
            id: entry.id,
            start_time: entry.start_time,
            duration: entry.duration.map(seconds),
            response_time: request.and_then(Request::duration).map(seconds),
            has_fault: request.is_some_and(|request| request.outcome == Outcome::Fault),
            has_error: request.is_some_and(|request| request.is_error),
            has_throttle: false,
            is_partial: entry.is_partial,
            http: request.map(EntryHttp::of).unwrap_or_default(),
            annotations: BTreeMap::new(),
            users: Vec::new(),
            service_ids: BTreeSet::new(),
            resource_arns: BTreeSet::new(),
            instance_ids: BTreeSet::new(),
            availability_zones: BTreeSet::new(),
            entry_point: root.map(|root| root.service.clone()),
            fault_root_causes: entry.causes.faults.clone(),
            error_root_causes: entry.causes.errors.clone(),
            response_time_root_causes: entry.causes.response_times.clone(),
            revision: entry.revision,
            matched_event_time,
        };
        let client = root.map(|root| ServiceId::client_of(&root.service));
        summary.service_ids.extend(client);
        for work in &entry.works {
            summary.add(work);
        }
        summary
    }

    fn add(&mut self, work: &Work) {
        let service = &work.service;
        let request = &work.request;
        self.service_ids.insert(service.clone());
        self.has_throttle |= request.outcome == Outcome::Throttle;
        // What a caller recorded of an inferred segment is told of the caller.
        if work.is_inferred {
            return;
        }
        self.resource_arns.extend(request.resource_arn.clone());
        self.instance_ids.extend(request.instance_id.clone());
        let zone = request.availability_zone.clone();
        self.availability_zones.extend(zone);
        if let Some(user) = &request.user {
            self.add_user(user, service);
        }
        for (key, value) in &request.annotations {
            self.add_annotation(key, value, service);
        }
    }

    fn add_user(&mut self, name: &str, service: &ServiceId) {
        let known = self.users.iter_mut().find(|user| user.user_name == name);
        match known {
            Some(user) => drop(user.service_ids.insert(service.clone())),
            None => self.users.push(TraceUser {
                user_name: name.to_owned(),
                service_ids: BTreeSet::from([service.clone()]),
            }),
        }
    }

    fn add_annotation(&mut self, key: &str, value: &AnnotationValue, service: &ServiceId) {
        let is_full = self.annotations.len() == ANNOTATIONS_PER_TRACE;
        if is_full && !self.annotations.contains_key(key) {
            return;
        }
        let values = self.annotations.entry(key.to_owned()).or_default();
        match values.iter_mut().find(|known| known.value == *value) {
            Some(known) => drop(known.service_ids.insert(service.clone())),
            None => values.push(AnnotationValues {
                value: value.clone(),
                service_ids: BTreeSet::from([service.clone()]),
            }),
        }
    }
}

impl EntryHttp {
    fn of(request: &Request) -> Self {
        Self {
            url: request.url.clone(),
            status: request.status,
            method: request.method.clone(),
            user_agent: request.user_agent.clone(),
            client_ip: request.client_ip.clone(),
        }
    }
}

fn arns<S: Serializer>(values: &BTreeSet<String>, serializer: S) -> Result<S::Ok, S::Error> {
    objects("ARN", values, serializer)
}

fn ids<S: Serializer>(values: &BTreeSet<String>, serializer: S) -> Result<S::Ok, S::Error> {
    objects("Id", values, serializer)
}

fn names<S: Serializer>(values: &BTreeSet<String>, serializer: S) -> Result<S::Ok, S::Error> {
    objects("Name", values, serializer)
}

/// A list of objects that hold one value each.
fn objects<S: Serializer>(
    key: &str,
    values: &BTreeSet<String>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(values.iter().map(|value| BTreeMap::from([(key, value)])))
}

/// The API's union, which holds exactly one of three fields.
fn annotation<S: Serializer>(value: &AnnotationValue, serializer: S) -> Result<S::Ok, S::Error> {
    if let Some(number) = value.as_number() {
        serializer.collect_map([("NumberValue", number)])
    } else if let Some(boolean) = value.as_boolean() {
        serializer.collect_map([("BooleanValue", boolean)])
    } else {
        serializer.collect_map([("StringValue", value.as_text())])
    }
}
