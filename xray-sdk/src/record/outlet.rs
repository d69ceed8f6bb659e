#[path = "outlet/loss.rs"]
mod loss;

use std::process;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use crate::clock::Clock;
use crate::notice::Notices;
pub(crate) use crate::record::account::LANE_BYTES;
use crate::record::account::{Account, Balance};
use crate::record::flush::{Flushes, LAST};
use crate::record::identity::{About, Share};
use crate::record::lane::{Lane, Size};
use crate::record::pool::Pool;
use crate::record::queue::Queue;
use crate::record::sync::{AtomicBool, AtomicU32, AtomicU64, Ordering, Thread};

/// Where recorded lanes leave the request path: a bounded queue to the background thread, and the lanes that come back.
pub(crate) struct Outlet {
    pub(crate) clock: Clock,
    pub(crate) notices: Arc<Notices>,
    pub(crate) counts: Counts,
    queue: Queue,
    pool: Pool,
    account: Account,
    lanes_limit: usize,
    bytes_limit: usize,
    /// The background thread is woken for each so much that is recorded: a power of two.
    rush: usize,
    /// Coarse time, moved on by the background thread: what is recorded learns its age without a clock.
    beat: AtomicU32,
    /// No segment begins any more; what is open may still end.
    closed: AtomicBool,
    /// Nobody empties the queue any more.
    ended: AtomicBool,
    /// It was told that something is left out: what is left out after that takes no lock.
    refusal_told: AtomicBool,
    background: OnceLock<Thread>,
    /// Where the background thread is: a child that is forked from this process has none.
    process: u32,
    flushes: Flushes,
}

/// What is counted. All but the first four on the background thread only.
#[derive(Default)]
pub(crate) struct Counts {
    pub(crate) unsampled: AtomicU64,
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

/// So many lanes are enough, whatever the bound: the background thread writes what is in them while documents wait to be emitted. The queue has
/// a place for each, of 16 bytes, and for a quarter more: what is open when the limit is reached still ends.
const LANES: usize = 5 << 14;
/// The background thread is woken for each so much that is recorded, or for less where the bound is small.
const RUSH_BYTES: usize = 8 * 1024 * 1024;
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
        let lanes_limit = (bytes_limit / LANE_BYTES).clamp(64, LANES);
        Arc::new(Self {
            clock,
            notices: Arc::default(),
            counts: Counts::default(),
            queue: Queue::new(lanes_limit + lanes_limit / 4),
            pool: Pool::new(bytes_limit),
            account: Account::default(),
            lanes_limit,
            bytes_limit,
            rush: 1 << RUSH_BYTES.min(bytes_limit / 2).max(1).ilog2(),
            beat: AtomicU32::new(0),
            closed: AtomicBool::new(false),
            ended: AtomicBool::new(false),
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
        let before = self.admit()?;
        let mut lane = self.pool.take(Size::Segment, self);
        lane.begin_segment(self, about);
        lane.wakes = self.is_time(before, LANE_BYTES);
        Some(lane)
    }

    /// An empty lane for `identity`, which is given back when there is none as above.
    #[inline(always)]
    pub(crate) fn lane(identity: Share) -> Result<Box<Lane>, Share> {
        match identity.outlet().admit() {
            Some(before) => Ok(Self::part(identity, before)),
            None => Err(identity),
        }
    }

    /// An empty lane for what is open already: its end has to be recorded, also beyond the bound.
    pub(crate) fn lane_to_end(identity: Share) -> Box<Lane> {
        let before = identity.outlet().account.lend();
        Self::part(identity, before)
    }

    #[inline(always)]
    fn part(identity: Share, before: Balance) -> Box<Lane> {
        let outlet = identity.outlet();
        let wakes = outlet.is_time(before, LANE_BYTES);
        let mut lane = outlet.pool.take(Size::Part, outlet);
        lane.begin_part(identity);
        lane.wakes = wakes;
        lane
    }

    /// Lends one more lane, if that may be; the balance before.
    #[inline(always)]
    fn admit(&self) -> Option<Balance> {
        let before = self.account.lend();
        let has_room = before.bytes <= self.bytes_limit && before.lent < self.lanes_limit;
        if has_room && !self.closed.load(Ordering::Relaxed) {
            return Some(before);
        }
        self.account.returned();
        None
    }

    /// Gives what was recorded to the background thread. Never blocks; costs no system call but when much is recorded.
    #[inline(always)]
    pub(crate) fn hand_over(&self, lane: Box<Lane>) {
        let more = charge(&lane) - LANE_BYTES;
        let wakes = lane.wakes;
        self.queue.push(lane);
        if self.ended.load(Ordering::SeqCst) {
            self.refuse_queue();
        } else if wakes || more > 0 {
            self.tell(wakes, more);
        }
    }

    /// What was handed over takes so much more than it was lent for, or it is time to wake the background thread.
    #[cold]
    #[inline(never)]
    fn tell(&self, wakes: bool, more: usize) {
        let before = self.account.hold(more);
        if wakes || self.is_time(before, more) {
            self.wake();
        }
    }

    /// Whether so many bytes more make it time to wake the background thread.
    #[inline(always)]
    fn is_time(&self, before: Balance, more: usize) -> bool {
        (before.bytes ^ (before.bytes + more)) >= self.rush
    }

    /// Whether so many lanes wait that there may have been no reason to wake the background thread for the latest.
    pub(crate) fn is_rushed(&self) -> bool {
        self.waiting() * LANE_BYTES > self.rush / 2
    }

    /// How many lanes wait in the queue.
    pub(crate) fn waiting(&self) -> usize {
        self.queue.len()
    }

    /// Takes a lane out of the queue, for the background thread.
    pub(crate) fn take(&self) -> Option<Box<Lane>> {
        let lane = self.queue.pop()?;
        self.account.taken();
        Some(lane)
    }

    /// An empty lane of `identity` for the background thread, which keeps it.
    pub(crate) fn kept_lane(identity: Share) -> Box<Lane> {
        let balance = identity.outlet().account.read();
        Self::part(identity, balance)
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
        self.pool.give(lane);
    }

    /// Takes back a lane that holds nothing.
    pub(crate) fn give_back(&self, lane: Box<Lane>) {
        self.account.returned();
        self.pool.give(lane);
    }

    /// Some handles of a segment that has closed have no lane of their own and are open.
    pub(crate) fn wait_for_late(&self) {
        self.account.lend();
    }

    /// They are not, any more.
    pub(crate) fn end_of_late(&self) {
        self.account.returned();
    }

    /// The background thread has written for now: the lanes that it has are for others, and what waits no more is told.
    pub(crate) fn share_lanes(&self) {
        self.account.tell();
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
        self.account.read().bytes
    }

    pub(crate) fn bytes_limit(&self) -> usize {
        self.bytes_limit
    }

    pub(crate) fn set_background(&self, thread: Thread) {
        let _ = self.background.set(thread);
    }

    /// Lets no segment begin any more. What is open may end within `deadline`, as far as sending it leaves time for that.
    pub(crate) fn close(&self, deadline: Duration) {
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
        self.account.read().lent > 0
    }

    /// The background thread has ended: nobody waits for it any more.
    pub(crate) fn end(&self, left_open: bool) {
        self.ended.store(true, Ordering::SeqCst);
        self.refuse_queue();
        // Pooled lanes hold references back to this outlet.
        self.pool.clear();
        self.flushes.end(left_open);
    }

    /// Waits until all that was handed over before the call has been emitted; false when `deadline` passes first.
    pub(crate) fn flush(&self, deadline: Duration) -> bool {
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

#[cfg(test)]
#[path = "outlet/tests.rs"]
mod tests;
