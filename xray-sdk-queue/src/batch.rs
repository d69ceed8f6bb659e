use std::collections::HashSet;
use std::future::Future;

use xray_sdk::document::limits::LINKS_PER_SEGMENT;
use xray_sdk::sampling::SamplingRequest;
use xray_sdk::{Recorder, Sampled, Segment, SegmentId, Text, TraceHeader, TraceId};

use crate::arrival::{Message, NAMESPACE};
use crate::outcome::Slot;
use crate::receive::{Delivered, Processing};

/// Messages that are handled as one, in one segment.
///
/// Where all of them come from one trace the segment continues it. Otherwise it begins a trace of its own, and is linked to the senders
/// that are sampled: to 20 of them at most. It is sampled when one of the senders is; not, when senders decided and none is; and when
/// nobody decided the sampler does.
///
/// Its metadata `received` in the namespace `queue` tells the number of messages, and of senders that are sampled or have not decided.
///
/// ```
/// use xray_sdk_queue::Batch;
/// # use xray_sdk_queue::{Arrival, Message};
/// # struct Job;
/// # impl Message for Job {
/// #     fn arrival(&self) -> Arrival<'_> {
/// #         Arrival::at("jobs")
/// #     }
/// # }
/// # async fn print_all(_: Vec<Job>) {}
/// # async fn work(recorder: &xray_sdk::Recorder, jobs: Vec<Job>) {
/// Batch::of(&jobs).run(recorder, "printer", print_all(jobs)).await;
/// # }
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "nothing is recorded until its work runs"]
pub struct Batch {
    messages: u64,
    decision: Option<bool>,
    /// Of the first message, and whether all others are of the same trace.
    sender: Option<TraceHeader>,
    is_mixed: bool,
    /// The senders that may be linked: all of them, and the first ones in their order.
    senders: HashSet<(TraceId, SegmentId)>,
    links: Vec<(TraceId, SegmentId)>,
}

impl Batch {
    /// A batch of these messages.
    pub fn of<'m, M: Message + 'm>(messages: impl IntoIterator<Item = &'m M>) -> Self {
        let mut batch = Self::default();
        for message in messages {
            batch.add(message.arrival().header());
        }
        batch
    }

    /// Adds a message by the tracing header of its sender, [extracted](crate::extract) from it.
    pub fn add(&mut self, sender: &TraceHeader) {
        self.messages += 1;
        if let Some(is_sampled) = sender.sampled().decision() {
            self.decision = Some(is_sampled || self.decision == Some(true));
        }
        match &self.sender {
            None => self.sender = Some(sender.clone()),
            Some(first) => self.is_mixed |= first.root() != sender.root(),
        }
        self.link(sender);
    }

    fn link(&mut self, sender: &TraceHeader) {
        let (Some(trace), Some(parent)) = (sender.root(), sender.parent()) else {
            return;
        };
        let is_new = sender.sampled() != Sampled::No && self.senders.insert((trace, parent));
        if is_new && self.links.len() < LINKS_PER_SEGMENT {
            self.links.push((trace, parent));
        }
    }

    /// Begins the segment `name`, and runs a future in it: it closes when the future is done or dropped.
    pub fn run<F: Future>(
        self,
        recorder: &Recorder,
        name: impl Into<Text<'static>>,
        work: F,
    ) -> Processing<F> {
        let segment = self.begin(recorder, name.into());
        Processing::new(work, segment, Slot::default())
    }

    /// Begins the segment `name` of these messages, and runs the future of `work` in it, which gets them as [`Delivered`]: what the broker is
    /// told of each is counted in the metadata `outcomes` of the namespace `queue`. The segment is a fault where a message is to come
    /// again, and an error where one is given up.
    ///
    /// ```
    /// use xray_sdk_queue::{Batch, Delivered, Outcome};
    /// # use xray_sdk_queue::{Arrival, Message};
    /// # struct Job;
    /// # impl Message for Job {
    /// #     fn arrival(&self) -> Arrival<'_> {
    /// #         Arrival::at("jobs")
    /// #     }
    /// # }
    /// # async fn print_all(_: &[Delivered<Job>]) {}
    /// # async fn work(recorder: &xray_sdk::Recorder, jobs: Vec<Job>) {
    /// let work = |jobs: Vec<Delivered<Job>>| async move {
    ///     print_all(&jobs).await;
    ///     jobs.iter().for_each(|job| job.outcome(Outcome::Ack)); // a broker's own `ack` does it by itself
    /// };
    /// Batch::handle(jobs, recorder, "printer", work).await;
    /// # }
    /// ```
    pub fn handle<M: Message, F: Future>(
        messages: Vec<M>,
        recorder: &Recorder,
        name: impl Into<Text<'static>>,
        work: impl FnOnce(Vec<Delivered<M>>) -> F,
    ) -> Processing<F> {
        let mut segment = Self::of(&messages).begin(recorder, name.into());
        let slot = Slot::of_batch(segment.is_recording());
        let messages = messages.into_iter();
        let messages = messages
            .map(|message| Delivered::new(message, &slot))
            .collect();
        let work = {
            let _entered = segment.enter();
            work(messages)
        };
        Processing::new(work, segment, slot)
    }

    /// Begins the segment as a handle of its own.
    fn begin(self, recorder: &Recorder, name: Text<'_>) -> Segment {
        let mut header = match self.sender {
            Some(sender) if !self.is_mixed => sender,
            _ => TraceHeader::default(),
        };
        if let Some(is_sampled) = self.decision {
            header = header.with_sampled(is_sampled.into());
        }
        let mut segment = recorder
            .segment(name)
            .continuing(header)
            .request(SamplingRequest::default())
            .begin();
        if segment.is_recording() {
            let received = Received {
                messages: self.messages,
                senders: self.senders.len(),
            };
            segment.metadata_in(NAMESPACE, "received", &received);
            if self.is_mixed {
                for (trace, parent) in self.links {
                    segment.link(trace, parent);
                }
            }
        }
        segment
    }
}

/// What a batch's segment tells of its messages.
#[derive(serde::Serialize)]
struct Received {
    messages: u64,
    senders: usize,
}
