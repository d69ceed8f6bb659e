//! What is lent and what is queued, for the bound on memory and for the end.

use crate::record::sync::{AtomicU64, Ordering};

/// Lanes lent to handles and threads, and bytes that wait to be written: in one number, for each segment changes both.
#[derive(Default)]
#[repr(align(128))]
pub(crate) struct Account(AtomicU64);

/// What an account shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Balance {
    /// Lanes that handles and threads have.
    pub(crate) lent: usize,
    /// Bytes that are recorded and not yet written.
    pub(crate) bytes: usize,
}

/// Lanes are counted below this bit: more than any bound allows. 2^40 bytes fit above.
const BYTES: u32 = 24;

impl Account {
    /// Lends a lane; returns the balance before.
    #[inline(always)]
    pub(crate) fn lend(&self) -> Balance {
        Balance::of(self.0.fetch_add(1, Ordering::Relaxed))
    }

    /// A lane came back with nothing in it.
    pub(crate) fn returned(&self) {
        self.0.fetch_sub(1, Ordering::Release);
    }

    /// A lane that was lent was queued; returns the balance before. Told after it was queued, so that whoever reads that nothing is
    /// lent finds all that was in the queue.
    #[inline(always)]
    pub(crate) fn hand_over(&self, bytes: usize) -> Balance {
        let change = in_bytes(bytes).wrapping_sub(1);
        Balance::of(self.0.fetch_add(change, Ordering::Release))
    }

    /// So much more waits, which was never lent.
    pub(crate) fn hold(&self, bytes: usize) {
        self.0.fetch_add(in_bytes(bytes), Ordering::Relaxed);
    }

    /// So much waits no more.
    pub(crate) fn written(&self, bytes: usize) {
        self.0.fetch_sub(in_bytes(bytes), Ordering::Relaxed);
    }

    pub(crate) fn read(&self) -> Balance {
        Balance::of(self.0.load(Ordering::Acquire))
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

#[inline]
fn in_bytes(bytes: usize) -> u64 {
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
        assert_eq!(account.lend(), balance(1, 0));
        assert_eq!(account.hand_over(100_000), balance(2, 0));
        assert_eq!(account.read(), balance(1, 100_000));
        account.returned();
        account.hold(1_024);
        assert_eq!(account.read(), balance(0, 101_024));
        account.written(100_000);
        account.written(1_024);
        assert_eq!(account.read(), balance(0, 0));
        account.written(1_024);
        assert_eq!(account.lend(), balance(0, 0));
        assert_eq!(account.read(), balance(1, 0));
    }
}
