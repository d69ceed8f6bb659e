use std::time::{Duration, Instant};

use super::gauge::{DEFAULT_CAPACITY, Reading};

/// Keeps what is sent within what the receiver's socket can hold.
///
/// A socket that is full loses what comes, and nobody tells the sender. Where the receiver's queue can be seen, datagrams go out
/// as long as there is room in it. Where it cannot, they go out in bursts that a socket with the system's default buffer can hold,
/// with a pause after each.
#[derive(Debug)]
pub(super) struct Pace {
    /// How many bytes may be charged before the next look or the next pause.
    room: usize,
    /// Whether the receiver's queue can be seen.
    has_sight: bool,
    /// When the latest burst began that went out without sight.
    since: Option<Instant>,
    /// What the receiver's queue takes.
    capacity: usize,
    lack: Option<Lack>,
    /// What the queue held when the receiver was given up because it did not read. It is not waited for again before it reads.
    given_up: Option<usize>,
}

/// There is too little room in the receiver's queue.
#[derive(Debug)]
struct Lack {
    since: Instant,
    /// When the queue was last seen to become shorter, and what it held then.
    progress: Instant,
    queued: usize,
    pause: Duration,
}

/// What is to go out next.
#[derive(Clone, Copy, Debug)]
pub(super) struct Demand {
    /// What is charged for the next datagram, in bytes.
    pub(super) least: usize,
    /// What is charged for all that could go out by the same call.
    pub(super) all: usize,
}

/// What has to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Send as much as this may be charged, or one datagram.
    Send(usize),
    /// Look at the receiver's queue, and tell [`Pace::looked`].
    Look,
    Wait(Duration),
}

/// A burst without sight. What the AWS daemon was seen to take every 2 ms without loss is 32 documents of 1,000 bytes,
/// which is half of a default buffer.
const BURST: usize = DEFAULT_CAPACITY / 2;
const INTERVAL: Duration = Duration::from_millis(2);

/// How long to wait before the queue is looked at again: what a daemon needs for a third of a default buffer, for each look and each sleep
/// costs a processor as much as sending a document or two; and what a buffer is emptied in by a busy daemon.
const SHORTEST: Duration = Duration::from_micros(200);
const LONGEST: Duration = Duration::from_millis(1);

/// A receiver whose queue became no shorter for so long does not read, and one that made no room for the next call for so long reads too
/// slowly to be waited for. Documents gather in the recorder meanwhile, so to wait loses nothing until its memory is full, and then no more
/// than is lost by going on. A daemon that has no processor, or waits for its disk, looks the same as one that is stopped: this is longer than
/// either takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(2);
const LONGEST_LACK: Duration = Duration::from_secs(20);

/// What the kernel charges the receiver for a datagram of so many bytes, at most: its memory, which comes in powers of two and has
/// descriptors of some hundred bytes. Segments have their memory in one piece and share it.
pub(super) fn charge(bytes: usize, is_segment: bool) -> usize {
    match is_segment {
        true => bytes + 1_024,
        false => 2 * bytes + 1_280,
    }
}

impl Pace {
    pub(super) fn new() -> Self {
        Self {
            room: 0,
            has_sight: false,
            since: None,
            capacity: DEFAULT_CAPACITY,
            lack: None,
            given_up: None,
        }
    }

    /// A batch begins.
    pub(super) fn begin(&mut self, has_sight: bool) {
        if has_sight || self.has_sight {
            self.turn_blind();
        }
        self.lack = None;
        self.has_sight = has_sight;
    }

    /// What to do before something is sent.
    pub(super) fn step(&mut self, now: Instant, demand: Demand) -> Step {
        let mut wait = Duration::ZERO;
        if !self.has_sight {
            let passed = self.since.map(|since| now.saturating_duration_since(since));
            wait = INTERVAL.saturating_sub(passed.unwrap_or(INTERVAL));
            if wait.is_zero() {
                self.since = Some(now);
                // The largest datagrams are charged more than a burst: one goes alone.
                self.room = BURST.max(demand.least);
            }
        }
        if self.is_enough(demand) {
            Step::Send(self.room)
        } else if self.has_sight {
            Step::Look
        } else {
            Step::Wait(wait)
        }
    }

    /// Takes what was seen of the receiver's queue, and tells how long to wait before the next step.
    pub(super) fn looked(
        &mut self,
        now: Instant,
        reading: Option<Reading>,
        demand: Demand,
    ) -> Option<Duration> {
        let Some(reading) = reading else {
            self.turn_blind();
            return None;
        };
        self.capacity = reading.capacity;
        // Half of what is free: others may be sending at the same moment.
        self.room = reading.capacity.saturating_sub(reading.queued) / 2;
        if reading.queued == 0 {
            // An empty queue takes any datagram.
            self.room = self.room.max(demand.least);
        }
        if self.is_enough(demand) {
            self.lack = None;
            self.given_up = None;
            return None;
        }
        if self.given_up.is_some_and(|then| reading.queued >= then) {
            self.turn_blind();
            return None;
        }
        self.given_up = None;
        let lack = self.lack.get_or_insert(Lack {
            since: now,
            progress: now,
            queued: reading.queued,
            pause: SHORTEST,
        });
        if reading.queued < lack.queued {
            lack.progress = now;
        }
        lack.queued = reading.queued;
        let passed = |since| now.saturating_duration_since(since);
        let is_reading = passed(lack.progress) < PATIENCE;
        if !is_reading || passed(lack.since) >= LONGEST_LACK {
            self.given_up = (!is_reading).then_some(reading.queued);
            self.turn_blind();
            return None;
        }
        let pause = lack.pause;
        lack.pause = (2 * pause).min(LONGEST);
        Some(pause)
    }

    /// What the receiver's queue takes at most, as far as is known.
    pub(super) fn capacity(&self) -> usize {
        self.capacity
    }

    /// Whether the receiver was given up and has not read since: to wait for it would save nothing.
    pub(super) fn has_given_up(&self) -> bool {
        self.given_up.is_some()
    }

    /// Counts what is charged for what was sent.
    pub(super) fn spend(&mut self, charge: usize) {
        self.room = self.room.saturating_sub(charge);
    }

    /// Whether there is room for all, or for so much that it is worth a call.
    fn is_enough(&self, demand: Demand) -> bool {
        demand.least.max(demand.all.min(self.capacity / 4)) <= self.room
    }

    fn turn_blind(&mut self) {
        self.has_sight = false;
        self.capacity = DEFAULT_CAPACITY;
        self.room = 0;
    }
}

#[cfg(test)]
mod tests;
