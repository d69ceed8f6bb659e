//! Kafka, by [rdkafka].
//!
//! ```no_run
//! use rdkafka::consumer::{CommitMode, StreamConsumer};
//! use rdkafka::error::KafkaResult;
//! use rdkafka::producer::{FutureProducer, FutureRecord};
//! use rdkafka::util::Timeout;
//! use xray_sdk::Recorder;
//! use xray_sdk_queue::{Consume as _, Publish as _};
//!
//! async fn order(producer: &FutureProducer) -> KafkaResult<()> {
//!     let record = FutureRecord::to("orders").key("pears").payload("7");
//!     let sent = producer.traced().send(record, Timeout::Never).await; // stored
//!     sent.map(drop).map_err(|(error, _)| error)
//! }
//!
//! async fn work(recorder: &Recorder, consumer: &StreamConsumer) -> KafkaResult<()> {
//!     consumer
//!         .stream()
//!         .traced(recorder, "worker")
//!         .for_each(|message| async move {
//!             // … and then:
//!             let _ = message.commit(consumer, CommitMode::Async);
//!         })
//!         .await
//! }
//! ```
//!
//! A consumer of Kafka also yields errors that pass, as of a broker that is away for a moment: `for_each` ends with the first of them. Call it again, or take messages by
//! [`next`](crate::TracedConsumer::next), to go on. Records of other producers than `FutureProducer` take the header by
//! [`send`](crate::send) into their `OwnedHeaders`, and [`run_sync`](crate::Sending::run_sync).
//!
//! rdkafka panics at a header whose name is no UTF-8, which anybody may send. Here such a header is passed over, and the panic caught: the program's panic hook
//! is called, and a program whose panics abort is better off with a reader of its own (`Message` for a type that holds the message).
//!
//! The crate builds librdkafka, which takes a C compiler and a while, and nothing else.
//!
//! [rdkafka]: https://docs.rs/rdkafka

mod message;

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};

use rdkafka::ClientContext;
use rdkafka::error::KafkaError;
use rdkafka::message::{BorrowedHeaders, Header, Headers, OwnedHeaders, OwnedMessage, ToBytes};
use rdkafka::producer::future_producer::Delivery;
use rdkafka::producer::{FutureProducer, FutureRecord};
use rdkafka::util::{AsyncRuntime, Timeout};
use serde::Serialize;

use crate::arrival::NAMESPACE;
use crate::carrier::{Extract, Inject};
use crate::send::Publish;
use crate::unsent::Unsent;

/// What a cluster of Kafka is called.
const BROKER: &str = "kafka";

impl<C: ClientContext + 'static, R: AsyncRuntime> Publish for FutureProducer<C, R> {
    type Traced<'a> = TracedProducer<'a, C, R>;

    fn traced(&self) -> TracedProducer<'_, C, R> {
        TracedProducer(self)
    }
}

/// A producer whose messages have a subsegment each. Made by [`Publish::traced`].
pub struct TracedProducer<'a, C: ClientContext + 'static, R>(&'a FutureProducer<C, R>);

impl<'a, C: ClientContext + 'static, R: AsyncRuntime> TracedProducer<'a, C, R> {
    /// As [`FutureProducer::send`]. The subsegment has the name of the topic; it begins when the future is polled first, and closes when the message is stored.
    ///
    /// The message gets the header `X-Amzn-Trace-Id`. Recorded as metadata in the namespace `queue`: `sent`, with the topic and the payload's size in
    /// bytes, and `stored`, with partition and offset.
    ///
    /// # Errors
    ///
    /// rdkafka's, untouched; recorded with their sources.
    #[track_caller]
    pub fn send<'r, K: ToBytes + ?Sized, P: ToBytes + ?Sized>(
        self,
        record: FutureRecord<'r, K, P>,
        queue_timeout: impl Into<Timeout>,
    ) -> impl Future<Output = Result<Delivery, (KafkaError, OwnedMessage)>> {
        let (producer, unsent, queue_timeout) = (self.0, Unsent::here(), queue_timeout.into());
        async move {
            let mut carrier = Carrier(record.headers);
            let mut sending = unsent.begin(record.topic, &mut carrier);
            if sending.is_recording() {
                let sent = Sent {
                    broker: BROKER,
                    topic: record.topic,
                    bytes: record.payload.map_or(0, |payload| payload.to_bytes().len()),
                };
                sending.metadata_in(NAMESPACE, "sent", &sent);
            }
            let record = FutureRecord {
                headers: carrier.0,
                ..record
            };
            let (sent, mut sending) = sending.inside(producer.send(record, queue_timeout)).await;
            match &sent {
                Ok(delivery) => {
                    let stored = Stored {
                        partition: delivery.partition,
                        offset: delivery.offset,
                    };
                    sending.metadata_in(NAMESPACE, "stored", &stored);
                }
                Err((error, _)) => drop(sending.record_error(error)),
            }
            sending.done();
            sent
        }
    }
}

/// What the subsegment of a message tells when it is sent.
#[derive(Serialize)]
struct Sent<'a> {
    broker: &'static str,
    topic: &'a str,
    bytes: usize,
}

/// What it tells when the message is stored.
#[derive(Serialize)]
struct Stored {
    partition: i32,
    offset: i64,
}

/// The headers of a record, which may have none.
struct Carrier(Option<OwnedHeaders>);

impl Inject for Carrier {
    fn set(&mut self, name: &'static str, value: String) {
        self.0.get_or_insert_default().set(name, value);
    }
}

impl Inject for OwnedHeaders {
    fn set(&mut self, name: &'static str, value: String) {
        let old = std::mem::take(self);
        // Kafka keeps headers of the same name side by side.
        let others = without(old.as_borrowed(), name).unwrap_or(old);
        *self = others.insert(Header {
            key: name,
            value: Some(&value),
        });
    }
}

/// The headers without those of that name. None where there is none, or not all can be kept, for a name cannot be read.
fn without(headers: &BorrowedHeaders, name: &str) -> Option<OwnedHeaders> {
    let all: Vec<_> = readable(headers).collect();
    let is_there = all.iter().any(|header| header.key == name);
    (is_there && all.len() == headers.count()).then(|| {
        let kept = all.into_iter().filter(|header| header.key != name);
        kept.fold(OwnedHeaders::new(), OwnedHeaders::insert)
    })
}

/// The headers whose names are text. rdkafka panics at any other, and anybody may send one: a message would bring down each consumer that gets it.
fn readable(headers: &BorrowedHeaders) -> impl Iterator<Item = Header<'_, &[u8]>> {
    let read = |index| catch_unwind(AssertUnwindSafe(|| headers.try_get(index)));
    (0..headers.count()).filter_map(move |index| read(index).ok().flatten())
}

impl Extract for BorrowedHeaders {
    fn visit(&self, look: &mut dyn FnMut(&str, &[u8])) {
        for header in readable(self) {
            if let Some(value) = header.value {
                look(header.key, value);
            }
        }
    }
}

impl Extract for OwnedHeaders {
    fn visit(&self, look: &mut dyn FnMut(&str, &[u8])) {
        self.as_borrowed().visit(look);
    }
}
