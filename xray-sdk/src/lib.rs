//! AWS X-Ray for Rust.
mod assemble;
mod clock;
mod context;
pub mod document;
pub mod emitter;
mod error;
mod header;
mod id;
mod notice;
pub mod outcome;
mod record;
mod recorder;
pub mod sampling;
mod segment;
pub mod testing;

pub use context::missing::ContextMissing;
pub use error::Error;
pub use header::{Sampled, TraceHeader};
pub use id::{SegmentId, TraceId};
pub use record::{Text, Value};
pub use recorder::{Health, Recorder, RecorderBuilder, SegmentBuilder};
pub use segment::{
    Current, CurrentFuture, Entered, Entity, InSubsegment, Segment, SegmentFuture, Subsegment,
    SubsegmentBuilder, SubsegmentFuture, current, subsegment,
};
#[cfg(feature = "macros")]
pub use xray_sdk_macros::subsegment;
