use std::time::{Duration, Instant};

/// Keeps bursts of datagrams within what the receiver's socket can hold.
///
/// A daemon that keeps the system's default receive buffer (212,992 bytes, of which the kernel charges each datagram
/// some twice its size) loses what arrives faster than it reads, and nobody tells the sender.
#[derive(Debug)]
pub(super) struct Pace {
    since: Instant,
    documents: usize,
    bytes: usize,
}

/// What the AWS daemon was seen to take every 2 ms without loss: 32 documents of 1,000 bytes.
const DOCUMENTS: usize = 32;
const INTERVAL: Duration = Duration::from_millis(2);
/// The most bytes of one burst, when documents are larger: with what the kernel charges, less than such a buffer.
const BYTES: usize = 64 * 1024;

impl Pace {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            since: now,
            documents: 0,
            bytes: 0,
        }
    }

    /// How long to wait before a datagram of this many bytes is sent.
    pub(super) fn wait(&mut self, now: Instant, bytes: usize) -> Duration {
        let passed = now.saturating_duration_since(self.since);
        let is_full =
            self.documents > 0 && (self.documents == DOCUMENTS || self.bytes + bytes > BYTES);
        let wait = match is_full {
            true => INTERVAL.saturating_sub(passed),
            false => Duration::ZERO,
        };
        if is_full || passed >= INTERVAL {
            *self = Self::new(now + wait);
        }
        self.documents += 1;
        self.bytes += bytes;
        wait
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// When each datagram goes out, in milliseconds, when all are there at once.
    fn departures(sizes: impl Iterator<Item = usize>) -> Vec<u128> {
        let start = Instant::now();
        let mut now = start;
        let mut pace = Pace::new(now);
        sizes
            .map(|bytes| {
                now += pace.wait(now, bytes);
                now.duration_since(start).as_millis()
            })
            .collect()
    }

    #[test]
    fn a_burst_goes_out_at_once_and_the_next_one_waits() {
        let departures = departures([1_000; 70].into_iter());
        assert_eq!(departures.iter().filter(|at| **at == 0).count(), 32);
        assert_eq!(departures.iter().filter(|at| **at == 2).count(), 32);
        assert_eq!(departures.iter().filter(|at| **at == 4).count(), 6);
    }

    #[test]
    fn large_documents_go_out_one_by_one() {
        assert_eq!(
            departures([65_000, 65_000, 500, 65_000].into_iter()),
            [0, 2, 2, 4]
        );
    }

    #[test]
    fn documents_that_come_slowly_do_not_wait() {
        let mut now = Instant::now();
        let mut pace = Pace::new(now);
        for _ in 0..1_000 {
            assert_eq!(pace.wait(now, 1_000), Duration::ZERO);
            now += Duration::from_micros(100);
        }
    }
}
