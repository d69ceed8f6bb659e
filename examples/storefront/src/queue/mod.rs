//! The way of an order to the worker: a queue inside the process, or a broker. The trace travels in the message.

mod in_process;
mod nats;
mod rabbitmq;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::sleep;
use xray_sdk::{Recorder, subsegment};

use crate::address::{Address, Problem};
use crate::database::Database;

/// What the trace calls the queue.
const QUEUE: &str = "packing";

const FORM: &str = "amqp://USER:PASSWORD@HOST/VHOST or nats://HOST";

/// The end that orders go into.
#[derive(Clone)]
pub(crate) enum Sender {
    InProcess(in_process::Sender),
    RabbitMq(rabbitmq::Sender),
    Nats(nats::Sender),
}

/// The end that orders come out of. The queue ends when the last sender is dropped and the last order is packed.
pub(crate) enum Receiver {
    InProcess(in_process::Receiver),
    RabbitMq(Box<rabbitmq::Receiver>),
    Nats(Box<nats::Receiver>),
}

/// The queue inside the process.
pub(crate) fn in_process() -> (Sender, Receiver) {
    let (sender, receiver) = in_process::open();
    (Sender::InProcess(sender), Receiver::InProcess(receiver))
}

/// A queue of a broker.
pub(crate) async fn at(url: &str) -> Result<(Sender, Receiver), Problem> {
    let address = Address::parse("--queue", url, &["amqp", "nats"], FORM)?;
    if address.url().scheme() == "amqp" {
        let (sender, receiver) = rabbitmq::open(&address).await?;
        return Ok((
            Sender::RabbitMq(sender),
            Receiver::RabbitMq(Box::new(receiver)),
        ));
    }
    let (sender, receiver) = nats::open(&address).await?;
    Ok((Sender::Nats(sender), Receiver::Nats(Box::new(receiver))))
}

impl Sender {
    /// Asks the worker to pack an order. The trace tells it when that fails.
    pub(crate) async fn send(&self, order: i64) -> Result<(), Unsent> {
        match self {
            Self::InProcess(sender) => sender.send(order).await,
            Self::RabbitMq(sender) => sender.send(order).await,
            Self::Nats(sender) => sender.send(order).await,
        }
    }
}

/// The worker is not asked.
pub(crate) struct Unsent;

impl Receiver {
    /// Packs order after order until the queue ends. Each is a segment of the trace in which it was sent.
    pub(crate) async fn work(self, recorder: Recorder, database: Database) {
        match self {
            Self::InProcess(receiver) => receiver.work(&recorder, &database).await,
            Self::RabbitMq(receiver) => receiver.work(&recorder, &database).await,
            Self::Nats(receiver) => receiver.work(&recorder, &database).await,
        }
    }
}

#[subsegment]
async fn pack(database: &Database, order: i64) -> sqlx::Result<()> {
    sleep(Duration::from_millis(30)).await;
    database.mark_packed(order).await
}

/// An order as a broker carries it: its number in digits.
fn number(payload: &[u8]) -> Option<i64> {
    std::str::from_utf8(payload).ok()?.parse().ok()
}

/// Senders to a broker hold the first, and its receiver waits for the second: no order comes any more.
fn last_sender() -> (Arc<oneshot::Sender<()>>, impl Future<Output = ()>) {
    let (open, closed) = oneshot::channel();
    // Nothing is ever sent: the wait ends when the last sender is dropped.
    let closed = async { closed.await.unwrap_or_default() };
    (Arc::new(open), closed)
}
