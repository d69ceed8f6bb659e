use rdkafka::consumer::{CommitMode, Consumer, ConsumerContext};
use rdkafka::error::KafkaResult;
use rdkafka::message::{BorrowedMessage, OwnedMessage};

use super::BROKER;
use crate::arrival::{Arrival, Message, from_epoch_ms};
use crate::carrier::Extract;
use crate::outcome::Outcome;
use crate::receive::Delivered;

impl Message for BorrowedMessage<'_> {
    /// Where it came from is the topic. When it was sent, or stored, is its timestamp. Kafka does not tell how often a message was delivered.
    fn arrival(&self) -> Arrival<'_> {
        arrival(self)
    }
}

impl Message for OwnedMessage {
    fn arrival(&self) -> Arrival<'_> {
        arrival(self)
    }
}

fn arrival<M: rdkafka::Message<Headers: Extract>>(message: &M) -> Arrival<'_> {
    let sent = message.timestamp().to_millis();
    let sent = sent.and_then(|ms| from_epoch_ms(u64::try_from(ms).ok()?));
    let arrival = Arrival::at(message.topic()).broker(BROKER).sent_about(sent);
    match message.headers() {
        Some(headers) => arrival.carrying(headers),
        None => arrival,
    }
}

impl Delivered<BorrowedMessage<'_>> {
    /// As [`Consumer::commit_message`], and the message's segment tells it: committing is Kafka's way to say that it is done.
    ///
    /// # Errors
    ///
    /// rdkafka's, untouched; recorded on what is current.
    pub fn commit<C: ConsumerContext>(
        &self,
        consumer: &impl Consumer<C>,
        mode: CommitMode,
    ) -> KafkaResult<()> {
        let told = consumer.commit_message(self, mode);
        self.answered(Outcome::Ack, told.as_ref().err());
        told
    }

    /// As [`Consumer::store_offset_from_message`], and the message's segment tells it: where offsets are stored by hand (`enable.auto.offset.store`
    /// is off), this is how Kafka learns that it is done.
    ///
    /// # Errors
    ///
    /// rdkafka's, untouched; recorded on what is current.
    pub fn store_offset<C: ConsumerContext>(&self, consumer: &impl Consumer<C>) -> KafkaResult<()> {
        let told = consumer.store_offset_from_message(self);
        self.answered(Outcome::Ack, told.as_ref().err());
        told
    }
}
