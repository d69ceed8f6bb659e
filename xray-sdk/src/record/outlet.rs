#[path = "outlet/loss.rs"]
mod loss;

use std::process;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use crate::clock::Clock;
use crate::notice::Notices;
use crate::record::account::Account;
pub(crate) use crate::record::account::LANE_BYTES;
use crate::record::flush::{Flushes, LAST};
use crate::record::identity::{About, Share};
use crate::record::lane::{Lane, Size};
use crate::record::pool::Pool;
use crate::record::queue::{Found, Queue};
use crate::record::raw::Chain;
use crate::record::sync::{AtomicBool, AtomicU32, AtomicU64, Ordering, Thread, shard_of_thread};

/// Where recorded lanes leave the request path: a bounded queue to the background thread, and the lanes that come back.
pub(crate) struct Outlet {
    pub(crate) clock: Clock,
    pub(crate) notices: Arc<Notices>,
    pub(crate) counts: Counts,
    queue: Queue,
    pool: Pool,
    account: Account,
    /// Coarse time, moved on by the background thread: what is recorded learns its age without a clock.
    beat: AtomicU32,
    /// No segment begins any more; what is open may still end.
    closed: AtomicBool,
    /// It was told that something is left out: what is left out after that takes no lock.
    refusal_told: AtomicBool,
    background: OnceLock<Thread>,
    /// Where the background thread is: a child that is forked from this process has none.
    process: u32,
    flushes: Flushes,
}

/// What is counted. All but the first three on the background thread only.
#[derive(Default)]
pub(crate) struct Counts {
    pub(crate) unsampled_by_caller: AtomicU64,
    pub(crate) refused: AtomicU64,
    pub(crate) misplaced: AtomicU64,
    pub(crate) segments: AtomicU64,
    pub(crate) nodes: AtomicU64,
    pub(crate) split: AtomicU64,
    pub(crate) trimmed: AtomicU64,
    pub(crate) repaired: AtomicU64,
    pub(crate) incomplete: AtomicU64,
    pub(crate) in_progress: AtomicU64,
    /// Documents that are not emitted yet.
    pub(crate) written: AtomicU64,
}

/// So much of a shutdown's deadline, or a tenth of it, is left for sending what did not end before.
const SENDING: Duration = Duration::from_millis(100);

/// A lane with less in it counts for [`LANE_BYTES`]: to tell more of it would cost more than to know it.
const LITTLE: usize = 2 * LANE_BYTES;

/// What a lane counts for against the bound on memory, once it is queued.
#[inline(always)]
fn charge(lane: &Lane) -> usize {
    match lane.bytes() {
        ..=LITTLE => LANE_BYTES,
        more => more,
    }
}

impl Outlet {
    pub(crate) fn new(clock: Clock, bytes_limit: usize) -> Arc<Self> {
        Arc::new(Self {
            clock,
            notices: Arc::default(),
            counts: Counts::default(),
            queue: Queue::new(),
            pool: Pool::new(bytes_limit),
            account: Account::new(bytes_limit),
            beat: AtomicU32::new(0),
            closed: AtomicBool::new(false),
            refusal_told: AtomicBool::new(false),
            background: OnceLock::new(),
            process: process::id(),
            flushes: Flushes::default(),
        })
    }

    #[cfg(test)]
    pub(crate) fn for_tests() -> Arc<Self> {
        Self::new(Clock::manual(Duration::from_secs(1_700_000_000)), 1 << 20)
    }

    /// As a process that was forked finds it.
    #[cfg(test)]
    pub(crate) fn of_a_forked_process() -> Arc<Self> {
        let mut outlet = Self::for_tests();
        let own = Arc::get_mut(&mut outlet).expect("nobody else has it");
        own.process = own.process.wrapping_add(1);
        outlet
    }

    /// The lane of a segment that begins; `None` when the bound on memory is reached or the recorder was shut down.
    #[inline(always)]
    pub(crate) fn segment_lane(self: &Arc<Self>, about: About<'_>) -> Option<Box<Lane>> {
        let wakes = self.admit(about.shard())?;
        let mut lane = self.pool.take(Size::Segment, self);
        lane.begin_segment(self, about);
        lane.wakes = wakes;
        Some(lane)
    }

    /// An empty lane for `identity`, which is given back when there is none as above.
    #[inline(always)]
    pub(crate) fn lane(identity: Share) -> Result<Box<Lane>, Share> {
        match identity.outlet().admit(identity.shard()) {
            Some(wakes) => Ok(Self::part(identity, wakes)),
            None => Err(identity),
        }
    }

    /// An empty lane for what is open already: its end has to be recorded, also beyond the bound.
    pub(crate) fn lane_to_end(identity: Share) -> Box<Lane> {
        let wakes = identity.outlet().account.lend_anyway(identity.shard());
        Self::part(identity, wakes)
    }

    #[inline(always)]
    fn part(identity: Share, wakes: bool) -> Box<Lane> {
        let outlet = identity.outlet();
        let mut lane = outlet.pool.take(Size::Part, outlet);
        lane.begin_part(identity);
        lane.wakes = wakes;
        lane
    }

    /// Lends one more lane, if that may be; whether to hand it over is to wake the background thread.
    #[inline(always)]
    fn admit(&self, shard: usize) -> Option<bool> {
        match self.closed.load(Ordering::Relaxed) {
            true => None,
            false => self.account.lend(shard),
        }
    }

    /// Counts a segment that is not sampled.
    #[inline(always)]
    pub(crate) fn count_unsampled(&self) {
        self.account.count_unsampled(shard_of_thread());
    }

    /// How many were counted.
    pub(crate) fn unsampled(&self) -> u64 {
        self.account.unsampled()
    }

    /// Where the lanes of a shard are handed over to.
    #[inline(always)]
    fn chain(&self, shard: usize) -> &Chain<Lane> {
        self.queue.shard(shard)
    }

    /// Whether so many lanes wait that there may have been no reason to wake the background thread for the latest.
    pub(crate) fn is_rushed(&self) -> bool {
        self.account.is_rush(self.waiting())
    }

    /// How many lanes wait in the queue.
    pub(crate) fn waiting(&self) -> usize {
        self.queue.len()
    }

    /// What waits in the queue now.
    pub(crate) fn find(&self) -> Found {
        self.queue.find()
    }

    /// Takes a lane that was found in the queue, for the background thread.
    pub(crate) fn take(&self, found: &mut Found) -> Option<Box<Lane>> {
        self.queue.take(found)
    }

    /// An empty lane of `identity` for the background thread, which keeps it.
    pub(crate) fn kept_lane(identity: Share) -> Box<Lane> {
        Self::part(identity, false)
    }

    /// Takes what the background thread has kept into the account of what is recorded and not sent.
    pub(crate) fn adopt(&self, lane: &Lane) {
        self.account.hold(charge(lane));
    }

    /// Takes documents into the account, which wait to be emitted.
    pub(crate) fn hold(&self, bytes: usize) {
        self.account.hold(bytes);
    }

    /// Documents wait no more.
    pub(crate) fn release(&self, bytes: usize) {
        self.account.written(bytes);
        self.account.tell();
    }

    /// Takes back a lane whose content was written.
    pub(crate) fn written(&self, mut lane: Box<Lane>) {
        self.account.written(charge(&lane));
        lane.rest();
        self.pool.collect(lane);
    }

    /// Takes back a lane that holds nothing.
    pub(crate) fn give_back(&self, mut lane: Box<Lane>) {
        self.account.returned(lane.shard());
        lane.rest();
        self.pool.give(lane);
    }

    /// Some handles of a segment that has closed have no lane of their own and are open.
    pub(crate) fn wait_for_late(&self, shard: usize) {
        self.account.lend_anyway(shard);
    }

    /// They are not, any more.
    pub(crate) fn end_of_late(&self, shard: usize) {
        self.account.returned(shard);
    }

    /// The background thread has written for now: the lanes that it has are for others, and what waits no more is told.
    pub(crate) fn share_lanes(&self) {
        self.account.tell();
        self.account.take_back();
        self.pool.share();
    }

    pub(crate) fn wake(&self) {
        if let Some(thread) = self.background.get() {
            thread.unpark();
        }
    }

    #[inline]
    pub(crate) fn beat(&self) -> u32 {
        self.beat.load(Ordering::Relaxed)
    }

    pub(crate) fn set_beat(&self, beat: u32) {
        self.beat.store(beat, Ordering::Relaxed);
    }

    /// The memory of what is recorded and not yet written.
    pub(crate) fn queued_bytes(&self) -> usize {
        self.account.bytes()
    }

    pub(crate) fn bytes_limit(&self) -> usize {
        self.account.limit()
    }

    pub(crate) fn set_background(&self, thread: Thread) {
        let _ = self.background.set(thread);
    }

    /// Lets no segment begin any more. What is open may end within `deadline`, as far as sending it leaves time for that.
    pub(crate) fn close(&self, deadline: Duration) {
        if self.is_inherited() {
            // A lock that another thread had when this process was forked is held for ever.
            self.closed.store(true, Ordering::Release);
            return;
        }
        self.flushes.close(deadline - SENDING.min(deadline / 10));
        self.closed.store(true, Ordering::Release);
        self.wake();
    }

    /// Whether what was open when this was closed has had its time to end.
    pub(crate) fn is_overdue(&self) -> bool {
        self.flushes.is_overdue()
    }

    /// Waits until the background thread has ended, and has sent all that it could.
    pub(crate) fn flush_last(&self, deadline: Duration) -> bool {
        let is_in_time = self.wait_for(LAST, deadline);
        if !is_in_time && !self.is_inherited() {
            self.tell_unsent();
        }
        is_in_time && !self.flushes.left_open()
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// Whether handles and threads have lanes, or lanes wait in the queue.
    pub(crate) fn is_in_use(&self) -> bool {
        let taken = self.queue.taken();
        self.account.lent() > taken
    }

    /// The background thread has ended: nobody waits for it any more.
    pub(crate) fn end(&self, left_open: bool) {
        self.queue.close();
        self.refuse_queue();
        // Pooled lanes hold references back to this outlet.
        self.pool.clear();
        self.flushes.end(left_open);
    }

    /// Waits until all that was handed over before the call has been emitted; false when `deadline` passes first.
    pub(crate) fn flush(&self, deadline: Duration) -> bool {
        if self.is_inherited() {
            return false;
        }
        let mine = self.flushes.ask();
        self.wake();
        self.wait_for(mine, deadline)
    }

    /// Whether this process was forked from the one that has the background thread.
    pub(crate) fn is_inherited(&self) -> bool {
        process::id() != self.process
    }

    fn wait_for(&self, flush: u64, deadline: Duration) -> bool {
        !self.is_inherited() && self.flushes.wait_for(flush, deadline)
    }

    /// Called by the background thread before it empties the queue: the flush that this sweep will complete.
    pub(crate) fn flush_asked(&self) -> Option<u64> {
        self.flushes.asked()
    }

    pub(crate) fn flush_done(&self, number: u64) {
        self.flushes.done(number);
    }
}

/// Gives what was recorded to the background thread, and a lane that holds nothing to the pool. Never blocks; costs no system call but when much
/// is recorded.
#[inline(always)]
pub(crate) fn hand_over(lane: Box<Lane>) {
    if lane.is_empty() || lane.wakes || charge(&lane) > LANE_BYTES {
        return hand_over_otherwise(lane);
    }
    if let Err(lane) = push(lane) {
        refuse(&lane);
    }
}

/// What may be gone at once, with its reference to the outlet, and is itself what keeps that until then: to count another reference would make
/// threads wait for each other.
#[inline(always)]
fn push(lane: Box<Lane>) -> Result<(), Box<Lane>> {
    Chain::push_within(lane, |lane| lane.outlet().chain(lane.shard()))
}

/// It holds nothing, or takes more than it was lent for, or it is time to wake the background thread.
#[cold]
#[inline(never)]
fn hand_over_otherwise(lane: Box<Lane>) {
    let outlet = lane.outlet();
    if lane.is_empty() {
        return outlet.clone().give_back(lane);
    }
    let more = charge(&lane) - LANE_BYTES;
    let is_time = more > 0 && outlet.account.hold(more);
    let woken = (is_time || lane.wakes).then(|| outlet.clone());
    match push(lane) {
        Ok(()) => {
            if let Some(outlet) = woken {
                outlet.wake();
            }
        }
        Err(lane) => refuse(&lane),
    }
}

/// Nobody takes it any more.
#[cold]
#[inline(never)]
fn refuse(lane: &Lane) {
    lane.outlet().refuse_lane(lane);
}

#[cfg(test)]
#[path = "outlet/tests.rs"]
mod tests;
