//! RabbitMQ, by lapin: `channel.traced()` and `consumer.traced(…)` are all that tracing takes.

use std::sync::Arc;

use futures_util::future::{BoxFuture, FutureExt as _, join};
use lapin::options::{
    BasicAckOptions, BasicCancelOptions, BasicConsumeOptions, BasicPublishOptions,
    BasicRejectOptions, ConfirmSelectOptions, ExchangeDeclareOptions, QueueBindOptions,
    QueueDeclareOptions,
};
use lapin::types::{FieldTable, ShortString};
use lapin::{
    BasicProperties, Channel, Connection, ConnectionProperties, Consumer, ErrorKind, ExchangeKind,
};
use tokio::sync::oneshot;
use xray_sdk::Recorder;
use xray_sdk_queue::{Consume as _, Publish as _};

use super::{QUEUE, Unsent, last_sender, number, pack};
use crate::address::{Address, Problem, Why};
use crate::database::Database;

#[derive(Clone)]
pub(crate) struct Sender {
    channel: Channel,
    queue: ShortString,
    _open: Arc<oneshot::Sender<()>>,
}

pub(crate) struct Receiver {
    // Closed with this.
    _connection: Connection,
    channel: Channel,
    consumer: Consumer,
    closed: BoxFuture<'static, ()>,
}

/// Orders go to an exchange, and from there to a queue of this shop alone. The broker deletes both when the shop leaves.
pub(super) async fn open(address: &Address) -> Result<(Sender, Receiver), Problem> {
    address.reach(connect(address.url().as_str()), why).await
}

async fn connect(url: &str) -> lapin::Result<(Sender, Receiver)> {
    let connection = Connection::connect(url, ConnectionProperties::default()).await?;
    let channel = connection.create_channel().await?;
    channel
        .confirm_select(ConfirmSelectOptions::default())
        .await?;
    let passing = ExchangeDeclareOptions {
        auto_delete: true,
        ..ExchangeDeclareOptions::default()
    };
    let arguments = FieldTable::default;
    channel
        .exchange_declare(QUEUE.into(), ExchangeKind::Direct, passing, arguments())
        .await?;
    let own = QueueDeclareOptions {
        exclusive: true,
        auto_delete: true,
        ..QueueDeclareOptions::default()
    };
    // The broker finds a name for it.
    let queue = channel.queue_declare("".into(), own, arguments()).await?;
    let queue = queue.name().clone();
    let bound = QueueBindOptions::default();
    channel
        .queue_bind(
            queue.clone(),
            QUEUE.into(),
            queue.clone(),
            bound,
            arguments(),
        )
        .await?;
    let consumer = channel
        .basic_consume(
            queue.clone(),
            "".into(),
            BasicConsumeOptions::default(),
            arguments(),
        )
        .await?;
    let (open, closed) = last_sender();
    let sender = Sender {
        channel: channel.clone(),
        queue,
        _open: open,
    };
    let receiver = Receiver {
        _connection: connection,
        channel,
        consumer,
        closed: closed.boxed(),
    };
    Ok((sender, receiver))
}

impl Sender {
    pub(super) async fn send(&self, order: i64) -> Result<(), Unsent> {
        let payload = order.to_string();
        let sent = self.channel.traced().basic_publish(
            QUEUE.into(),
            self.queue.clone(),
            BasicPublishOptions::default(),
            payload.as_bytes(),
            BasicProperties::default(),
        );
        let confirmed = async { sent.await?.await };
        match confirmed.await {
            Ok(confirmed) if confirmed.is_ack() => Ok(()),
            _ => Err(Unsent),
        }
    }
}

impl Receiver {
    pub(super) async fn work(self, recorder: &Recorder, database: &Database) {
        let tag = self.consumer.tag();
        let packing = self
            .consumer
            .traced(recorder, "worker")
            .for_each(|delivery| async move {
                let packed = match number(&delivery.data) {
                    Some(order) => pack(database, order).await.is_ok(),
                    None => false,
                };
                // Where the broker is gone, the trace tells it.
                let _ = match packed {
                    true => delivery.ack(BasicAckOptions::default()).await,
                    false => delivery.reject(BasicRejectOptions::default()).await,
                };
            });
        let packing = packing.map(|done| {
            if let Err(error) = done {
                eprintln!("storefront: the worker lost its queue: {error}");
            }
        });
        let ending = async {
            self.closed.await;
            // What was delivered before is packed before the consumer's end.
            let end = self
                .channel
                .basic_cancel(tag, BasicCancelOptions::default());
            let _ = end.await;
        };
        join(packing, ending).await;
    }
}

fn why(error: &lapin::Error) -> Why {
    match error.kind() {
        ErrorKind::IOError(error) => Why::Away(error.to_string()),
        ErrorKind::ProtocolError(error) => {
            let text = error.get_message().to_string();
            match text.starts_with("ACCESS_REFUSED") {
                true => Why::Login(text),
                false => Why::Other(text),
            }
        }
        _ => Why::Other(error.to_string()),
    }
}
