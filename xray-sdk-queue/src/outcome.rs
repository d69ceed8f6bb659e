use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

use serde::Serialize;
use xray_sdk::Entity;

use crate::arrival::NAMESPACE;

/// What a consumer told the broker about a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// It is done: `ack`.
    Ack,
    /// It could not be handled, and is to be delivered again: `nack`. Its segment is a fault.
    Nack,
    /// It is given up, dropped or set aside as a dead letter: `reject`. Its segment is an error: the message is at fault.
    Reject,
}

impl Outcome {
    /// Tells it in the segment of the message.
    fn record(self, segment: &mut Entity) {
        let name = match self {
            Self::Ack => "ack",
            Self::Nack => "nack",
            Self::Reject => "reject",
        };
        segment.metadata_in(NAMESPACE, "outcome", name);
        match self {
            Self::Ack => {}
            Self::Nack => drop(segment.fault()),
            Self::Reject => drop(segment.error()),
        }
    }
}

/// Where the outcomes of messages are told, and found by the future that holds their segment. Empty where nothing is recorded.
#[derive(Clone, Debug, Default)]
pub(crate) struct Slot(Option<Arc<Told>>);

#[derive(Debug)]
enum Told {
    /// The last one, of a message that has a segment of its own. 0 where there is none.
    Last(AtomicU8),
    /// How often each was told of the messages of a batch.
    Counts([AtomicU64; 3]),
}

impl Slot {
    pub(crate) fn of_message(is_recording: bool) -> Self {
        Self(is_recording.then(|| Arc::new(Told::Last(AtomicU8::new(0)))))
    }

    pub(crate) fn of_batch(is_recording: bool) -> Self {
        Self(is_recording.then(|| Arc::new(Told::Counts(Default::default()))))
    }

    pub(crate) fn is_recording(&self) -> bool {
        self.0.is_some()
    }

    pub(crate) fn tell(&self, outcome: Outcome) {
        match self.0.as_deref() {
            None => {}
            Some(Told::Last(last)) => last.store(outcome as u8 + 1, Ordering::Relaxed),
            Some(Told::Counts(counts)) => {
                counts[outcome as usize].fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    /// Records what was told, when the work is over.
    pub(crate) fn settle(&self, segment: &mut Entity) {
        match self.0.as_deref() {
            None => {}
            Some(Told::Last(last)) => match last.load(Ordering::Relaxed) {
                1 => Outcome::Ack.record(segment),
                2 => Outcome::Nack.record(segment),
                3 => Outcome::Reject.record(segment),
                _ => {}
            },
            Some(Told::Counts(counts)) => {
                let [ack, nack, reject] =
                    counts.each_ref().map(|count| count.load(Ordering::Relaxed));
                Counts { ack, nack, reject }.record(segment);
            }
        }
    }
}

/// What was told of the messages of a batch.
#[derive(Serialize)]
struct Counts {
    #[serde(skip_serializing_if = "is_none")]
    ack: u64,
    #[serde(skip_serializing_if = "is_none")]
    nack: u64,
    #[serde(skip_serializing_if = "is_none")]
    reject: u64,
}

impl Counts {
    /// One message that is to come again, or is given up, marks the batch.
    fn record(&self, segment: &mut Entity) {
        if self.ack + self.nack + self.reject == 0 {
            return;
        }
        segment.metadata_in(NAMESPACE, "outcomes", self);
        if self.nack > 0 {
            segment.fault();
        }
        if self.reject > 0 {
            segment.error();
        }
    }
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
fn is_none(count: &u64) -> bool {
    *count == 0
}
