use std::convert::Infallible;
use std::time::SystemTime;

use async_nats::jetstream::{self, AckKind};
use async_nats::{Error, Message};

use super::BROKER;
use crate::arrival::{self, Arrival};
use crate::consume::Incoming;
use crate::outcome::Outcome;
use crate::receive::Delivered;

impl arrival::Message for Message {
    /// Where it came from is the subject. When it was sent is told by a sender that is traced by this crate.
    fn arrival(&self) -> Arrival<'_> {
        let arrival = Arrival::at(&self.subject).broker(BROKER);
        match &self.headers {
            Some(headers) => arrival.carrying(headers),
            None => arrival,
        }
    }
}

impl Incoming for Message {
    type Message = Self;
    type Error = Infallible;

    fn into_message(self) -> Result<Self, Infallible> {
        Ok(self)
    }
}

impl arrival::Message for jetstream::Message {
    /// Where it came from is the subject. When it was stored, and how often it was delivered, is told by the stream.
    fn arrival(&self) -> Arrival<'_> {
        let arrival = self.message.arrival();
        match self.info() {
            Ok(known) => arrival.sent(SystemTime::from(known.published)).redelivered(
                u64::try_from(known.delivered)
                    .unwrap_or(1)
                    .saturating_sub(1),
            ),
            Err(_) => arrival,
        }
    }
}

impl Delivered<jetstream::Message> {
    /// As [`jetstream::Message::ack`], and the message's segment tells it.
    ///
    /// # Errors
    ///
    /// The client's, untouched; recorded on what is current.
    pub async fn ack(&self) -> Result<(), Error> {
        let told = (**self).ack().await;
        self.noted(Some(Outcome::Ack), told)
    }

    /// As [`jetstream::Message::double_ack`], and the message's segment tells it.
    ///
    /// # Errors
    ///
    /// The client's, untouched; recorded on what is current.
    pub async fn double_ack(&self) -> Result<(), Error> {
        let told = (**self).double_ack().await;
        self.noted(Some(Outcome::Ack), told)
    }

    /// As [`jetstream::Message::ack_with`], and the message's segment tells it: [`AckKind::Nak`] as a fault, for the message is delivered again,
    /// [`AckKind::Term`] as an error, for it is given up.
    ///
    /// # Errors
    ///
    /// The client's, untouched; recorded on what is current.
    pub async fn ack_with(&self, kind: AckKind) -> Result<(), Error> {
        let outcome = outcome(kind);
        let told = (**self).ack_with(kind).await;
        self.noted(outcome, told)
    }

    /// As [`jetstream::Message::double_ack_with`], and the message's segment tells it, as for [`ack_with`](Self::ack_with).
    ///
    /// # Errors
    ///
    /// The client's, untouched; recorded on what is current.
    pub async fn double_ack_with(&self, kind: AckKind) -> Result<(), Error> {
        let outcome = outcome(kind);
        let told = (**self).double_ack_with(kind).await;
        self.noted(outcome, told)
    }

    fn noted(&self, outcome: Option<Outcome>, told: Result<(), Error>) -> Result<(), Error> {
        if let Some(outcome) = outcome {
            self.answered(outcome, told.as_ref().err().map(|error| &**error));
        }
        told
    }
}

/// What a kind of answer says of the message: nothing when it only asks for more time.
fn outcome(kind: AckKind) -> Option<Outcome> {
    match kind {
        AckKind::Ack | AckKind::Next => Some(Outcome::Ack),
        AckKind::Nak(_) => Some(Outcome::Nack),
        AckKind::Term => Some(Outcome::Reject),
        AckKind::Progress => None,
    }
}
