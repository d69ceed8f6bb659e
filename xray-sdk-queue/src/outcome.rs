use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

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

/// Where the outcome of a message is told, and found by the future that holds its segment. Empty where nothing is recorded.
#[derive(Clone, Debug, Default)]
pub(crate) struct Slot(Option<Arc<AtomicU8>>);

impl Slot {
    pub(crate) fn new(is_recording: bool) -> Self {
        Self(is_recording.then(Arc::default))
    }

    pub(crate) fn is_recording(&self) -> bool {
        self.0.is_some()
    }

    /// The last one told counts.
    pub(crate) fn tell(&self, outcome: Outcome) {
        if let Some(slot) = &self.0 {
            slot.store(outcome as u8 + 1, Ordering::Relaxed);
        }
    }

    fn told(&self) -> Option<Outcome> {
        match self.0.as_ref()?.load(Ordering::Relaxed) {
            1 => Some(Outcome::Ack),
            2 => Some(Outcome::Nack),
            3 => Some(Outcome::Reject),
            _ => None,
        }
    }

    /// Records what was told, when the message's work is over.
    pub(crate) fn settle(&self, segment: &mut Entity) {
        if let Some(outcome) = self.told() {
            outcome.record(segment);
        }
    }
}
