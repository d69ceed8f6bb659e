//! Empty lanes, kept for use.

use std::array;
use std::cell::RefCell;
use std::mem;
use std::sync::Arc;

use crate::record::lane::{Lane, Size};
use crate::record::outlet::Outlet;
use crate::record::sync::{
    AtomicU64, Mutex, MutexGuard, Ordering, SHARDS, TryLockError, shard_of_thread, thread_local,
};

/// Empty lanes on their way from the background thread to those that record. They travel by the crate, so that a thread comes here
/// once in many lanes. What came back last is used first, while it is in a cache: after a rush many more lanes rest than go round.
pub(crate) struct Pool {
    segments: Store,
    parts: Store,
}

/// Lanes of one size. They go back to the shard in which they were used: a processor has to wait for what another one has written.
struct Store {
    shards: [Stack; SHARDS],
    /// How many of them rest.
    resting: AtomicU64,
    most: u64,
}

// Guards what rests. Locked for one push or pop, and only where nobody has it: nobody waits for it.
struct Stack(Mutex<Vec<Crate>>);

#[allow(
    clippy::vec_box,
    reason = "lanes are handed from owner to owner by moving a box"
)]
type Crate = Vec<Box<Lane>>;

/// So many lanes travel together.
const CRATE: usize = 32;
/// The memory that may rest in empty lanes of one size, at most, while few of them have grown.
const RESTING_BYTES: usize = 4 * 1024 * 1024;

/// The lanes of one thread.
struct Free {
    segments: Crate,
    parts: Crate,
}

thread_local! {
    static FREE: RefCell<Free> = const {
        RefCell::new(Free {
            segments: Vec::new(),
            parts: Vec::new(),
        })
    };
}

impl Free {
    #[inline]
    fn lanes(&mut self, size: Size) -> &mut Crate {
        match size {
            Size::Segment => &mut self.segments,
            Size::Part => &mut self.parts,
        }
    }
}

impl Pool {
    /// For a recorder that may take so much memory.
    pub(crate) fn new(bytes: usize) -> Self {
        let crates = |size: Size| {
            let resting = RESTING_BYTES.min(bytes / 4);
            Store::new((resting / size.bytes()).max(CRATE))
        };
        Self {
            segments: crates(Size::Segment),
            parts: crates(Size::Part),
        }
    }

    fn store(&self, size: Size) -> &Store {
        match size {
            Size::Segment => &self.segments,
            Size::Part => &self.parts,
        }
    }

    /// An empty lane; its identity is whose it was.
    #[inline(always)]
    pub(crate) fn take(&self, size: Size, outlet: &Arc<Outlet>) -> Box<Lane> {
        let taken = FREE.try_with(|free| {
            let mut free = free.borrow_mut();
            let lanes = free.lanes(size);
            let taken = lanes.pop();
            // Of the next one more can be fetched: it was fetched itself when the one before it was taken.
            if let Some(next) = lanes.last() {
                next.fetch();
            }
            if let [.., after, _] = &lanes[..] {
                after.approach();
            }
            taken
        });
        match taken {
            Ok(Some(lane)) => lane,
            _ => self.refill(size, outlet),
        }
    }

    #[cold]
    fn refill(&self, size: Size, outlet: &Arc<Outlet>) -> Box<Lane> {
        let mut lanes = self.store(size).pop(shard_of_thread()).unwrap_or_default();
        let lane = lanes.pop();
        lanes.iter().rev().take(2).for_each(|next| next.approach());
        // Where the thread is ending, its lanes are gone and these are freed.
        let _ = FREE.try_with(|free| *free.borrow_mut().lanes(size) = lanes);
        lane.unwrap_or_else(|| Lane::new(size, outlet))
    }

    /// Takes back an empty lane.
    pub(crate) fn give(&self, lane: Box<Lane>) {
        let (size, shard) = (lane.size(), lane.shard());
        let full = FREE.try_with(|free| {
            let mut free = free.borrow_mut();
            let lanes = free.lanes(size);
            lanes.push(lane);
            (lanes.len() >= 2 * CRATE).then(|| lanes.split_off(CRATE))
        });
        if let Ok(Some(lanes)) = full {
            self.store(size).push(shard, lanes);
        }
    }

    /// Takes back an empty lane from the background thread, which gets them by the shard and [shares](Self::share) them in the end.
    pub(crate) fn collect(&self, lane: Box<Lane>) {
        let (size, shard) = (lane.size(), lane.shard());
        let whole = FREE.try_with(|free| {
            let mut free = free.borrow_mut();
            let lanes = free.lanes(size);
            let before = lanes.last().map(|last| last.shard());
            let is_whole = lanes.len() >= CRATE || before.is_some_and(|before| before != shard);
            let whole = is_whole.then(|| mem::replace(lanes, Vec::with_capacity(CRATE)));
            lanes.push(lane);
            whole.zip(before)
        });
        if let Ok(Some((lanes, shard))) = whole {
            self.store(size).push(shard, lanes);
        }
    }

    /// Gives what this thread has to the others: the background thread records nothing.
    pub(crate) fn share(&self) {
        for size in [Size::Segment, Size::Part] {
            let lanes = FREE.try_with(|free| mem::take(free.borrow_mut().lanes(size)));
            let lanes = lanes.unwrap_or_default();
            if let Some(shard) = lanes.last().map(|last| last.shard()) {
                self.store(size).push(shard, lanes);
            }
        }
    }

    /// Frees what is on its way.
    pub(crate) fn clear(&self) {
        while self.segments.pop(0).is_some() || self.parts.pop(0).is_some() {}
    }
}

impl Store {
    fn new(most: usize) -> Self {
        Self {
            shards: array::from_fn(|_| Stack(Mutex::new(Vec::with_capacity(most / CRATE)))),
            resting: AtomicU64::new(0),
            most: most as u64,
        }
    }

    /// What there is no room for is freed.
    fn push(&self, shard: usize, lanes: Crate) {
        if self.resting.load(Ordering::Relaxed) >= self.most {
            return;
        }
        if let Some(mut crates) = self.shards[shard % SHARDS].crates() {
            let count = lanes.len() as u64;
            crates.push(lanes);
            self.resting.fetch_add(count, Ordering::Relaxed);
        }
    }

    /// Those of this shard, or else of any other.
    fn pop(&self, shard: usize) -> Option<Crate> {
        if self.resting.load(Ordering::Relaxed) == 0 {
            return None;
        }
        let (before, from) = self.shards.split_at(shard % SHARDS);
        let lanes = from.iter().chain(before).find_map(Stack::pop)?;
        self.resting
            .fetch_sub(lanes.len() as u64, Ordering::Relaxed);
        Some(lanes)
    }
}

impl Stack {
    /// What rests, where no other thread is at it.
    fn crates(&self) -> Option<MutexGuard<'_, Vec<Crate>>> {
        match self.0.try_lock() {
            Ok(crates) => Some(crates),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    fn pop(&self) -> Option<Crate> {
        self.crates()?.pop()
    }
}
