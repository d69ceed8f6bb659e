//! NATS, by async-nats: `client.traced()` and `messages.traced(…)` are all that tracing takes.

use std::future::ready;
use std::sync::Arc;

use async_nats::{Client, ConnectError, ConnectErrorKind, ConnectOptions, ServerAddr, Subscriber};
use axum::body::Bytes;
use futures_util::StreamExt as _;
use futures_util::future::{BoxFuture, FutureExt as _, join};
use percent_encoding::percent_decode_str;
use tokio::sync::oneshot;
use xray_sdk::Recorder;
use xray_sdk_queue::{Consume as _, Outcome, Publish as _};

use super::{QUEUE, Unsent, last_sender, number, pack};
use crate::address::{Address, Problem, Why};
use crate::database::Database;

#[derive(Clone)]
pub(crate) struct Sender {
    client: Client,
    subject: String,
    _open: Arc<oneshot::Sender<()>>,
}

pub(crate) struct Receiver {
    client: Client,
    subject: String,
    messages: Subscriber,
    closed: BoxFuture<'static, ()>,
}

/// Orders go by a subject of this shop alone.
pub(super) async fn open(address: &Address) -> Result<(Sender, Receiver), Problem> {
    let server = ServerAddr::from_url(address.url().clone());
    let server = server.map_err(|error| address.problem(&Why::Other(error.to_string())))?;
    let client = address.reach(login(address).connect(server), why).await?;
    let subject = client.new_inbox().replace("_INBOX", QUEUE);
    let subscription = client.subscribe(subject.clone());
    let other = |error: &async_nats::SubscribeError| Why::Other(error.to_string());
    let messages = address.reach(subscription, other).await?;
    let (open, closed) = last_sender();
    let sender = Sender {
        client: client.clone(),
        subject: subject.clone(),
        _open: open,
    };
    let receiver = Receiver {
        client,
        subject,
        messages,
        closed: closed.boxed(),
    };
    Ok((sender, receiver))
}

/// The client itself takes no user from a URL. One without a password is a token.
fn login(address: &Address) -> ConnectOptions {
    let plain = |text| percent_decode_str(text).decode_utf8_lossy().into_owned();
    match (address.url().username(), address.url().password()) {
        ("", _) => ConnectOptions::new(),
        (token, None) => ConnectOptions::with_token(plain(token)),
        (user, Some(password)) => {
            ConnectOptions::with_user_and_password(plain(user), plain(password))
        }
    }
}

impl Sender {
    pub(super) async fn send(&self, order: i64) -> Result<(), Unsent> {
        let payload = order.to_string().into();
        // Each shop has a subject of its own; the trace calls all of them the same.
        let client = self.client.traced().named(QUEUE);
        let sent = client.publish(self.subject.clone(), payload);
        sent.await.map_err(|_| Unsent)
    }
}

impl Receiver {
    pub(super) async fn work(self, recorder: &Recorder, database: &Database) {
        let orders = self
            .messages
            .take_while(|message| ready(!message.payload.is_empty()));
        let packing = orders
            .traced(recorder, "worker")
            .for_each(|message| async move {
                let packed = match number(&message.payload) {
                    Some(order) => pack(database, order).await.is_ok(),
                    None => false,
                };
                // Core NATS is not told; the trace is.
                message.outcome(match packed {
                    true => Outcome::Ack,
                    false => Outcome::Reject,
                });
            });
        let ending = async {
            self.closed.await;
            // A message without an order comes after all that were sent before; the client's own `drain` may be faster than they are.
            let end = self.client.publish(self.subject, Bytes::new());
            let _ = end.await;
        };
        let (Ok(()), ()) = join(packing, ending).await;
    }
}

fn why(error: &ConnectError) -> Why {
    let source = std::error::Error::source(error);
    let text = source.map_or_else(|| error.to_string(), ToString::to_string);
    match error.kind() {
        ConnectErrorKind::Authentication | ConnectErrorKind::AuthorizationViolation => {
            Why::Login(text)
        }
        ConnectErrorKind::Dns | ConnectErrorKind::Io | ConnectErrorKind::TimedOut => {
            Why::Away(text)
        }
        _ => Why::Other(text),
    }
}
