//! A queue inside the process. The trace travels in the message, as it does over a real one.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::sleep;
use xray_sdk::{Recorder, subsegment};
use xray_sdk_queue::{Arrival, Message, Receive as _, send_timed};

use crate::database::Database;

/// The name of the queue.
const QUEUE: &str = "worker";

#[derive(Debug)]
struct Job {
    order: i64,
    headers: BTreeMap<String, String>,
}

impl Message for Job {
    fn arrival(&self) -> Arrival<'_> {
        Arrival::at(QUEUE).carrying(&self.headers)
    }
}

/// The end that messages go into. The queue ends when the last sender is dropped and the last message is read.
#[derive(Clone)]
pub(crate) struct Sender(mpsc::UnboundedSender<Job>);

/// The end that messages come out of.
pub(crate) struct Receiver(mpsc::UnboundedReceiver<Job>);

pub(crate) fn open() -> (Sender, Receiver) {
    let (sender, receiver) = mpsc::unbounded_channel();
    (Sender(sender), Receiver(receiver))
}

impl Sender {
    /// Asks the worker to pack an order.
    pub(crate) async fn send(&self, order: i64) {
        let mut headers = BTreeMap::new();
        let sending = send_timed(QUEUE, &mut headers);
        let publish = async { self.0.send(Job { order, headers }) };
        // Fails only when the shop is closing and the worker has gone home; the trace tells it.
        let _ = sending.run(publish).await;
    }
}

/// Packs order after order until the queue ends. Each is a segment of the trace in which it was sent.
pub(crate) async fn work(mut queue: Receiver, recorder: Recorder, database: Database) {
    while let Some(job) = queue.0.recv().await {
        let job = job.traced(&recorder, "worker");
        // The error is in the trace; the next order may fare better.
        let _ = job.run(|job| pack(&database, job.order)).await;
    }
}

#[subsegment]
async fn pack(database: &Database, order: i64) -> rusqlite::Result<()> {
    sleep(Duration::from_millis(30)).await;
    database.mark_packed(order)
}
