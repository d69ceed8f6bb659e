use std::error::Error;
use std::future::Future;
use std::ops::{Deref, DerefMut};
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;
use xray_sdk::{Enter, Entered, Recorder, Segment, Text, Within, current};

use crate::arrival::Message;
use crate::outcome::{Outcome, Slot};
use crate::send::poll_and_drop;

/// Records what is done with a message.
///
/// For streams of messages there is [`Consume`](crate::Consume), which does this for each of them.
pub trait Receive: Message + Sized {
    /// A segment `name` for this message. It continues the trace of whoever sent it, as they decided; without a trace, or with one that
    /// cannot be read, it begins one, and the sampler decides.
    ///
    /// ```
    /// use xray_sdk_queue::Receive as _;
    /// # use xray_sdk_queue::{Arrival, Message};
    /// # struct Job;
    /// # impl Message for Job {
    /// #     fn arrival(&self) -> Arrival<'_> {
    /// #         Arrival::at("jobs")
    /// #     }
    /// # }
    /// # async fn print(_: &Job) {}
    /// # async fn work(recorder: &xray_sdk::Recorder, job: Job) {
    /// job.traced(recorder, "printer").run(|job| async move { print(&job).await }).await;
    /// # }
    /// ```
    fn traced<'a>(self, recorder: &'a Recorder, name: impl Into<Text<'a>>) -> Reception<'a, Self> {
        Reception {
            message: self,
            recorder,
            name: name.into(),
        }
    }
}

impl<M: Message> Receive for M {}

/// A message whose segment is not begun yet. Made by [`Receive::traced`].
#[must_use = "nothing is recorded until its work runs"]
pub struct Reception<'a, M> {
    pub(crate) message: M,
    pub(crate) recorder: &'a Recorder,
    pub(crate) name: Text<'a>,
}

impl<M: Message> Reception<'_, M> {
    /// Begins the segment here and now, and runs the future of `work` in it. The future borrows neither the recorder nor the name: it
    /// may be spawned.
    ///
    /// The segment closes when the future is done, with the [outcome](Delivered::outcome) that was told until then. When it is
    /// dropped the segment closes there and then, with the metadata `aborted: true` in the namespace `xray`. A panic closes it as a
    /// fault, and goes on.
    ///
    /// Recorded as metadata `received` in the namespace `queue`: the broker, from where the message came, how long it waited
    /// (`delay_ms`, where its time of sending is known) and how often it had been delivered before. Costs no allocation when it is
    /// not sampled.
    pub fn run<F: Future>(self, work: impl FnOnce(Delivered<M>) -> F) -> Processing<F> {
        let (message, mut segment, slot) = self.begin();
        let work = {
            let _entered = segment.enter();
            work(message)
        };
        Processing::new(work, segment, slot)
    }

    /// As [`run`](Self::run), for work that blocks its thread.
    pub fn run_sync<T>(self, work: impl FnOnce(Delivered<M>) -> T) -> T {
        let (message, segment, slot) = self.begin();
        let mut open = Open::new(segment, slot);
        let entered = open.enter();
        let worked = work(message);
        drop(entered);
        open.is_done = true;
        worked
    }

    fn begin(self) -> (Delivered<M>, Segment, Slot) {
        let segment = self.message.arrival().begin(self.recorder, self.name);
        let slot = Slot::of_message(segment.is_recording());
        (Delivered::new(self.message, &slot), segment, slot)
    }
}

/// A message while its segment is open: it is used as the message itself.
#[derive(Debug)]
pub struct Delivered<M> {
    message: M,
    slot: Slot,
}

impl<M> Delivered<M> {
    pub(crate) fn new(message: M, slot: &Slot) -> Self {
        let slot = slot.clone();
        Self { message, slot }
    }

    #[cfg(feature = "redis-streams")]
    pub(crate) fn is_recording(&self) -> bool {
        self.slot.is_recording()
    }

    /// Notes what the broker was told about the message: the last one counts, and in a batch each one. Told after the segment closed it is lost.
    ///
    /// The acknowledging methods of the brokers' modules do this themselves.
    pub fn outcome(&self, outcome: Outcome) {
        self.slot.tell(outcome);
    }

    /// Notes what the broker answered to an outcome: that it was told, or the error, which is recorded on what is current.
    ///
    /// For acknowledging methods of other brokers, as those of the brokers' modules do it.
    pub fn answered<E: Error + ?Sized>(&self, outcome: Outcome, failed: Option<&E>) {
        match failed {
            None => self.outcome(outcome),
            Some(error) if self.slot.is_recording() => drop(current().record_error(error)),
            Some(_) => {}
        }
    }

    /// The message alone. What is told about it afterwards is not noted.
    pub fn into_inner(self) -> M {
        self.message
    }
}

impl<M> Deref for Delivered<M> {
    type Target = M;

    fn deref(&self) -> &M {
        &self.message
    }
}

impl<M> DerefMut for Delivered<M> {
    fn deref_mut(&mut self) -> &mut M {
        &mut self.message
    }
}

pin_project! {
    /// The work on a message, in its segment. Made by [`Reception::run`] and [`Batch::run`](crate::Batch::run).
    #[must_use = "a future does nothing until it is awaited"]
    pub struct Processing<F> {
        #[pin]
        within: Within<Option<F>, Open>,
    }
}

impl<F> Processing<F> {
    pub(crate) fn new(work: F, segment: Segment, slot: Slot) -> Self {
        let open = Open::new(segment, slot);
        Self {
            within: Within::new(Some(work), Some(open)),
        }
    }
}

impl<F: Future> Future for Processing<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<F::Output> {
        let mut within = self.project().within;
        let polled = within
            .as_mut()
            .poll_inside(|work| poll_and_drop(work, task));
        if polled.is_ready()
            && let Some(mut open) = within.handle().take()
        {
            open.is_done = true;
        }
        polled
    }
}

/// The segment of work that is not over, which closes when this is dropped.
struct Open {
    segment: Segment,
    slot: Slot,
    is_done: bool,
}

impl Open {
    fn new(segment: Segment, slot: Slot) -> Self {
        Self {
            segment,
            slot,
            is_done: false,
        }
    }
}

impl Enter for Open {
    fn enter(&mut self) -> Entered<'_> {
        self.segment.enter()
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.slot.settle(&mut self.segment);
        // A panic is recorded by the segment itself.
        if !self.is_done && !std::thread::panicking() {
            self.segment.metadata_in("xray", "aborted", &true);
        }
    }
}
