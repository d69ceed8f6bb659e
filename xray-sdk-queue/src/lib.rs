//! AWS X-Ray for message brokers: RabbitMQ, NATS and JetStream, Kafka, Redis streams, and any other whose messages have headers.
//!
//! Whoever sends a message has a subsegment for it, whoever handles it a segment, and the message carries the trace from one to the other. For the
//! brokers that this crate knows each is one line:
//!
//! ```no_run
//! # #[cfg(feature = "lapin")]
//! # async fn example(
//! #     recorder: xray_sdk::Recorder, channel: lapin::Channel, consumer: lapin::Consumer,
//! #     exchange: lapin::types::ShortString, key: lapin::types::ShortString,
//! #     options: lapin::options::BasicPublishOptions, body: &[u8], properties: lapin::BasicProperties,
//! # ) -> lapin::Result<()> {
//! use xray_sdk_queue::{Consume as _, Publish as _};
//!
//! channel.traced().basic_publish(exchange, key, options, body, properties).await?;
//!
//! consumer.traced(&recorder, "worker").for_each(|delivery| async { /* … */ }).await?;
//! # Ok(())
//! # }
//! ```
//!
//! # What is recorded
//!
//! - **Sending**: a subsegment with the name of the exchange, queue, subject, topic or stream and the namespace `remote`. It closes when the broker has
//!   confirmed the message, as far as the broker does; an error is recorded and handed on. Given up before, it has the metadata `aborted: true` in the
//!   namespace `xray`.
//! - **Handling**: a segment for each message, in the trace of whoever sent it and as they decided, or for a [`Batch`] of them, with links to the
//!   senders. What the broker was told about the message is its [`Outcome`]; of a batch they are counted. A panic is recorded, and goes on.
//! - Metadata in the namespace `queue`: `sent`, `received` (from where, how long the message waited in milliseconds, how often it was delivered
//!   before, in which queue it died), `outcome` or `outcomes`. Bodies, headers and Kafka's keys are never recorded; RabbitMQ's routing keys are, as its places.
//!
//! X-Ray has no type of node for brokers but SQS: a queue is a node of the type `remote` until a consumer's segment takes its place.
//!
//! # What messages carry
//!
//! The header `X-Amzn-Trace-Id`, also in a trace that is not sampled, where it says so; outside of a trace a message is left as it is. Core NATS and RabbitMQ keep no
//! time of sending: there, messages of recorded traces also carry `Xray-Sent-Ms`. Read are all spellings of the header that other SDKs use, and W3C's
//! `traceparent`, see [`extract`].
//!
//! # What it costs
//!
//! In a trace that is not sampled: the header's text when sending, and nothing when handling. (lapin and rdkafka hand out headers only as copies: there, headers
//! that a message has already are copied once.)
//!
//! # Other brokers
//!
//! [`send`] with [`Inject`] for the headers of a message, and [`Receive`] with [`Message`] for the message itself; `run_sync` of both for clients that block.
//!
//! # Features
//!
//! Each adds a module: `lapin`, `nats`, `kafka`, `redis-streams`. None is on by default.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod arrival;
mod batch;
mod carrier;
mod consume;
#[cfg(feature = "kafka")]
pub mod kafka;
#[cfg(feature = "lapin")]
pub mod lapin;
#[cfg(feature = "nats")]
pub mod nats;
mod outcome;
mod receive;
#[cfg(feature = "redis-streams")]
pub mod redis_streams;
mod send;
mod unsent;

pub use arrival::{Arrival, Message};
pub use batch::Batch;
pub use carrier::{Extract, Inject, TRACE_HEADER, extract, inject};
pub use consume::{Consume, Incoming, TracedConsumer};
pub use outcome::Outcome;
pub use receive::{Delivered, Processing, Receive, Reception};
pub use send::{Publish, Sending, send, send_timed};
pub use unsent::Unsent;
