use std::error::Error;
use std::future::Future;
use std::ops::{Deref, DerefMut};
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;
use xray_sdk::{Recorder, Segment, Text, current};

use crate::arrival::Message;
use crate::outcome::{Outcome, Slot};

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
        let mut segment = Some(segment);
        let open = EndUnlessPending(&mut segment, &slot, false);
        let _entered = open.0.as_mut().map(Segment::enter);
        work(message)
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
        // None once it is done: its parts are dropped inside the segment.
        #[pin]
        work: Option<F>,
        segment: Option<Segment>,
        slot: Slot,
    }

    impl<F> PinnedDrop for Processing<F> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if let Some(segment) = this.segment {
                {
                    let _entered = segment.enter();
                    this.work.set(None);
                }
                this.slot.settle(segment);
                segment.metadata_in("xray", "aborted", &true);
            }
        }
    }
}

impl<F> Processing<F> {
    pub(crate) fn new(work: F, segment: Segment, slot: Slot) -> Self {
        Self {
            work: Some(work),
            segment: Some(segment),
            slot,
        }
    }
}

impl<F: Future> Future for Processing<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<F::Output> {
        let mut this = self.project();
        let Some(work) = this.work.as_mut().as_pin_mut() else {
            // Polled after it was done, which the future itself could answer only by a panic of its own.
            return Poll::Pending;
        };
        let mut open = EndUnlessPending(this.segment, this.slot, false);
        let entered = open.0.as_mut().map(Segment::enter);
        let polled = work.poll(task);
        match polled {
            Poll::Ready(_) => this.work.set(None),
            Poll::Pending => open.2 = true,
        }
        drop(entered);
        polled
    }
}

/// Closes the segment when its work is over, also by a panic: whoever catches it may keep the future for long.
struct EndUnlessPending<'a>(&'a mut Option<Segment>, &'a Slot, bool);

impl Drop for EndUnlessPending<'_> {
    fn drop(&mut self) {
        let Self(segment, slot, is_pending) = self;
        if !*is_pending && let Some(mut segment) = segment.take() {
            slot.settle(&mut segment);
        }
    }
}
