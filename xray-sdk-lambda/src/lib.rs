//! AWS X-Ray for functions on AWS Lambda that are made with [`lambda_runtime`] or `lambda_http`.
//!
//! ```no_run
//! use lambda_runtime::{Error, LambdaEvent, Runtime, service_fn};
//! use xray_sdk::{InSubsegment as _, current};
//! use xray_sdk_lambda::{LambdaLayer, traced};
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Error> {
//!     let recorder = xray_sdk_lambda::recorder()?;                // AWS_XRAY_* are read here, once
//!     Runtime::new(traced(service_fn(resize)))                    // errors and panics of the function
//!         .layer(LambdaLayer::new(&recorder))                     // one subsegment for each invocation
//!         .run()
//!         .await
//! }
//!
//! async fn resize(event: LambdaEvent<u32>) -> Result<u32, Error> {
//!     current().annotate("width", event.payload);
//!     let half = load(event.payload).in_subsegment("load").await?;
//!     Ok(half)
//! }
//!
//! async fn load(width: u32) -> Result<u32, Error> {
//!     Ok(width / 2)
//! }
//! ```
//!
//! Lambda itself writes the segment of a function, and decides whether an invocation is recorded: turn on active tracing of the
//! function. What is recorded here are subsegments of that segment. The trace is taken from each invocation, never from the
//! environment: so [`run_concurrent`] is as good as `run`.
//!
//! - [`recorder()`]: the recorder of a function.
//! - [`LambdaLayer`]: a subsegment for each invocation; sends what was recorded before Lambda freezes the function, or ends it.
//! - [`traced()`]: the errors and panics of the function. Only what stands this near to it sees them.
//! - [`SnapStart`]: for functions that are restored from a snapshot.
//!
//! `lambda_http` is the same: `lambda_http::runtime(traced(app)).layer(LambdaLayer::new(&recorder))`, and the `ServerLayer` of
//! `xray-sdk-tower` within makes a subsegment of each HTTP request, not a second segment. Spawned work and streamed responses keep
//! their place by [`in_current`](xray_sdk::InSubsegment::in_current).
//!
//! A `Router` of axum has responses that `lambda_http::runtime` does not take, for they are not `Sync`. It goes in by the adapter itself:
//! `lambda_runtime::Runtime::new(lambda_http::Adapter::from(traced(router))).layer(LambdaLayer::new(&recorder))`.
//!
//! An event that cannot be read as what the function takes does not reach it, and the runtime answers before any layer sees that: the
//! invocation's subsegment has no error then. Lambda's own segment has.
//!
//! [`run_concurrent`]: https://docs.rs/lambda_runtime/1.5/lambda_runtime/struct.Runtime.html#method.run_concurrent
#![cfg_attr(docsrs, feature(doc_cfg))]

mod alarm;
mod batch;
mod environment;
mod future;
mod handler;
mod invocation;
mod layer;
mod snap_start;

pub use environment::recorder;
pub use future::LambdaFuture;
pub use handler::{TracedHandler, TracedHandlerFuture, traced};
pub use layer::{LambdaLayer, TracedRuntime};
pub use snap_start::SnapStart;
