//! AWS X-Ray for the [AWS SDK for Rust]: a subsegment for every call of an AWS service, and the trace in the messages of SQS and SNS.
//!
//! A client that records its calls is made in one line:
//!
//! ```
//! # let config = aws_types::SdkConfig::builder()
//! #     .behavior_version(aws_smithy_runtime_api::client::behavior_version::BehaviorVersion::latest())
//! #     .build();
//! let queues = xray_sdk_aws::client!(aws_sdk_sqs, &config);
//! let tables = xray_sdk_aws::client!(aws_sdk_dynamodb, &config);
//! # let _ = (queues, tables);
//! ```
//!
//! It is the client that the service's crate makes, with an [`XrayInterceptor`] in its configuration, which tells what is recorded.
//! Clients that other code makes from your `SdkConfig` are covered by [`trace_http`], in less depth. Consumers of
//! messages continue the trace of the sender by [`message`].
//!
//! This crate depends on no service's crate.
//!
//! [AWS SDK for Rust]: https://docs.rs/aws-config

#![cfg_attr(docsrs, feature(doc_cfg))]

mod attempt;
mod body;
mod call;
mod client;
mod connection;
mod default_client;
mod describe;
mod failure;
mod http_client;
mod interceptor;
pub mod message;
mod parameter;
mod parameters;
mod quoted;
mod resource;
mod select;
mod table;
mod trace_attribute;
mod wire;

pub use http_client::trace_http;
pub use interceptor::XrayInterceptor;
pub use parameter::Parameter;
pub use parameters::Parameters;
