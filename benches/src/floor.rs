//! What recording a request costs at least: no allocation, no lock, no choice, nothing done that can be done later.

use rtrb::{Consumer, Producer, RingBuffer};

use crate::clock::{Clock, Counter, Standard};
use crate::contender::{BURST, Contender, Entry};
use crate::log::Log;
use crate::work::Request;

/// The floors.
pub(crate) const ENTRIES: &[Entry] = &[
    Entry {
        contender: "floor",
        variant: "sampled",
        note: "event log in a reused buffer; time-stamp counter (crate quanta)",
        make: |_| Ok(Box::new(Floor::<Counter>::new())),
    },
    Entry {
        contender: "floor-std-clock",
        variant: "sampled",
        note: "the same; std::time::Instant",
        make: |_| Ok(Box::new(Floor::<Standard>::new())),
    },
];

/// An event log for each request, from a ring of empty ones and to a ring of full ones.
struct Floor<C> {
    clock: C,
    empty: Consumer<Log>,
    full: Producer<Log>,
    background: Background,
}

/// The other ends of the rings. A background thread would hold them; there is none, since nothing is sent.
struct Background {
    full: Consumer<Log>,
    empty: Producer<Log>,
    whole: u64,
}

impl<C: Clock> Floor<C> {
    fn new() -> Self {
        let (mut refill, empty) = RingBuffer::new(BURST);
        let (full, taken) = RingBuffer::new(BURST);
        for _ in 0..BURST {
            let _ = refill.push(Log::new());
        }
        Self {
            clock: C::new(),
            empty,
            full,
            background: Background {
                full: taken,
                empty: refill,
                whole: 0,
            },
        }
    }
}

impl<C: Clock> Contender for Floor<C> {
    fn burst(&mut self, request: &Request<'_>, requests: usize) {
        for _ in 0..requests {
            // What is left out for want of a buffer is missed by `verify`.
            if let Ok(mut log) = self.empty.pop() {
                log.record(&self.clock, request);
                let _ = self.full.push(log);
            }
        }
    }

    fn drain(&mut self) {
        let Background { full, empty, whole } = &mut self.background;
        while let Ok(mut log) = full.pop() {
            *whole += u64::from(log.is_whole());
            log.clear();
            let _ = empty.push(log);
        }
    }

    fn verify(&self, requests: u64) -> Result<(), String> {
        match self.background.whole {
            whole if whole == requests => Ok(()),
            whole => Err(format!(
                "{whole} of {requests} requests are whole in the log"
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sink::NOWHERE;

    #[test]
    fn every_floor_records_every_event_of_the_work() {
        for entry in ENTRIES {
            let mut floor = (entry.make)(NOWHERE).expect("nothing can fail");
            for _ in 0..2 {
                floor.burst(&Request::example(), BURST);
                floor.drain();
            }
            assert_eq!(floor.verify(2 * BURST as u64), Ok(()), "{}", entry.name());
        }
    }

    #[test]
    fn a_floor_that_left_something_out_does_not_pass() {
        let mut floor = Floor::<Standard>::new();
        floor.burst(&Request::example(), BURST + 1);
        floor.drain();
        assert!(floor.verify(BURST as u64 + 1).is_err());
    }
}
