use lapin::message::Delivery;
use lapin::options::{BasicAckOptions, BasicNackOptions, BasicRejectOptions};
use lapin::types::{AMQPValue, FieldTable};

use super::BROKER;
use crate::arrival::{Arrival, Message, from_epoch_ms};
use crate::outcome::Outcome;
use crate::receive::Delivered;

impl Message for Delivery {
    /// Where it came from is the exchange, or the queue (the routing key) where that is the default one. When it was sent is told by
    /// RabbitMQ (the header `timestamp_in_ms`), by the sender where it is traced by this crate, or else by the property `timestamp`, which has
    /// seconds. How often it was delivered before is known to quorum queues only (`x-delivery-count`). Of a dead letter it tells in which queue it
    /// died first, and why.
    ///
    /// What `basic_get` gives has its delivery in a field: `got.delivery.traced(…)`.
    fn arrival(&self) -> Arrival<'_> {
        let place = match self.exchange.as_str() {
            "" => self.routing_key.as_str(),
            exchange => exchange,
        };
        let mut arrival = Arrival::at(place).broker(BROKER);
        arrival = match self.redelivered {
            true => arrival.redelivered_somehow(),
            false => arrival.redelivered(0),
        };
        if let Some(headers) = self.properties.headers() {
            arrival = arrival.carrying(headers);
            if let Some(count) = number(headers, "x-delivery-count") {
                arrival = arrival.redelivered(count);
            }
            let death = ["x-first-death-queue", "x-first-death-reason"];
            if let [Some(queue), Some(reason)] = death.map(|name| text(headers, name)) {
                arrival = arrival.dead_letter(queue, reason);
            }
            if let Some(sent) = number(headers, "timestamp_in_ms").and_then(from_epoch_ms) {
                arrival = arrival.sent(sent);
            }
        }
        let second = self.properties.timestamp().as_ref();
        arrival.sent_about(second.and_then(|second| from_epoch_ms(second.checked_mul(1_000)?)))
    }
}

fn number(headers: &FieldTable, name: &str) -> Option<u64> {
    match headers.inner().get(name)? {
        AMQPValue::LongLongInt(number) => u64::try_from(*number).ok(),
        AMQPValue::LongInt(number) => u64::try_from(*number).ok(),
        AMQPValue::LongUInt(number) => Some(u64::from(*number)),
        AMQPValue::Timestamp(number) => Some(*number),
        _ => None,
    }
}

fn text<'a>(headers: &'a FieldTable, name: &str) -> Option<&'a str> {
    match headers.inner().get(name)? {
        AMQPValue::LongString(text) => std::str::from_utf8(text.as_bytes()).ok(),
        AMQPValue::ShortString(text) => Some(text.as_str()),
        _ => None,
    }
}

impl Delivered<Delivery> {
    /// As [`Acker::ack`](lapin::Acker::ack), and the message's segment tells it.
    ///
    /// # Errors
    ///
    /// lapin's, untouched; recorded on what is current.
    pub async fn ack(&self, options: BasicAckOptions) -> lapin::Result<bool> {
        let told = (**self).ack(options).await;
        self.noted(Outcome::Ack, told)
    }

    /// As [`Acker::nack`](lapin::Acker::nack), and the message's segment tells it: as a fault where the message is put back into the queue, and
    /// as an error where it is given up.
    ///
    /// # Errors
    ///
    /// lapin's, untouched; recorded on what is current.
    pub async fn nack(&self, options: BasicNackOptions) -> lapin::Result<bool> {
        let told = (**self).nack(options).await;
        self.noted(refusal(options.requeue), told)
    }

    /// As [`Acker::reject`](lapin::Acker::reject), and the message's segment tells it, as for [`nack`](Self::nack).
    ///
    /// # Errors
    ///
    /// lapin's, untouched; recorded on what is current.
    pub async fn reject(&self, options: BasicRejectOptions) -> lapin::Result<bool> {
        let told = (**self).reject(options).await;
        self.noted(refusal(options.requeue), told)
    }

    /// lapin answers `false` where the message was told of before, or its channel is gone: then nothing was told now.
    fn noted(&self, outcome: Outcome, told: lapin::Result<bool>) -> lapin::Result<bool> {
        if !matches!(told, Ok(false)) {
            self.answered(outcome, told.as_ref().err());
        }
        told
    }
}

fn refusal(is_requeued: bool) -> Outcome {
    match is_requeued {
        true => Outcome::Nack,
        false => Outcome::Reject,
    }
}
