//! Finished segments and subsegments as plain data, in the form of X-Ray's JSON.
//!
//! A recorder makes documents; whoever receives them reads them here. Reading is forgiving: a field of the wrong type is left
//! out, as X-Ray does, and only a document without a name, an id or a start time is refused. Writing is exact: what is empty
//! is left out, and what is there is written as it is. [`Document::repair`] brings a document within X-Ray's [`limits`].
//!
//! ```
//! use xray_sdk::document::Document;
//!
//! let json = br#"{"name":"checkout","id":"53995c3f42cd8ad8","start_time":1478293361.271,"end_time":1478293361.449,
//!     "trace_id":"1-581cf771-a006649127e371903a2de979","http":{"response":{"status":200}}}"#;
//! let document = Document::parse(json)?;
//! assert_eq!(document.name, "checkout");
//! assert_eq!(document.status(), Some(200));
//! # Ok::<(), xray_sdk::Error>(())
//! ```

mod annotation;
mod aws;
mod cause;
mod forest;
mod http;
mod lenient;
mod letters;
pub mod limits;
mod outline;
mod read;
mod repair;
mod service;
mod sql;
mod trace;
mod walk;
mod write;

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value};

pub use annotation::{AnnotationValue, Annotations};
pub use aws::{Aws, Ec2, Ecs, Eks, ElasticBeanstalk, Instrumentation, LogGroup};
pub use cause::{Cause, Exception, Exceptions, StackFrame};
pub use http::{Http, HttpRequest, HttpResponse};
pub use outline::tree;
pub use service::Service;
pub use sql::Sql;
pub use trace::Trace;
pub use walk::Walk;

use crate::id::{SegmentId, TraceId};

/// Values of any form that are kept and shown but not indexed: by namespace, then by key.
pub type Metadata = BTreeMap<String, Map<String, Value>>;

/// A segment or a subsegment, as X-Ray's JSON has it (developer guide, "X-Ray segment documents").
///
/// A segment is what one service did for one request. Subsegments stand in it, or in one another, and have the same fields but
/// for a few that only one of the two has. A subsegment that is sent on its own says so in `kind`, and names its trace and its
/// parent.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Document {
    /// The name: of the service, or of the part of the work. At most 200 characters, see [`limits::repair_name`].
    pub name: String,
    /// The id, unique among all segments and subsegments of the trace.
    pub id: SegmentId,
    /// The trace it belongs to. Always on segments and on subsegments sent on their own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<TraceId>,
    /// Of a segment: the subsegment of the caller. Of a subsegment sent on its own: what it stands in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_id: Option<SegmentId>,
    /// `subsegment` on a subsegment sent on its own; not needed on others.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<Kind>,
    /// When it began, in seconds since 1970. Written with microseconds.
    #[serde(serialize_with = "write::seconds")]
    pub start_time: f64,
    /// When it ended, in seconds since 1970. Absent while in progress.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "write::optional_seconds"
    )]
    pub end_time: Option<f64>,
    /// Whether it goes on: a complete document with the same id will follow.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub in_progress: bool,
    /// On subsegments: whether it is a call to an AWS service or to another service. Absent: the program's own work.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<Namespace>,
    /// The kind of AWS resource that the program runs on, for example `AWS::ECS::Container`. On segments only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// The ARN of the resource that the program runs on. On segments only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_arn: Option<String>,
    /// Who made the request. On segments only; at most 250 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The program that sent it. On segments only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<Box<Service>>,
    /// The HTTP request that was served, or sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http: Option<Http>,
    /// The AWS resource that the program runs on, or that was called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aws: Option<Box<Aws>>,
    /// The query that was sent to a database. On subsegments only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sql: Option<Box<Sql<'static>>>,
    /// Whether the caller was at fault: a status of 4xx.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub error: bool,
    /// Whether the program was at fault: a status of 5xx, or an exception.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub fault: bool,
    /// Whether the request was turned away for asking too much: status 429. `error` is set then too.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub throttle: bool,
    /// Whether a document that was read says of `error`, `fault` or `throttle` that they are false, and of none that it is true. Then its
    /// HTTP status, whatever it is, is no failure. Never written.
    #[serde(skip)]
    pub denies_failure: bool,
    /// The exceptions that made it fail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
    /// Indexed values, by key.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: Annotations,
    /// Values that are not indexed, by namespace and key.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: Metadata,
    /// The subsegments that stand in this one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub subsegments: Vec<Document>,
    /// The ids of subsegments beside this one that ended before it began.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub precursor_ids: Vec<SegmentId>,
    /// Other traces that this segment goes on from. Not in the guide; X-Ray and the OpenTelemetry collector use it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<Link>,
    /// Whether the called service sends a segment of its own. Some SDKs write this here, others in the HTTP request;
    /// [`is_traced`](Self::is_traced) knows both.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub traced: bool,
    /// Whether X-Ray made this segment itself, from a subsegment that called a service which sent none.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub inferred: bool,
}

/// What a document says that it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Kind {
    /// A subsegment.
    Subsegment,
}

/// What kind of call a subsegment is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Namespace {
    /// A call to an AWS service.
    Aws,
    /// A call to any other service.
    Remote,
    /// The program's own work. Some SDKs write this; X-Ray takes it for granted.
    Local,
}

/// A place in another trace.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Link {
    /// The other trace.
    pub trace_id: TraceId,
    /// The segment or subsegment in it.
    pub id: SegmentId,
    /// What is said of the link.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub attributes: Map<String, Value>,
}

impl Document {
    /// A document that has what each must have, and nothing else.
    ///
    /// ```
    /// use xray_sdk::SegmentId;
    /// use xray_sdk::document::Document;
    ///
    /// let document = Document {
    ///     end_time: Some(1.5),
    ///     fault: true,
    ///     ..Document::new("checkout", SegmentId::from_u64(7), 1.0)
    /// };
    /// assert_eq!(document.duration(), Some(0.5));
    /// ```
    pub fn new(name: impl Into<String>, id: SegmentId, start_time: f64) -> Self {
        Self {
            name: name.into(),
            id,
            trace_id: None,
            parent_id: None,
            kind: None,
            start_time,
            end_time: None,
            in_progress: false,
            namespace: None,
            origin: None,
            resource_arn: None,
            user: None,
            service: None,
            http: None,
            aws: None,
            sql: None,
            error: false,
            fault: false,
            throttle: false,
            denies_failure: false,
            cause: None,
            annotations: Annotations::new(),
            metadata: Metadata::new(),
            subsegments: Vec::new(),
            precursor_ids: Vec::new(),
            links: Vec::new(),
            traced: false,
            inferred: false,
        }
    }

    /// Whether the document says that it is a subsegment. One that stands in another document need not say so.
    pub fn is_subsegment(&self) -> bool {
        self.kind == Some(Kind::Subsegment)
    }

    /// Whether the called service sends a segment of its own, so that the trace is not whole until it is there.
    pub fn is_traced(&self) -> bool {
        self.traced || self.request().is_some_and(|request| request.traced)
    }

    /// How long it took, in seconds: nothing while it is in progress, and never less than zero.
    pub fn duration(&self) -> Option<f64> {
        Some((self.end_time? - self.start_time).max(0.0))
    }

    /// The HTTP status, when there is one.
    pub fn status(&self) -> Option<u16> {
        self.http.as_ref()?.response.as_ref()?.status
    }

    /// The HTTP request, when there is one.
    pub fn request(&self) -> Option<&HttpRequest> {
        self.http.as_ref()?.request.as_ref()
    }

    /// This document and all that stand in it, each before those that stand in it.
    pub fn walk(&self) -> Walk<'_> {
        Walk::new(self)
    }
}
