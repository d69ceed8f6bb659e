//! RabbitMQ, by [lapin].
//!
//! ```no_run
//! use lapin::options::{BasicAckOptions, BasicPublishOptions};
//! use lapin::{BasicProperties, Channel, Consumer};
//! use xray_sdk::Recorder;
//! use xray_sdk_queue::{Consume as _, Publish as _};
//!
//! async fn order(channel: &Channel) -> lapin::Result<()> {
//!     let options = BasicPublishOptions::default();
//!     channel
//!         .traced()
//!         .basic_publish("".into(), "orders".into(), options, b"7 pears", BasicProperties::default())
//!         .await?     // sent
//!         .await?;    // confirmed
//!     Ok(())
//! }
//!
//! async fn work(recorder: &Recorder, consumer: Consumer) -> lapin::Result<()> {
//!     consumer
//!         .traced(recorder, "worker")
//!         .for_each(|delivery| async move {
//!             // … and then:
//!             let _ = delivery.ack(BasicAckOptions::default()).await;
//!         })
//!         .await
//! }
//! ```
//!
//! [lapin]: https://docs.rs/lapin

mod confirm;
mod delivery;

use std::future::Future;

use lapin::options::BasicPublishOptions;
use lapin::types::{AMQPValue, FieldTable, LongString, ShortString};
use lapin::{BasicProperties, Channel};
use serde::Serialize;

pub use confirm::Confirm;

use crate::arrival::NAMESPACE;
use crate::carrier::{Extract, Inject};
use crate::send::{Publish, Sending};
use crate::unsent::Unsent;

/// What a broker of AMQP is called.
const BROKER: &str = "rabbitmq";

impl Publish for Channel {
    type Traced<'a> = TracedChannel<'a>;

    fn traced(&self) -> TracedChannel<'_> {
        TracedChannel(self)
    }
}

/// A channel whose messages have a subsegment each. Made by [`Publish::traced`].
#[derive(Clone, Copy, Debug)]
pub struct TracedChannel<'a>(&'a Channel);

impl<'a> TracedChannel<'a> {
    /// As [`Channel::basic_publish`]. The subsegment has the name of the exchange, and of the queue (the routing key) where the
    /// default exchange is used (`amq.gen` and `amq.rabbitmq.reply-to` for those whose names the broker made up); it begins when the future is polled first, and closes when the broker has [confirmed](Confirm) the message.
    ///
    /// The message gets the header `X-Amzn-Trace-Id`, and, where the trace is recorded, `Xray-Sent-Ms`. All else about it is left as it
    /// is. Recorded as metadata `sent` in the namespace `queue`: exchange, routing key, and the payload's size in bytes.
    ///
    /// # Errors
    ///
    /// lapin's, untouched; recorded with their sources.
    #[track_caller]
    pub fn basic_publish(
        self,
        exchange: ShortString,
        routing_key: ShortString,
        options: BasicPublishOptions,
        payload: &'a [u8],
        properties: BasicProperties,
    ) -> impl Future<Output = lapin::Result<Confirm>> + Send + use<'a> {
        let (channel, unsent) = (self.0, Unsent::here());
        async move {
            let (sending, properties) = begin(unsent, &exchange, &routing_key, payload, properties);
            let publish =
                channel.basic_publish(exchange, routing_key, options, payload, properties);
            let (published, mut sending) = sending.inside(publish).await;
            sending.done();
            match published {
                Ok(confirm) => Ok(Confirm::new(confirm, sending)),
                Err(error) => {
                    sending.record_error(&error);
                    Err(error)
                }
            }
        }
    }
}

/// Begins the subsegment of a message, and writes its header into the message's properties.
fn begin(
    unsent: Unsent,
    exchange: &ShortString,
    routing_key: &ShortString,
    payload: &[u8],
    properties: BasicProperties,
) -> (Sending, BasicProperties) {
    let (exchange, routing_key) = (exchange.as_str(), routing_key.as_str());
    let name = match exchange {
        "" => place(routing_key),
        exchange => exchange,
    };
    let mut headers = properties.headers().clone().unwrap_or_default();
    let mut sending = unsent.begin_timed(name, &mut headers);
    if sending.is_recording() {
        let sent = Sent {
            broker: BROKER,
            exchange,
            routing_key,
            bytes: payload.len(),
        };
        sending.metadata_in(NAMESPACE, "sent", &sent);
    }
    // Outside of a trace, where nothing was written, the message stays as it is.
    match properties.headers() {
        None if headers.inner().is_empty() => (sending, properties),
        _ => (sending, properties.with_headers(headers)),
    }
}

/// What a queue is called: the broker makes up names for those that have none, and for replies to requests.
fn place(queue: &str) -> &str {
    ["amq.gen", "amq.rabbitmq.reply-to"]
        .into_iter()
        .find(|own| queue.starts_with(own))
        .unwrap_or(queue)
}

/// What the subsegment of a message tells.
#[derive(Serialize)]
struct Sent<'a> {
    broker: &'static str,
    exchange: &'a str,
    routing_key: &'a str,
    bytes: usize,
}

impl Inject for FieldTable {
    fn set(&mut self, name: &'static str, value: String) {
        let value = AMQPValue::LongString(LongString::from(value));
        self.insert(ShortString::from(name), value);
    }
}

impl Extract for FieldTable {
    fn visit(&self, look: &mut dyn FnMut(&str, &[u8])) {
        for (name, value) in self {
            match value {
                AMQPValue::LongString(text) => look(name.as_str(), text.as_bytes()),
                AMQPValue::ShortString(text) => look(name.as_str(), text.as_str().as_bytes()),
                AMQPValue::ByteArray(bytes) => look(name.as_str(), bytes.as_slice()),
                _ => {}
            }
        }
    }
}
