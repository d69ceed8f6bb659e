//! The trace in messages: of SQS, of SNS, and of what sends through them.
//!
//! A sender needs nothing but a client that is traced. SQS keeps the tracing header of `SendMessage` and `SendMessageBatch` with each
//! message, as its system attribute `AWSTraceHeader` (which counts neither as an attribute nor in its size), and SNS passes that of `Publish` and
//! `PublishBatch` on to the queues and functions that are subscribed (developer guide, "Amazon SQS and AWS X-Ray", "Amazon SNS and AWS X-Ray").
//!
//! Notifications of S3 and events of EventBridge have no header in themselves. What they send to a queue comes with the same attribute, where the request
//! that caused it was traced; what they send to a function of Lambda comes with the header of the invocation. EventBridge takes it from each entry of `PutEvents`:
//! by [`XrayInterceptor::trace_attribute`](crate::XrayInterceptor::trace_attribute), or as the text of [`header()`].
//!
//! A consumer asks for the attribute (here by itself; [`XrayInterceptor::ask_for_trace`](crate::XrayInterceptor::ask_for_trace) does it for all that a client
//! receives), and continues the trace for each message:
//!
//! ```no_run
//! use xray_sdk::Recorder;
//! use xray_sdk_aws::message;
//!
//! # async fn handle(_: &aws_sdk_sqs::types::Message) {}
//! # async fn consume(recorder: &Recorder, queues: &aws_sdk_sqs::Client, url: &str) -> Result<(), Box<dyn std::error::Error>> {
//! let received = queues
//!     .receive_message()
//!     .queue_url(url)
//!     .message_system_attribute_names(message::TRACE_ATTRIBUTE.into()) // SQS tells it only when asked
//!     .send()
//!     .await?;
//! for message in received.messages() {
//!     recorder
//!         .segment("worker")
//!         .continuing(message::sender(message.attributes()))
//!         .run(handle(message))
//!         .await;
//! }
//! # Ok(())
//! # }
//! ```
//!
//! or has one segment for the whole batch, by [`Batch`].

use std::collections::HashMap;
use std::future::Future;

use xray_sdk::document::limits::LINKS_PER_SEGMENT;
use xray_sdk::{
    Recorder, Sampled, Segment, SegmentBuilder, SegmentId, SubsegmentBuilder, Text, TraceHeader,
    TraceId, current, subsegment,
};

/// The system attribute in which SQS keeps the sender's tracing header. A consumer must ask for it.
pub const TRACE_ATTRIBUTE: &str = "AWSTraceHeader";

/// The tracing header of what is current here, as text: for what carries it as a value of its own, as an entry of EventBridge's `PutEvents`.
///
/// `None` outside of a trace.
///
/// ```
/// # let capture = xray_sdk::testing::Capture::new("shop");
/// # capture.recorder().segment("shop").run_sync(|_| {
/// let header = xray_sdk_aws::message::header();
/// // and then: PutEventsRequestEntry::builder().set_trace_header(header)
/// assert!(header.unwrap().starts_with("Root=1-"));
/// # });
/// ```
pub fn header() -> Option<String> {
    current().header().map(|header| header.to_string())
}

/// The tracing header of a message's sender, from the message's attributes: `message.attributes()` of a message of SQS, or those of a record in an
/// event of Lambda.
///
/// A message without one has the empty header: a segment that continues it begins a trace of its own, and the sampler decides.
pub fn sender<K: AsRef<str>>(attributes: Option<&HashMap<K, String>>) -> TraceHeader {
    attributes
        .into_iter()
        .flatten()
        .find(|(name, _)| name.as_ref() == TRACE_ATTRIBUTE)
        .map(|(_, header)| TraceHeader::parse(header))
        .unwrap_or_default()
}

/// A subsegment for one message of a batch. It is left out where the sender was not sampled, with all below it, so that what one sampled message brings
/// with it is not recorded for all others of its batch.
///
/// ```
/// use std::collections::HashMap;
/// use xray_sdk_aws::message;
///
/// # let capture = xray_sdk::testing::Capture::new("worker");
/// # capture.recorder().segment("worker").run_sync(|_| {
/// let attributes = HashMap::from([("AWSTraceHeader", "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=0".to_owned())]);
/// message::part("order", Some(&attributes)).run(|_| ());
/// # });
/// assert_eq!(capture.tree(), "worker\n");
/// ```
#[track_caller]
pub fn part<'n, K: AsRef<str>>(
    name: impl Into<Text<'n>>,
    attributes: Option<&HashMap<K, String>>,
) -> SubsegmentBuilder<'n> {
    let part = subsegment(name);
    match sender(attributes).sampled() {
        Sampled::No => part.without_sampling(),
        _ => part,
    }
}

/// Messages that are handled as one: a segment in a trace of its own, which is linked to the traces of the senders.
///
/// It is sampled when one of the senders is; when senders decided and none is, it is not; when nobody decided, the sampler does. At most 20 links are
/// kept (developer guide, "Tracing event-driven applications").
///
/// ```
/// use std::collections::HashMap;
/// use xray_sdk_aws::message::Batch;
///
/// # async fn handle_all() {}
/// # async fn consume(recorder: &xray_sdk::Recorder, messages: Vec<HashMap<String, String>>) {
/// let batch: Batch = messages.iter().map(Some).collect();
/// batch.segment(recorder, "worker").run(handle_all()).await;
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct Batch {
    links: Vec<(TraceId, SegmentId)>,
    is_sampled: Option<bool>,
}

impl Batch {
    /// A batch without messages.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a message that `sender` sent.
    pub fn add(&mut self, sender: &TraceHeader) {
        if let Some(is_sampled) = sender.sampled().decision() {
            self.is_sampled = Some(is_sampled || self.is_sampled == Some(true));
        }
        if sender.sampled() == Sampled::Yes
            && self.links.len() < LINKS_PER_SEGMENT
            && let (Some(trace), Some(parent)) = (sender.root(), sender.parent())
            && !self.links.contains(&(trace, parent))
        {
            self.links.push((trace, parent));
        }
    }

    /// A segment for the batch.
    pub fn segment<'a>(
        self,
        recorder: &'a Recorder,
        name: impl Into<Text<'a>>,
    ) -> BatchSegment<'a> {
        let mut builder = recorder.segment(name);
        if let Some(is_sampled) = self.is_sampled {
            builder = builder.sampled(is_sampled);
        }
        BatchSegment {
            builder,
            links: self.links,
        }
    }
}

impl<'m, K: AsRef<str> + 'm> FromIterator<Option<&'m HashMap<K, String>>> for Batch {
    /// A batch of messages with these attributes.
    fn from_iter<I: IntoIterator<Item = Option<&'m HashMap<K, String>>>>(messages: I) -> Self {
        let mut batch = Self::new();
        for attributes in messages {
            batch.add(&sender(attributes));
        }
        batch
    }
}

/// A segment for a batch that is not begun yet. Made by [`Batch::segment`].
#[must_use = "nothing is recorded until the segment begins"]
pub struct BatchSegment<'a> {
    builder: SegmentBuilder<'a>,
    links: Vec<(TraceId, SegmentId)>,
}

impl BatchSegment<'_> {
    /// Begins the segment, and runs a future in it: it closes when the future is done or dropped.
    pub fn run<F: Future>(self, work: F) -> impl Future<Output = F::Output> + use<F> {
        let links = self.links;
        self.builder.run(async move {
            for (trace, parent) in links {
                current().link(trace, parent);
            }
            work.await
        })
    }

    /// Begins the segment as a handle of its own.
    pub fn begin(self) -> Segment {
        let mut segment = self.builder.begin();
        for (trace, parent) in self.links {
            segment.link(trace, parent);
        }
        segment
    }
}
