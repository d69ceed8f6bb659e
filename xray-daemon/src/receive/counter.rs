//! What became of the datagrams, counted by the receiving thread and read by anyone.

use std::sync::atomic::{AtomicU64, Ordering};

use super::datagram::Defect;
use crate::sink::Handover;

/// What became of the datagrams so far. Datagrams of no bytes are ignored and stand in no count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// Datagrams read from the socket, good or not.
    pub received: u64,
    /// Documents that the sink took.
    pub accepted: u64,
    /// Datagrams without a line end, or with nothing behind it.
    pub missing_document: u64,
    /// Datagrams whose header line is not that of X-Ray's JSON, version 1.
    pub invalid_header: u64,
    /// Documents that the sink had no room for.
    pub refused: u64,
    /// Datagrams that the kernel dropped because the socket's buffer was full: the sink was busy, or this process had no processor.
    /// They are in no other count. Known on Linux only, from the next datagram on that is received after them.
    pub overrun: u64,
    /// Failed reads of the socket.
    pub socket_errors: u64,
}

impl Counts {
    /// Datagrams that were turned away because of what they are.
    pub fn rejected(&self) -> u64 {
        self.missing_document + self.invalid_header
    }
}

/// The living counts. Only the receiving thread adds; each number is right by itself at any moment,
/// and all of them together once the thread has ended.
#[derive(Default)]
pub(crate) struct Counter {
    received: AtomicU64,
    accepted: AtomicU64,
    missing_document: AtomicU64,
    invalid_header: AtomicU64,
    refused: AtomicU64,
    overrun: AtomicU64,
    socket_errors: AtomicU64,
}

impl Counter {
    pub(crate) fn received(&self) {
        add_one(&self.received);
    }

    pub(crate) fn rejected(&self, defect: Defect) {
        add_one(match defect {
            Defect::MissingDocument => &self.missing_document,
            Defect::InvalidHeader => &self.invalid_header,
        });
    }

    pub(crate) fn handed_over(&self, handover: Handover) {
        add_one(match handover {
            Handover::Taken => &self.accepted,
            Handover::Refused => &self.refused,
        });
    }

    /// The kernel dropped so many in all.
    pub(crate) fn overrun(&self, total: u64) {
        self.overrun.store(total, Ordering::Relaxed);
    }

    pub(crate) fn socket_error(&self) {
        add_one(&self.socket_errors);
    }

    pub(crate) fn counts(&self) -> Counts {
        let read = |number: &AtomicU64| number.load(Ordering::Relaxed);
        Counts {
            received: read(&self.received),
            accepted: read(&self.accepted),
            missing_document: read(&self.missing_document),
            invalid_header: read(&self.invalid_header),
            refused: read(&self.refused),
            overrun: read(&self.overrun),
            socket_errors: read(&self.socket_errors),
        }
    }
}

fn add_one(number: &AtomicU64) {
    number.fetch_add(1, Ordering::Relaxed);
}
