//! What recording a request costs at least: no allocation, no lock, no choice, nothing done that can be done later.

pub(crate) mod document;
pub(crate) mod log;
pub(crate) mod send;

use std::hint::black_box;
use std::net::SocketAddr;

use rtrb::{Consumer, Producer, RingBuffer};

use crate::clock::{Clock, Counter, Standard};
use crate::contender::{Contender, Entry};
use crate::id;
use crate::json::HEADER;
use crate::work::{LOAD_ORDER, Request};
use document::Writer;
use log::Log;
use send::{Segmented, Sender};

/// The floors of a request that is recorded, or not.
pub(crate) const ENTRIES: &[Entry] = &[
    Entry::new(
        "floor",
        "sampled",
        "event log in a reused buffer; time-stamp counter (crate quanta)",
        |_| Ok(Box::new(Floor::<Counter>::new()?)),
    ),
    Entry::new(
        "floor-std-clock",
        "sampled",
        "the same; std::time::Instant",
        |_| Ok(Box::new(Floor::<Standard>::new()?)),
    ),
    Entry::new(
        "floor",
        "unsampled",
        "ids, one decision, five tests of one flag",
        |_| Ok(Box::new(Unsampled(0))),
    ),
];

/// The floor of a request whose document is sent.
pub(crate) const SENDING: &[Entry] = &[Entry::new(
    "floor",
    "sampled-udp",
    "and a thread that writes JSON by hand; UDP_SEGMENT",
    |sink| Ok(Box::new(Floor::<Counter>::sending(sink)?)),
)];

/// So many requests fit into the rings.
const ROOM: usize = 512;

/// An event log for each request, from a ring of empty ones and to a ring of full ones.
pub(crate) struct Floor<C> {
    clock: C,
    empty: Consumer<Log>,
    full: Producer<Log>,
    recorded: u64,
    background: Background,
}

/// The other ends of the rings.
enum Background {
    /// Nothing is sent, and there is no thread.
    Discard {
        full: Consumer<Log>,
        empty: Producer<Log>,
        whole: u64,
    },
    Send(Sender),
}

impl<C: Clock> Floor<C> {
    /// One that throws its logs away.
    pub(crate) fn new() -> Result<Self, String> {
        Self::with(|full, empty| {
            Ok(Background::Discard {
                full,
                empty,
                whole: 0,
            })
        })
    }

    fn sending(sink: SocketAddr) -> Result<Self, String> {
        let socket = Segmented::open(sink, example().len() + HEADER.len())
            .map_err(|error| format!("UDP_SEGMENT: {error}"))?;
        Self::with(|full, empty| {
            Sender::start(full, empty, socket)
                .map(Background::Send)
                .map_err(|error| error.to_string())
        })
    }

    fn with(
        start: impl FnOnce(Consumer<Log>, Producer<Log>) -> Result<Background, String>,
    ) -> Result<Self, String> {
        let (mut refill, empty) = RingBuffer::new(ROOM);
        let (full, taken) = RingBuffer::new(ROOM);
        for _ in 0..ROOM {
            let _ = refill.push(Log::new());
        }
        Ok(Self {
            clock: C::new(),
            empty,
            full,
            recorded: 0,
            background: start(taken, refill)?,
        })
    }
}

/// The document of the work. All are of one length.
pub(crate) fn example() -> Vec<u8> {
    let mut log = Log::new();
    log.record(&Counter::new(), &Request::example());
    let mut document = Vec::new();
    Writer::new().write(&log, &mut document);
    document
}

impl<C: Clock> Contender for Floor<C> {
    fn burst(&mut self, request: &Request<'_>, operations: usize) {
        for _ in 0..operations {
            // What is left out for want of a buffer is missed by `verify`.
            if let Ok(mut log) = self.empty.pop() {
                log.record(&self.clock, request);
                let _ = self.full.push(log);
            }
        }
        self.recorded += operations as u64;
    }

    fn drain(&mut self) {
        match &mut self.background {
            Background::Discard { full, empty, whole } => {
                while let Ok(mut log) = full.pop() {
                    *whole += u64::from(log.is_whole());
                    log.clear();
                    let _ = empty.push(log);
                }
            }
            Background::Send(sender) => sender.wait_for(self.recorded),
        }
    }

    fn verify(&self, operations: u64) -> Result<(), String> {
        let whole = match &self.background {
            Background::Discard { whole, .. } => *whole,
            Background::Send(sender) => sender.sent(),
        };
        (whole == operations)
            .then_some(())
            .ok_or_else(|| format!("{whole} of {operations} requests are whole"))
    }
}

/// Requests that are not recorded.
struct Unsampled(u64);

impl Contender for Unsampled {
    fn burst(&mut self, _request: &Request<'_>, operations: usize) {
        for _ in 0..operations {
            black_box((id::random(), id::random(), id::random()));
            let mut log = black_box(None::<Log>);
            for _ in 0..5 {
                if let Some(log) = black_box(&mut log) {
                    log.open(&Counter::new(), LOAD_ORDER);
                }
            }
        }
        self.0 += operations as u64;
    }

    fn verify(&self, operations: u64) -> Result<(), String> {
        (self.0 == operations)
            .then_some(())
            .ok_or_else(|| format!("{} of {operations}", self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contender::tests::assert_each_accounts_for_all;

    #[test]
    fn every_floor_records_every_event_of_the_work() {
        assert_each_accounts_for_all(ENTRIES);
        assert_each_accounts_for_all(SENDING);
    }

    #[test]
    fn a_floor_that_left_something_out_does_not_pass() {
        let mut floor = Floor::<Standard>::new().expect("nothing can fail");
        floor.burst(&Request::example(), ROOM + 1);
        floor.drain();
        assert!(floor.verify(ROOM as u64 + 1).is_err());
    }
}
