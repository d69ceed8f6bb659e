use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;

use async_nats::HeaderMap;
use async_nats::jetstream::Context;
use async_nats::jetstream::context::{PublishAckFuture, PublishError};
use async_nats::jetstream::publish::PublishAck;
use async_nats::subject::ToSubject;
use bytes::Bytes;

use super::client::{describe, place};
use crate::arrival::NAMESPACE;
use crate::send::{Publish, Sending};
use crate::unsent::Unsent;

impl Publish for Context {
    type Traced<'a> = TracedContext<'a>;

    fn traced(&self) -> TracedContext<'_> {
        TracedContext {
            context: self,
            name: None,
        }
    }
}

/// A JetStream context whose messages have a subsegment each. Made by [`Publish::traced`].
///
/// Each subsegment has the name of the subject, or the one it was [given](Self::named); it begins when the future is polled first, and closes when the stream has [stored](StreamAck) the
/// message, which gets the header `X-Amzn-Trace-Id`. Recorded as metadata `sent` in the namespace `queue`: subject and payload size in bytes.
#[derive(Clone, Copy, Debug)]
pub struct TracedContext<'a> {
    context: &'a Context,
    name: Option<&'a str>,
}

#[allow(
    clippy::needless_pass_by_value,
    reason = "subjects are taken as the client takes them"
)]
impl<'a> TracedContext<'a> {
    /// Calls the subsegments `name`, for subjects that hold an id: each name is a node of the service map.
    #[must_use]
    pub fn named(self, name: &'a str) -> Self {
        let name = Some(name);
        Self { name, ..self }
    }

    /// As [`Context::publish`].
    ///
    /// # Errors
    ///
    /// The client's, untouched; recorded with their sources.
    #[track_caller]
    pub fn publish<S: ToSubject>(
        self,
        subject: S,
        payload: Bytes,
    ) -> impl Future<Output = Result<StreamAck, PublishError>> + Send + use<'a, S> {
        self.publish_with_headers(subject, HeaderMap::new(), payload)
    }

    /// As [`Context::publish_with_headers`].
    ///
    /// # Errors
    ///
    /// The client's, untouched; recorded with their sources.
    #[track_caller]
    pub fn publish_with_headers<S: ToSubject>(
        self,
        subject: S,
        mut headers: HeaderMap,
        payload: Bytes,
    ) -> impl Future<Output = Result<StreamAck, PublishError>> + Send + use<'a, S> {
        let (context, unsent, subject) = (self.context, Unsent::here(), subject.to_subject());
        async move {
            let name = self.name.unwrap_or_else(|| place(&subject));
            let mut sending = unsent.begin(name, &mut headers);
            describe(&mut sending, &subject, payload.len());
            // Without headers the protocol's shorter form is used, as outside of a trace.
            let (published, mut sending) = if headers.is_empty() {
                sending.inside(context.publish(subject, payload)).await
            } else {
                let publish = context.publish_with_headers(subject, headers, payload);
                sending.inside(publish).await
            };
            sending.done();
            match published {
                Ok(ack) => Ok(StreamAck { ack, sending }),
                Err(error) => {
                    sending.record_error(&error);
                    Err(error)
                }
            }
        }
    }
}

/// A message that is not stored by its stream yet: JetStream's [`PublishAckFuture`], with the message's subsegment, which closes with it.
///
/// That the message is stored is told in the metadata `outcome` of the namespace `queue`. An error (no stream, no answer in time) is recorded. Dropped, it
/// closes the subsegment without an outcome.
#[must_use = "the subsegment of a message closes when this is dropped"]
pub struct StreamAck {
    ack: PublishAckFuture,
    sending: Sending,
}

impl StreamAck {
    /// JetStream's own. The subsegment closes here.
    pub fn into_inner(self) -> PublishAckFuture {
        self.ack
    }
}

impl IntoFuture for StreamAck {
    type Output = Result<PublishAck, PublishError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        let Self { ack, mut sending } = self;
        if !sending.is_recording() {
            return ack.into_future();
        }
        Box::pin(async move {
            let answer = ack.await;
            match &answer {
                Ok(_) => drop(sending.metadata_in(NAMESPACE, "outcome", "ack")),
                Err(error) => drop(sending.record_error(error)),
            }
            answer
        })
    }
}

impl fmt::Debug for StreamAck {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("StreamAck")
    }
}
