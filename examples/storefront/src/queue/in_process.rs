//! A queue inside the process, traced as any broker is that xray-sdk-queue does not know: by its small traits.

use std::collections::BTreeMap;

use tokio::sync::mpsc;
use xray_sdk::Recorder;
use xray_sdk_queue::{Arrival, Message, Outcome, Receive as _, send_timed};

use super::{QUEUE, Unsent, pack};
use crate::database::Database;

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

#[derive(Clone)]
pub(crate) struct Sender(mpsc::UnboundedSender<Job>);

pub(crate) struct Receiver(mpsc::UnboundedReceiver<Job>);

pub(super) fn open() -> (Sender, Receiver) {
    let (sender, receiver) = mpsc::unbounded_channel();
    (Sender(sender), Receiver(receiver))
}

impl Sender {
    pub(super) async fn send(&self, order: i64) -> Result<(), Unsent> {
        let mut headers = BTreeMap::new();
        let sending = send_timed(QUEUE, &mut headers);
        let publish = async { self.0.send(Job { order, headers }) };
        sending.run(publish).await.map_err(|_| Unsent)
    }
}

impl Receiver {
    pub(super) async fn work(mut self, recorder: &Recorder, database: &Database) {
        while let Some(job) = self.0.recv().await {
            let work = job.traced(recorder, "worker").run(|job| async move {
                let outcome = match pack(database, job.order).await {
                    Ok(()) => Outcome::Ack,
                    // The error is in the trace; the next order may fare better.
                    Err(_) => Outcome::Reject,
                };
                job.outcome(outcome);
            });
            work.await;
        }
    }
}
