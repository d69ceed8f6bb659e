//! AWS X-Ray on one machine: receives segments over UDP as the X-Ray daemon does, keeps them on disk or in memory, and answers the
//! X-Ray API.
//!
//! The program `xray-local` is this library with a command line. A program or a test that wants to see its own traces starts a
//! [`Server`] inside itself and reads the [`Store`]; it turns the default feature `cli` off and builds no command line:
//!
//! ```toml
//! xray-local = { version = "0.1", default-features = false }
//! ```
//!
//! Such a server keeps its traces in memory. The feature `disk` adds `Options::data`, which keeps them in a folder; it builds SQLite.
//!
//! [`timeline`](timeline()) draws a trace as text, [`map`](map()) a service graph.

#![forbid(unsafe_code)]

mod access;
mod amount;
mod api;
mod arn;
mod asker;
mod bound;
mod clock;
mod control;
mod doctor;
mod entry;
mod error;
mod filter;
mod forecast;
mod graph;
mod group;
mod hash;
mod index;
mod insight;
mod json;
mod ledger;
mod lock;
mod map;
mod notice;
mod otel;
mod page;
mod policy;
mod program;
mod query;
mod retrieval;
mod sample;
mod sampling;
mod series;
mod server;
mod setting;
mod store;
mod tag;
mod telemetry;
mod terminal;
mod timeline;
mod trace;
mod validate;
mod viewer;

#[cfg(feature = "keys")]
pub use access::{Keys, KeysError};
pub use amount::{count_text, duration_text, percent_text};
pub use doctor::{Check, Diagnosis, Level};
pub use error::Error;
pub use filter::{Filter, FilterError};
pub use graph::{
    Edge, EdgeType, ErrorStatistics, FaultStatistics, Histogram, OutcomeCounts, Service,
    ServiceGraph, State, Statistics,
};
pub use index::{ExplainedTerm, Explanation};
pub use map::{map, map_dot, map_svg};
pub use query::{
    AnnotationValues, EntryHttp, RootCause, RootCauseEntity, RootCauseException, RootCauseService,
    TimeRange, TimeRangeType, TraceSummary, TraceUser,
};
pub use sampling::{Mismatch, SampledRequest};
pub use server::{Options, Server};
#[cfg(feature = "disk")]
pub use store::{EncryptionKey, EncryptionKeyError};
pub use store::{Limits, Store, StoreCounts};
pub use terminal::{printable, printable_json};
pub use timeline::{TimelineStyle, timeline};
pub use trace::{Outcome, Pair, ServiceId, compare};
pub use validate::{
    Finding, FindingCode, Inspected, Rejection, RejectionCode, Severity, Validator, validate,
};
