//! What is lent and what waits, for the bound on memory and for the end.

use std::array;

use crate::record::sync::{AtomicI64, AtomicU64, Ordering, SHARDS};

/// Lanes that are lent to handles and threads, and the bytes that are recorded.
///
/// Each lane counts for [`LANE_BYTES`] from the time when it is lent, and most need no more: they are handed over without a look here. Each
/// shard has a grant, of which it lends by itself: what threads change together goes from one processor to the other each time.
pub(crate) struct Account {
    shards: [Shard; SHARDS],
    /// The bytes that were granted, or wait beyond that.
    bytes: Line<AtomicI64>,
    /// What the background thread has taken off and not told yet. Nobody else changes it.
    untold: Line<AtomicU64>,
    limit: usize,
    /// So many lanes are granted at once.
    grant: u64,
    /// The background thread is woken for each so much that is recorded: a power of two.
    rush: usize,
}

/// In lines of a processor's cache in which nothing else is.
#[derive(Default)]
#[repr(align(128))]
struct Line<T>(T);

#[repr(align(128))]
struct Shard {
    /// How many lanes were lent, ever, but those that came back with nothing in them.
    lent: AtomicU64,
    /// How many may be lent, ever.
    granted: AtomicU64,
    /// How many segments were not sampled.
    unsampled: AtomicU64,
}

/// A lane counts for at least this much memory, however little is in it; the number of lanes follows from the bound on memory.
pub(crate) const LANE_BYTES: usize = 1024;

/// The background thread is woken for each so much that is recorded, or for less where the bound is small.
const RUSH_BYTES: usize = 8 * 1024 * 1024;
/// At most so many lanes are granted at once.
const GRANT: usize = 32;
/// What is granted at once is so small a part of the bound.
const GRANTS: usize = 256;
/// So much taken off is told at once.
const MUCH: u64 = (32 * LANE_BYTES) as u64;

impl Account {
    pub(crate) fn new(limit: usize) -> Self {
        let shard = |_| Shard {
            lent: AtomicU64::new(0),
            granted: AtomicU64::new(0),
            unsampled: AtomicU64::new(0),
        };
        Self {
            shards: array::from_fn(shard),
            bytes: Line(AtomicI64::new(0)),
            untold: Line(AtomicU64::new(0)),
            limit,
            grant: (limit / LANE_BYTES / GRANTS).clamp(1, GRANT) as u64,
            rush: 1 << RUSH_BYTES.min(limit / 2).max(1).ilog2(),
        }
    }

    fn shard(&self, shard: usize) -> &Shard {
        &self.shards[shard % SHARDS]
    }

    /// Lends a lane of this shard, if there is room; whether it is time to wake the background thread when it is handed over.
    #[inline(always)]
    pub(crate) fn lend(&self, shard: usize) -> Option<bool> {
        let shard = self.shard(shard);
        let lent = shard.lent.fetch_add(1, Ordering::SeqCst);
        match lent < shard.granted.load(Ordering::SeqCst) {
            true => Some(false),
            false => self.grant(shard, self.limit),
        }
    }

    /// The same, also beyond the bound.
    pub(crate) fn lend_anyway(&self, shard: usize) -> bool {
        let shard = self.shard(shard);
        let lent = shard.lent.fetch_add(1, Ordering::SeqCst);
        lent >= shard.granted.load(Ordering::SeqCst) && self.grant(shard, usize::MAX) == Some(true)
    }

    #[cold]
    #[inline(never)]
    fn grant(&self, shard: &Shard, limit: usize) -> Option<bool> {
        let bytes = self.grant as usize * LANE_BYTES;
        let before = self.add(bytes);
        if before > limit {
            self.bytes.0.fetch_sub(bytes as i64, Ordering::Relaxed);
            shard.lent.fetch_sub(1, Ordering::Relaxed);
            return None;
        }
        shard.granted.fetch_add(self.grant, Ordering::Relaxed);
        Some(self.is_time(before, bytes))
    }

    /// Counts a segment for which nothing is lent.
    #[inline(always)]
    pub(crate) fn count_unsampled(&self, shard: usize) {
        self.shard(shard).unsampled.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn unsampled(&self) -> u64 {
        let unsampled = |shard: &Shard| shard.unsampled.load(Ordering::Relaxed);
        self.shards.iter().map(unsampled).sum()
    }

    /// A lane came back with nothing in it.
    pub(crate) fn returned(&self, shard: usize) {
        self.shard(shard).lent.fetch_sub(1, Ordering::Release);
    }

    /// So much more waits; whether it is time to wake the background thread.
    pub(crate) fn hold(&self, bytes: usize) -> bool {
        let before = self.add(bytes);
        self.is_time(before, bytes)
    }

    fn add(&self, bytes: usize) -> usize {
        let before = self.bytes.0.fetch_add(bytes as i64, Ordering::Relaxed);
        before.max(0) as usize
    }

    /// Whether so many bytes more make it time to wake the background thread.
    fn is_time(&self, before: usize, more: usize) -> bool {
        (before ^ (before + more)) >= self.rush
    }

    /// Whether so many lanes wait that there may have been no reason to wake the background thread for the latest.
    pub(crate) fn is_rush(&self, waiting: usize) -> bool {
        waiting * LANE_BYTES > self.rush / 2
    }

    /// So much waits no more. For the background thread, which tells from time to time: each time the line comes from the processor of who
    /// records, and has to go back.
    pub(crate) fn written(&self, bytes: usize) {
        let untold = self.untold.0.load(Ordering::Relaxed) + bytes as u64;
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
            self.bytes.0.fetch_sub(untold as i64, Ordering::Relaxed);
        }
    }

    /// Takes back what was granted and is not used, where there may be none for other shards. For the background thread, after each round.
    pub(crate) fn take_back(&self) {
        if self.bytes.0.load(Ordering::Relaxed) < (self.limit / 2) as i64 {
            return;
        }
        for shard in &self.shards {
            let unused = shard.unused();
            shard.granted.fetch_sub(unused, Ordering::SeqCst);
            // What was lent meanwhile is left. Who lends counts first and then looks; here it is the other way round.
            let lent = shard.lent.load(Ordering::SeqCst);
            let overdrawn = lent.saturating_sub(shard.granted.load(Ordering::SeqCst));
            let kept = overdrawn.min(unused);
            shard.granted.fetch_add(kept, Ordering::SeqCst);
            let taken = (unused - kept) as i64 * LANE_BYTES as i64;
            self.bytes.0.fetch_sub(taken, Ordering::Relaxed);
        }
    }

    /// How many lanes were lent, ever.
    pub(crate) fn lent(&self) -> u64 {
        let lent = |shard: &Shard| shard.lent.load(Ordering::Acquire);
        self.shards.iter().map(lent).sum()
    }

    /// The bytes that are recorded and not yet written, or may be in lanes that are lent.
    pub(crate) fn bytes(&self) -> usize {
        let unused = self.shards.iter().map(Shard::unused).sum::<u64>() as i64 * LANE_BYTES as i64;
        let bytes = self.bytes.0.load(Ordering::Acquire);
        (bytes - unused).max(0) as usize
    }

    pub(crate) fn limit(&self) -> usize {
        self.limit
    }
}

impl Shard {
    /// How many lanes are granted and not lent.
    fn unused(&self) -> u64 {
        let lent = self.lent.load(Ordering::SeqCst);
        self.granted.load(Ordering::SeqCst).saturating_sub(lent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// With a bound so small that lanes are granted one by one.
    fn small() -> Account {
        Account::new(10 * LANE_BYTES)
    }

    #[test]
    fn lanes_and_bytes_are_counted_apart() {
        let account = small();
        assert_eq!(account.lend(0), Some(false));
        assert_eq!(account.lend(1), Some(false));
        account.hold(100_000);
        assert_eq!(account.bytes(), 2 * LANE_BYTES + 100_000);
        account.returned(1);
        account.written(LANE_BYTES);
        assert_eq!((account.lent(), account.bytes()), (1, LANE_BYTES + 100_000));
        account.tell();
        assert_eq!(account.bytes(), 100_000);
        account.written(100_000);
        assert_eq!(account.bytes(), 0, "much is told at once");
    }

    #[test]
    fn nothing_is_lent_beyond_the_bound_but_what_has_to_end() {
        let account = small();
        let lent = (0..100).filter(|_| account.lend(0).is_some()).count();
        assert_eq!(lent, 11);
        account.lend_anyway(0);
        assert_eq!((account.lent(), account.bytes()), (12, 12 * LANE_BYTES));
        account.written(2 * LANE_BYTES);
        account.tell();
        assert_eq!(account.lend(1), Some(false));
        assert_eq!(account.lend(1), None);
    }

    #[test]
    fn what_is_granted_and_not_lent_is_not_recorded() {
        let account = Account::new(1 << 30);
        assert_eq!(account.lend(0), Some(false));
        assert_eq!(account.lend(1), Some(false));
        assert_eq!(account.bytes(), 2 * LANE_BYTES);
    }

    #[test]
    fn what_one_shard_does_not_use_is_there_for_the_others() {
        let account = small();
        let lent = (0..11).filter(|_| account.lend(0).is_some()).count();
        (0..lent).for_each(|_| account.returned(0));
        assert_eq!((account.bytes(), account.lend(1)), (0, None));
        account.take_back();
        assert!(account.lend(1).is_some());
        assert_eq!(account.bytes(), LANE_BYTES);
        assert!(account.lend(0).is_some());
    }

    #[test]
    fn it_is_time_to_wake_the_background_thread_each_time_that_much_is_recorded() {
        let account = Account::new(64 << 20);
        let lanes = 3 * RUSH_BYTES / LANE_BYTES;
        let wakes = (0..lanes).filter(|_| account.lend(2) == Some(true)).count();
        assert_eq!(wakes, 3);
        assert!(account.hold(RUSH_BYTES));
    }
}
