use std::future::Future;

use async_nats::client::{PublishError, Request, RequestError};
use async_nats::subject::ToSubject;
use async_nats::{Client, HeaderMap, Message};
use bytes::Bytes;
use serde::Serialize;

use super::BROKER;
use crate::arrival::NAMESPACE;
use crate::send::{Publish, Sending};
use crate::unsent::Unsent;

impl Publish for Client {
    type Traced<'a> = TracedClient<'a>;

    fn traced(&self) -> TracedClient<'_> {
        TracedClient {
            client: self,
            name: None,
        }
    }
}

/// A client whose messages and requests have a subsegment each. Made by [`Publish::traced`].
///
/// Each subsegment has the name of the subject, or the one it was [given](Self::named); it begins when the future is polled first. Each message gets the
/// header `X-Amzn-Trace-Id`, and, where the trace is recorded, `Xray-Sent-Ms`. Recorded as metadata `sent` in the namespace `queue`: subject and payload
/// size in bytes.
#[derive(Clone, Copy, Debug)]
pub struct TracedClient<'a> {
    client: &'a Client,
    name: Option<&'a str>,
}

#[allow(
    clippy::needless_pass_by_value,
    reason = "subjects are taken as the client takes them"
)]
impl<'a> TracedClient<'a> {
    /// Calls the subsegments `name`, for subjects that hold an id: each name is a node of the service map. (Replies to requests, whose
    /// subjects are made up by the client, are all called `_INBOX`.)
    #[must_use]
    pub fn named(self, name: &'a str) -> Self {
        let name = Some(name);
        Self { name, ..self }
    }

    /// As [`Client::publish`]: it is done when the message is handed to the connection, whether or not anybody gets it.
    ///
    /// # Errors
    ///
    /// The client's, untouched; recorded with their sources.
    #[track_caller]
    pub fn publish<S: ToSubject>(
        self,
        subject: S,
        payload: Bytes,
    ) -> impl Future<Output = Result<(), PublishError>> + Send + use<'a, S> {
        self.publish_with_headers(subject, HeaderMap::new(), payload)
    }

    /// As [`Client::publish_with_headers`].
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
    ) -> impl Future<Output = Result<(), PublishError>> + Send + use<'a, S> {
        let (client, unsent, subject) = (self.client, Unsent::here(), subject.to_subject());
        async move {
            let name = self.name.unwrap_or_else(|| place(&subject));
            let sending = begin(unsent, name, &subject, &mut headers, payload.len());
            // Without headers the protocol's shorter form is used, as outside of a trace.
            if headers.is_empty() {
                return sending.run(client.publish(subject, payload)).await;
            }
            let publish = client.publish_with_headers(subject, headers, payload);
            sending.run(publish).await
        }
    }

    /// As [`Client::request`]: the subsegment lasts until the answer is there.
    ///
    /// # Errors
    ///
    /// The client's, untouched; recorded with their sources.
    #[track_caller]
    pub fn request<S: ToSubject>(
        self,
        subject: S,
        payload: Bytes,
    ) -> impl Future<Output = Result<Message, RequestError>> + Send + use<'a, S> {
        self.send_request(subject, Request::new().payload(payload))
    }

    /// As [`Client::send_request`].
    ///
    /// # Errors
    ///
    /// The client's, untouched; recorded with their sources.
    #[track_caller]
    pub fn send_request<S: ToSubject>(
        self,
        subject: S,
        mut request: Request,
    ) -> impl Future<Output = Result<Message, RequestError>> + Send + use<'a, S> {
        let (client, unsent, subject) = (self.client, Unsent::here(), subject.to_subject());
        async move {
            let mut headers = request.headers.take().unwrap_or_default();
            let bytes = request.payload.as_ref().map_or(0, Bytes::len);
            let name = self.name.unwrap_or_else(|| place(&subject));
            let sending = begin(unsent, name, &subject, &mut headers, bytes);
            request.headers = (!headers.is_empty()).then_some(headers);
            sending.run(client.send_request(subject, request)).await
        }
    }
}

/// Begins the subsegment of a message.
fn begin(
    unsent: Unsent,
    name: &str,
    subject: &str,
    headers: &mut HeaderMap,
    bytes: usize,
) -> Sending {
    let mut sending = unsent.begin_timed(name, headers);
    describe(&mut sending, subject, bytes);
    sending
}

/// What a subject is called: replies have subjects that the client makes up, one for each request.
pub(super) fn place(subject: &str) -> &str {
    const INBOX: &str = "_INBOX";
    match subject.strip_prefix(INBOX) {
        Some(rest) if rest.starts_with('.') => INBOX,
        _ => subject,
    }
}

/// Records what is sent.
pub(super) fn describe(sending: &mut Sending, subject: &str, bytes: usize) {
    if sending.is_recording() {
        let sent = Sent {
            broker: BROKER,
            subject,
            bytes,
        };
        sending.metadata_in(NAMESPACE, "sent", &sent);
    }
}

/// What the subsegment of a message tells.
#[derive(Serialize)]
struct Sent<'a> {
    broker: &'static str,
    subject: &'a str,
    bytes: usize,
}
