//! What is lent and what waits, for the bound on memory and for the end.

use crate::record::sync::{AtomicU64, Ordering};

/// Lanes that are lent to handles and threads or wait in the queue, and the bytes that are recorded: in one number.
///
/// Each lane counts for [`LANE_BYTES`] from the time when it is lent, and most need no more: they are handed over without a look here. To change
/// the number makes a processor wait until all that it wrote has left it.
#[derive(Default)]
pub(crate) struct Account {
    balance: Line,
    /// What the background thread has taken off and not told yet. Nobody else changes it.
    untold: Line,
}

/// In lines of a processor's cache in which nothing else is.
#[derive(Default)]
#[repr(align(128))]
struct Line(AtomicU64);

/// What an account shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Balance {
    /// Lanes that handles and threads have, or that wait in the queue.
    pub(crate) lent: usize,
    /// Bytes that are recorded and not yet written, or may be in lanes that are lent.
    pub(crate) bytes: usize,
}

/// A lane counts for at least this much memory, however little is in it; the number of lanes follows from the bound on memory.
pub(crate) const LANE_BYTES: usize = 1024;

/// Lanes are counted below this bit: more than any bound allows. 2^40 bytes fit above.
const BYTES: u32 = 24;
/// So much taken off is told at once.
const MUCH: u64 = in_bytes(32 * LANE_BYTES);
/// What a lane is lent for.
const LENT: u64 = 1 + in_bytes(LANE_BYTES);

impl Account {
    /// Lends a lane; returns the balance before.
    #[inline(always)]
    pub(crate) fn lend(&self) -> Balance {
        Balance::of(self.balance.0.fetch_add(LENT, Ordering::Relaxed))
    }

    /// A lane came back with nothing in it.
    pub(crate) fn returned(&self) {
        self.balance.0.fetch_sub(LENT, Ordering::Release);
    }

    /// A lane was taken out of the queue. For the background thread.
    pub(crate) fn taken(&self) {
        self.take_off(1);
    }

    /// So much more waits; returns the balance before.
    pub(crate) fn hold(&self, bytes: usize) -> Balance {
        Balance::of(self.balance.0.fetch_add(in_bytes(bytes), Ordering::Relaxed))
    }

    /// So much waits no more. For the background thread.
    pub(crate) fn written(&self, bytes: usize) {
        self.take_off(in_bytes(bytes));
    }

    /// Tells from time to time: each time the line of the balance comes from the processor of who records, and has to go back.
    fn take_off(&self, number: u64) {
        let untold = self.untold.0.load(Ordering::Relaxed) + number;
        self.untold.0.store(untold, Ordering::Relaxed);
        if untold >= MUCH {
            self.tell();
        }
    }

    /// Tells what was taken off. For the background thread, after each round.
    pub(crate) fn tell(&self) {
        let untold = self.untold.0.load(Ordering::Relaxed);
        if untold > 0 {
            self.untold.0.store(0, Ordering::Relaxed);
            self.balance.0.fetch_sub(untold, Ordering::Relaxed);
        }
    }

    pub(crate) fn read(&self) -> Balance {
        Balance::of(self.balance.0.load(Ordering::Acquire))
    }
}

impl Balance {
    #[inline(always)]
    fn of(number: u64) -> Self {
        Self {
            lent: (number & ((1 << BYTES) - 1)) as usize,
            // For a moment it is negative, when what was just queued is written before that is told.
            bytes: (number as i64 >> BYTES).max(0) as usize,
        }
    }
}

#[inline(always)]
const fn in_bytes(bytes: usize) -> u64 {
    (bytes as u64) << BYTES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lanes_and_bytes_are_counted_apart() {
        let account = Account::default();
        let balance = |lent, bytes| Balance { lent, bytes };
        assert_eq!(account.lend(), balance(0, 0));
        assert_eq!(account.lend(), balance(1, LANE_BYTES));
        assert_eq!(account.hold(100_000), balance(2, 2 * LANE_BYTES));
        assert_eq!(account.read(), balance(2, 2 * LANE_BYTES + 100_000));
        account.returned();
        account.taken();
        account.written(LANE_BYTES);
        assert_eq!(account.read(), balance(1, LANE_BYTES + 100_000), "not yet");
        account.tell();
        assert_eq!(account.read(), balance(0, 100_000));
        account.written(100_000);
        assert_eq!(account.read(), balance(0, 0), "much is told at once");
        account.written(1);
        account.tell();
        assert_eq!(account.lend(), balance(0, 0));
        assert_eq!(account.read(), balance(1, LANE_BYTES - 1));
    }
}
