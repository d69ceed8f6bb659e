use std::error::Error;
use std::future::{Future, poll_fn};
use std::ops::{Deref, DerefMut};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::SystemTime;

use xray_sdk::{Enter, Entered, Subsegment, SubsegmentBuilder, Text, Within, subsegment};

use crate::arrival::SENT_HEADER;
use crate::carrier::{Inject, inject};

/// Records what is sent by a client of a broker: implemented by those of the brokers' modules.
pub trait Publish {
    /// The client that records.
    type Traced<'a>
    where
        Self: 'a;

    /// The same client, whose messages have a subsegment each and carry the trace. Costs nothing by itself.
    fn traced(&self) -> Self::Traced<'_>;
}

/// Begins the subsegment of a message that is sent to `name` (a queue, an exchange, a subject, a topic), and writes its tracing header
/// into the message's headers.
///
/// The subsegment has the namespace `remote`: X-Ray draws a node for it, of the type `remote` (there is none for brokers but SQS's own),
/// until a consumer's segment continues from it and takes its place.
///
/// In a trace that is not sampled only the header is written. Outside of a trace nothing is.
///
/// ```
/// use std::collections::HashMap;
/// use xray_sdk_queue::send;
///
/// # struct Broker;
/// # impl Broker {
/// #     async fn publish(&self, _: HashMap<String, String>, _: &[u8]) -> std::io::Result<()> {
/// #         Ok(())
/// #     }
/// # }
/// # async fn order(broker: &Broker) -> std::io::Result<()> {
/// let mut headers = HashMap::new();
/// send("orders", &mut headers).run(broker.publish(headers, b"an order")).await
/// # }
/// ```
#[track_caller]
pub fn send<'n>(name: impl Into<Text<'n>>, carrier: &mut (impl Inject + ?Sized)) -> Sending {
    Sending::begin(subsegment(name).remote(), carrier)
}

/// As [`send`], for a broker that keeps no time of sending: where the trace is recorded the message gets the header `Xray-Sent-Ms` too,
/// the time in milliseconds since 1970, from which the consumer's segment tells how long it waited.
#[track_caller]
pub fn send_timed<'n>(name: impl Into<Text<'n>>, carrier: &mut (impl Inject + ?Sized)) -> Sending {
    let mut sending = send(name, carrier);
    sending.time(carrier);
    sending
}

/// A message on its way to the broker: a subsegment that closes when this is dropped. Made by [`send`].
///
/// Dropped before [`run`](Self::run) is done, as by a time-out, it has the metadata `aborted: true` in the namespace `xray`.
#[must_use = "the subsegment of a message closes when this is dropped"]
pub struct Sending {
    subsegment: Subsegment,
    is_done: bool,
}

impl Sending {
    pub(crate) fn begin(
        message: SubsegmentBuilder<'_>,
        carrier: &mut (impl Inject + ?Sized),
    ) -> Self {
        let subsegment = message.begin();
        inject(&subsegment, carrier);
        Self {
            subsegment,
            is_done: false,
        }
    }

    /// Writes the time into the headers, where the trace is recorded.
    pub(crate) fn time(&mut self, carrier: &mut (impl Inject + ?Sized)) {
        if self.is_recording() {
            let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
            let now = now.unwrap_or_default().as_millis();
            carrier.set(SENT_HEADER, now.to_string());
        }
    }

    /// Runs the future that publishes the message. An error is recorded with its sources, and handed on untouched.
    ///
    /// # Errors
    ///
    /// Those of the future.
    pub async fn run<T, E: Error>(
        self,
        publish: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let (published, mut sending) = self.inside(publish).await;
        if let Err(error) = &published {
            sending.record_error(error);
        }
        sending.done();
        published
    }

    /// As [`run`](Self::run), for a client that blocks its thread.
    ///
    /// # Errors
    ///
    /// Those of `publish`.
    pub fn run_sync<T, E: Error>(mut self, publish: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        let entered = self.enter();
        let published = publish();
        drop(entered);
        if let Err(error) = &published {
            self.record_error(error);
        }
        self.done();
        published
    }

    /// Runs a part of the work inside the subsegment, and gives both back.
    pub(crate) async fn inside<F: Future>(self, work: F) -> (F::Output, Self) {
        let mut within = pin!(Within::new(Some(work), Some(self)));
        let output = poll_fn(|task| {
            let within = within.as_mut();
            within.poll_inside(|work| poll_and_drop(work, task))
        })
        .await;
        let sending = within.handle().take();
        (
            output,
            sending.expect("the subsegment is taken out only here"),
        )
    }

    /// Nothing is left to do but to close the subsegment.
    pub(crate) fn done(&mut self) {
        self.is_done = true;
    }
}

impl Deref for Sending {
    type Target = Subsegment;

    fn deref(&self) -> &Subsegment {
        &self.subsegment
    }
}

impl DerefMut for Sending {
    fn deref_mut(&mut self) -> &mut Subsegment {
        &mut self.subsegment
    }
}

impl Drop for Sending {
    fn drop(&mut self) {
        // A panic is recorded by the subsegment itself.
        if !self.is_done && !std::thread::panicking() && self.subsegment.is_recording() {
            self.subsegment.metadata_in("xray", "aborted", &true);
        }
    }
}

impl Enter for Sending {
    fn enter(&mut self) -> Entered<'_> {
        self.subsegment.enter()
    }
}

/// Polls what is worked on, and drops it when it is done: so that is inside of what is current here, too. Done, it is pending for ever.
pub(crate) fn poll_and_drop<F: Future>(
    mut work: Pin<&mut Option<F>>,
    task: &mut Context<'_>,
) -> Poll<F::Output> {
    let Some(open) = work.as_mut().as_pin_mut() else {
        return Poll::Pending;
    };
    let polled = open.poll(task);
    if polled.is_ready() {
        work.set(None);
    }
    polled
}
