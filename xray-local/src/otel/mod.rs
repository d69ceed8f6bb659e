//! Segments and subsegments as spans of OpenTelemetry, each in the JSON of OTLP. Pure.
//!
//! Names of attributes are those of OpenTelemetry's semantic conventions, where these have one; annotations keep their own keys. The resource
//! that OTLP has around its spans stands in each, since each is a document of its own here.

mod attribute;
mod cause;

use serde::Serialize;
use xray_sdk::document::{Document, Namespace, Trace};
use xray_sdk::{SegmentId, TraceId};

use crate::trace::Outcome;
use attribute::{Attribute, attributes, resource};
use cause::{Event, events};

/// A span, as OTLP writes it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Span {
    resource: Resource,
    trace_id: String,
    span_id: SegmentId,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent_span_id: Option<SegmentId>,
    name: String,
    kind: u8,
    start_time_unix_nano: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_time_unix_nano: Option<String>,
    attributes: Vec<Attribute>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    events: Vec<Event>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    links: Vec<Link>,
    status: Status,
}

#[derive(Clone, Debug, Serialize)]
struct Resource {
    attributes: Vec<Attribute>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Link {
    trace_id: String,
    span_id: SegmentId,
    attributes: Vec<Attribute>,
}

#[derive(Debug, Serialize)]
struct Status {
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    code: u8,
}

// The numbers of OTLP's enumerations.
const INTERNAL: u8 = 1;
const SERVER: u8 = 2;
const CLIENT: u8 = 3;
const UNSET: u8 = 0;
const ERROR: u8 = 2;

/// The spans of a trace, parents before their children. What X-Ray infers is none of them.
pub(crate) fn spans(trace: &Trace) -> Vec<(SegmentId, Span)> {
    let mut spans = Vec::new();
    for top in trace
        .segments()
        .iter()
        .filter(|document| !document.inferred)
    {
        let resource = Resource {
            attributes: resource(top),
        };
        let is_segment = !top.is_subsegment();
        add(
            top,
            top.parent_id,
            is_segment,
            trace.id(),
            &resource,
            &mut spans,
        );
    }
    spans
}

fn add(
    document: &Document,
    parent: Option<SegmentId>,
    is_segment: bool,
    trace_id: TraceId,
    resource: &Resource,
    spans: &mut Vec<(SegmentId, Span)>,
) {
    let events = events(document);
    let span = Span {
        resource: resource.clone(),
        trace_id: trace_id.to_w3c(),
        span_id: document.id,
        parent_span_id: parent,
        name: document.name.clone(),
        kind: kind(document, is_segment),
        start_time_unix_nano: nanoseconds(document.start_time),
        end_time_unix_nano: document.end_time.map(nanoseconds),
        attributes: attributes(document),
        links: document.links.iter().map(Link::from).collect(),
        status: status(document, &events),
        events,
    };
    spans.push((document.id, span));
    for child in &document.subsegments {
        add(child, Some(document.id), false, trace_id, resource, spans);
    }
}

fn kind(document: &Document, is_segment: bool) -> u8 {
    match is_segment {
        true => SERVER,
        false if is_call(document) => CLIENT,
        false => INTERNAL,
    }
}

fn is_call(document: &Document) -> bool {
    matches!(document.namespace, Some(Namespace::Aws | Namespace::Remote))
}

/// What failed by its own fault is an error for OpenTelemetry; what its caller did wrong is one for the caller, who records it as such.
fn status(document: &Document, events: &[Event]) -> Status {
    let code = match Outcome::of(document) {
        Outcome::Fault => ERROR,
        Outcome::Error | Outcome::Throttle if is_call(document) => ERROR,
        _ => UNSET,
    };
    Status {
        message: events
            .first()
            .and_then(Event::message)
            .filter(|_| code == ERROR),
        code,
    }
}

/// Nanoseconds since 1970, as OTLP writes 64 bits: in a text.
fn nanoseconds(seconds: f64) -> String {
    // X-Ray's times have microseconds at best.
    let microseconds = (seconds * 1e6).round().max(0.0) as u64;
    (microseconds * 1_000).to_string()
}

impl From<&xray_sdk::document::Link> for Link {
    fn from(link: &xray_sdk::document::Link) -> Self {
        let attributes = link.attributes.iter();
        Self {
            trace_id: link.trace_id.to_w3c(),
            span_id: link.id,
            attributes: attributes
                .map(|(key, value)| Attribute::new(key, value.clone()))
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests;
