//! A queue inside the process. The trace travels in the message, as it would over a real one.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::sleep;
use xray_sdk::{Recorder, TraceHeader, subsegment};

use crate::database::Database;

struct Message {
    order: i64,
    trace: Option<String>,
}

/// The end that messages go into. The queue ends when the last sender is dropped and the last message is read.
#[derive(Clone)]
pub(crate) struct Sender(mpsc::UnboundedSender<Message>);

/// The end that messages come out of.
pub(crate) struct Receiver(mpsc::UnboundedReceiver<Message>);

pub(crate) fn open() -> (Sender, Receiver) {
    let (sender, receiver) = mpsc::unbounded_channel();
    (Sender(sender), Receiver(receiver))
}

impl Sender {
    /// Asks the worker to pack an order.
    pub(crate) fn send(&self, order: i64) {
        subsegment("worker").remote().run(|sending| {
            let trace = sending.header().map(|header| header.to_string());
            // Fails only when the shop is closing and the worker has gone home.
            if let Err(error) = self.0.send(Message { order, trace }) {
                sending.record_error(&error);
            }
        });
    }
}

/// Packs order after order until the queue ends. Each is a segment of the trace in which it was sent.
pub(crate) async fn work(mut queue: Receiver, recorder: Recorder, database: Database) {
    while let Some(message) = queue.0.recv().await {
        let header = TraceHeader::parse(message.trace.as_deref().unwrap_or_default());
        let segment = recorder.segment("worker").continuing(header);
        // The error is in the trace; the next order may fare better.
        let _ = segment.run(pack(&database, message.order)).await;
    }
}

#[subsegment]
async fn pack(database: &Database, order: i64) -> rusqlite::Result<()> {
    sleep(Duration::from_millis(30)).await;
    database.mark_packed(order)
}
