//! What is kept of a trace so that it is found, told of and drawn into a graph without its documents.

mod bytes;
mod moment;
mod number;

use std::collections::BTreeSet;

use xray_sdk::document::{AnnotationValue, Document, HttpRequest, Link, Trace, limits};
use xray_sdk::{SegmentId, TraceId};

use crate::query::{RootCauses, Times};
use crate::trace::{Anatomy, Caller, Outcome, Segment, ServiceId};
pub(crate) use bytes::{Bytes, fields};
pub(crate) use moment::{Moment, micros};

/// One trace, as it was when its documents were last put together.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry {
    pub(crate) id: TraceId,
    /// How many documents had come.
    pub(crate) revision: u64,
    pub(crate) span: Span,
    /// When its first segment began.
    pub(crate) start_time: f64,
    /// The seconds from the first start of a segment to the last end of anything.
    pub(crate) duration: Option<f64>,
    pub(crate) is_partial: bool,
    /// What each service did; those that sent segments first, in start order.
    pub(crate) works: Vec<Work>,
    /// The number of the work where the trace begins.
    pub(crate) root: usize,
    pub(crate) causes: RootCauses,
}

/// When a trace happened, over all its documents.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Span {
    pub(crate) start: f64,
    pub(crate) end: f64,
    /// When each segment ended that has, also of those that are inferred.
    pub(crate) segment_ends: Vec<f64>,
}

/// What one service did.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Work {
    pub(crate) service: ServiceId,
    pub(crate) caller: CalledBy,
    /// Whether the service sent nothing, and is known from its caller only.
    pub(crate) is_inferred: bool,
    /// What the service recorded.
    pub(crate) request: Request,
    /// What the caller recorded, where that is something else.
    pub(crate) call: Option<Request>,
    /// Whether another work of the service before this one answered the same call, as when something between the two tried it again.
    pub(crate) is_again: bool,
    /// What it goes on from in other traces.
    pub(crate) links: Vec<LinkFrom>,
}

/// Who called a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum CalledBy<S = ServiceId> {
    /// Someone outside.
    Client,
    /// Someone in the trace whose segment has not been sent.
    Unknown,
    Service(S),
}

/// From where a request is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Side {
    /// As the service recorded it.
    Service,
    /// As the caller did.
    Call,
}

/// A place in another trace that a segment goes on from.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct LinkFrom {
    pub(crate) trace_id: TraceId,
    pub(crate) id: SegmentId,
    /// The service there, and when its request was over; `None` while it is not known.
    pub(crate) source: Option<Source>,
}

/// What a link leads to.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Source {
    pub(crate) service: ServiceId,
    /// When what it passed on had been handed to it, in seconds since 1970.
    pub(crate) time: f64,
}

/// A request as a service or its caller recorded it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Request {
    pub(crate) start: f64,
    pub(crate) end: Option<f64>,
    pub(crate) outcome: Outcome,
    /// Whether the caller was at fault, also where the service failed as well.
    pub(crate) is_error: bool,
    pub(crate) in_progress: bool,
    /// Whether it or anything that stands in it goes on.
    pub(crate) is_partial: bool,
    pub(crate) status: Option<u16>,
    pub(crate) url: Option<String>,
    pub(crate) method: Option<String>,
    pub(crate) user_agent: Option<String>,
    pub(crate) client_ip: Option<String>,
    pub(crate) user: Option<String>,
    pub(crate) availability_zone: Option<String>,
    pub(crate) instance_id: Option<String>,
    pub(crate) resource_arn: Option<String>,
    /// Those of the segment and of what stands in it. None where the service is inferred: they are its caller's.
    pub(crate) annotations: Vec<(String, AnnotationValue)>,
}

impl Entry {
    /// `span` is what is known of the segments that were sent.
    pub(crate) fn of(trace: &Trace, revision: u64, mut span: Span) -> Self {
        let anatomy = Anatomy::of(trace);
        span.take_in(trace, &anatomy);
        let mut works: Vec<_> = anatomy
            .segments()
            .iter()
            .map(|segment| Work::of(segment, &anatomy))
            .collect();
        let mut answered = BTreeSet::new();
        for (work, segment) in works.iter_mut().zip(anatomy.segments()) {
            let call = std::ptr::from_ref(anatomy.call(segment));
            work.is_again = !answered.insert((call, &segment.service));
        }
        let mut room = limits::LINKS_PER_TRACE;
        for work in &mut works {
            work.links.truncate(room);
            room -= work.links.len();
        }
        Self {
            id: trace.id(),
            revision,
            span,
            start_time: trace.start_time(),
            duration: trace.duration(),
            is_partial: anatomy.is_partial(),
            root: anatomy.root_number(),
            works,
            causes: RootCauses::of(&anatomy),
        }
    }

    /// What the service did where the trace begins. None while only subsegments have been sent.
    pub(crate) fn root(&self) -> Option<&Work> {
        self.works.get(self.root)
    }

    /// Fills in where links come from, as far as `source` knows. Returns whether any is still not known.
    pub(crate) fn resolve(&mut self, source: impl Fn(&LinkFrom) -> Option<Source>) -> bool {
        let links = self.works.iter_mut().flat_map(|work| &mut work.links);
        links.fold(false, |is_open, link| {
            link.source = source(link);
            is_open | link.source.is_none()
        })
    }
}

impl Source {
    /// What stands behind a segment or subsegment of `trace`: the service that it called, or else the one that it is of.
    pub(crate) fn of(trace: &Trace, id: SegmentId) -> Option<Self> {
        let anatomy = Anatomy::of(trace);
        let (inferred, sent): (Vec<_>, Vec<_>) = anatomy
            .segments()
            .iter()
            .partition(|segment| segment.is_inferred);
        let called = inferred.iter().filter(|segment| segment.document.id == id);
        let inside = sent
            .iter()
            .filter(|segment| segment.document.walk().any(|document| document.id == id));
        let segment = called.chain(inside).next()?;
        let at = segment.document.walk().find(|document| document.id == id)?;
        Some(Self {
            service: segment.service.clone(),
            time: at.end_time.unwrap_or(at.start_time),
        })
    }
}

impl<S> CalledBy<S> {
    pub(crate) fn as_ref(&self) -> CalledBy<&S> {
        match self {
            Self::Client => CalledBy::Client,
            Self::Unknown => CalledBy::Unknown,
            Self::Service(service) => CalledBy::Service(service),
        }
    }

    pub(crate) fn map<T>(self, of: impl FnOnce(S) -> T) -> CalledBy<T> {
        match self {
            Self::Client => CalledBy::Client,
            Self::Unknown => CalledBy::Unknown,
            Self::Service(service) => CalledBy::Service(of(service)),
        }
    }
}

impl Times for Entry {
    fn by_id(&self) -> f64 {
        f64::from(self.id.epoch_seconds())
    }

    fn start(&self) -> f64 {
        self.span.start
    }

    fn end(&self) -> f64 {
        self.span.end
    }

    fn segment_ends(&self) -> impl Iterator<Item = f64> {
        self.span.segment_ends.iter().copied()
    }
}

impl Span {
    /// When a trace happened whose documents are all in place.
    pub(crate) fn of(trace: &Trace) -> Self {
        let all = || trace.segments().iter().flat_map(Document::walk);
        let ends = all().filter_map(|document| document.end_time);
        let segments = trace
            .segments()
            .iter()
            .filter(|document| !document.is_subsegment());
        let start = all().map(|document| document.start_time);
        Self {
            start: start.clone().fold(f64::INFINITY, f64::min),
            end: start.chain(ends).fold(f64::NEG_INFINITY, f64::max),
            segment_ends: segments.filter_map(|segment| segment.end_time).collect(),
        }
    }
}

impl Span {
    /// Takes in what happened in segments, and outlived them.
    fn take_in(&mut self, trace: &Trace, anatomy: &Anatomy<'_>) {
        let all = trace.segments().iter().flat_map(Document::walk);
        let ends = all.filter_map(|document| document.end_time);
        self.end = ends.fold(self.end, f64::max);
        let inferred = anatomy.segments().iter();
        let inferred = inferred.filter(|segment| segment.is_inferred);
        self.segment_ends
            .extend(inferred.filter_map(|segment| segment.document.end_time));
    }
}

impl Work {
    fn of(segment: &Segment<'_>, anatomy: &Anatomy<'_>) -> Self {
        let document = segment.document;
        let call = anatomy.call(segment);
        let link = |link: &Link| LinkFrom {
            trace_id: link.trace_id,
            id: link.id,
            source: None,
        };
        let links = document.links.iter().filter(|_| !segment.is_inferred);
        Self {
            service: segment.service.clone(),
            caller: match segment.caller {
                Caller::Client => CalledBy::Client,
                Caller::Unknown { .. } => CalledBy::Unknown,
                Caller::Segment { number, .. } => {
                    CalledBy::Service(anatomy.segments()[number].service.clone())
                }
            },
            is_inferred: segment.is_inferred,
            request: Request::of(document, segment.is_inferred),
            is_again: false,
            call: (!std::ptr::eq(call, document)).then(|| Request::of(call, segment.is_inferred)),
            links: links.take(limits::LINKS_PER_SEGMENT).map(link).collect(),
        }
    }

    /// What the caller saw of it.
    pub(crate) fn call(&self) -> &Request {
        self.call.as_ref().unwrap_or(&self.request)
    }

    pub(crate) fn seen_from(&self, side: Side) -> &Request {
        match side {
            Side::Service => &self.request,
            Side::Call => self.call(),
        }
    }

    /// Where it goes on from, as far as that is known, with the age of what was handed on, in microseconds.
    pub(crate) fn sources(&self) -> impl Iterator<Item = (&ServiceId, u64)> + Clone {
        let known = self.links.iter().filter_map(|link| link.source.as_ref());
        let start = micros(self.request.start);
        known.map(move |source| {
            let age = start.saturating_sub(micros(source.time));
            (&source.service, u64::try_from(age).unwrap_or(0))
        })
    }
}

impl Request {
    fn of(document: &Document, is_inferred: bool) -> Self {
        let http = |field: fn(&HttpRequest) -> &Option<String>| {
            document
                .request()
                .and_then(|request| field(request).clone())
        };
        let ec2 = document.aws.as_ref().and_then(|aws| aws.ec2.as_ref());
        let annotated = document.walk().take_while(|_| !is_inferred);
        let annotations = annotated.flat_map(|document| &document.annotations);
        Self {
            start: document.start_time,
            end: document.end_time,
            outcome: Outcome::of(document),
            is_error: Outcome::is_error(document),
            in_progress: document.in_progress,
            is_partial: document.walk().any(|document| document.in_progress),
            status: document.status(),
            url: http(|request| &request.url),
            method: http(|request| &request.method),
            user_agent: http(|request| &request.user_agent),
            client_ip: http(|request| &request.client_ip),
            user: document.user.clone(),
            availability_zone: ec2.and_then(|ec2| ec2.availability_zone.clone()),
            instance_id: ec2.and_then(|ec2| ec2.instance_id.clone()),
            resource_arn: document.resource_arn.clone(),
            annotations: annotations
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect(),
        }
    }

    /// How long it took, in seconds: nothing while it is in progress, and never less than zero.
    pub(crate) fn duration(&self) -> Option<f64> {
        Some((self.end? - self.start).max(0.0))
    }
}

#[cfg(test)]
mod tests;
