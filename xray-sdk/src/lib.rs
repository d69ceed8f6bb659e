//! AWS X-Ray for Rust: record what a service does for each request, and send it to X-Ray.
//!
//! A **trace** is one request on its way through all services. Each service writes a **segment** of it, and in that a **subsegment**
//! for each part of its work. **Annotations** are indexed and searched for; **metadata** is anything else worth keeping.
//!
//! ```
//! use std::time::Duration;
//! use xray_sdk::{InSubsegment as _, Recorder, current, subsegment};
//!
//! # struct Order { id: u64 }
//! async fn load(id: u64) -> Order {
//!     current().annotate("order_id", id);                    // indexed, searchable
//!     Order { id }
//! }
//!
//! # async fn main_() -> Result<(), xray_sdk::Error> {
//! let recorder = Recorder::from_env("checkout")?;            // AWS_XRAY_* are read here, once
//! recorder
//!     .segment("nightly report")
//!     .run(async {
//!         let order = load(7).in_subsegment("load order").await; // follows the future across awaits and threads
//!         subsegment("price").run(|price| {
//!             price.metadata("basket", &[order.id]);          // any Serialize
//!         });
//!     })
//!     .await;
//! recorder.shutdown(Duration::from_secs(2));                  // or drop it
//! # Ok(())
//! # }
//! ```
//!
//! Web services open their segments by `xray-sdk-tower`'s `ServerLayer` instead of [`Recorder::segment`], and their calls of others
//! are recorded by its `ClientLayer`.
//!
//! # What you are promised
//!
//! - The program never fails, blocks or panics because it is traced. After [`RecorderBuilder::build`] nothing returns a `Result`.
//! - Nothing is lost without being counted: [`Recorder::health`] tells what was recorded, sent, cut and lost, and the first loss of each
//!   kind is logged (through the `log` crate, target `xray_sdk`) with its cure.
//! - A request that is not sampled records nothing: each call looks at the thread's context and returns.
//! - Every document is valid by AWS's schema, whatever the program puts in.
//!
//! Two places must not record: a global allocator, which the recorder itself calls, and a signal handler.
//!
//! # What is current
//!
//! There is no global recorder. [`current()`] and [`subsegment()`] find their place through the thread they run on: inside
//! [`SegmentBuilder::run`], [`InSubsegment::in_subsegment`], [`SubsegmentBuilder::run`] and while a [`Segment`] is entered. Spawned work keeps
//! its place by [`InSubsegment::in_current`], closures for other threads by [`Current::carry`]. Where there is no segment nothing is recorded,
//! and [`ContextMissing`] decides what happens: by default each such place in the program is logged once.
//!
//! # Features
//!
//! - `central-sampling` (default): X-Ray's sampling rules decide what is recorded, see `CentralSampler` in [`sampling`]. Without it,
//!   [`sampling::LocalRules`] do.
//! - `macros` (default): the attribute [`macro@subsegment`].

#![cfg_attr(docsrs, feature(doc_cfg))]

mod assemble;
mod clock;
mod context;
pub mod document;
pub mod emitter;
mod error;
mod foreign;
mod header;
mod id;
mod notice;
mod origin;
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
pub use origin::Origins;
pub use record::{Text, Value};
pub use recorder::{Health, Recorder, RecorderBuilder, SegmentBuilder};
pub use segment::{
    Current, CurrentFuture, Enter, Entered, Entity, InSubsegment, Segment, SegmentFuture,
    Subsegment, SubsegmentBuilder, SubsegmentFuture, Within, current, subsegment,
};
#[cfg(feature = "macros")]
pub use xray_sdk_macros::subsegment;
