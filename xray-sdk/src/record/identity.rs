use std::borrow::Cow;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::header::{Sampled, TraceHeader};
use crate::id::{SegmentId, TraceId};
use crate::record::lane::Lane;
use crate::record::late::Late;
use crate::record::outlet::Outlet;
use crate::record::raw::{self, Rest};
use crate::record::sync::shard_of_thread;
use crate::record::withheld::Withheld;
use crate::sampling::Watch;

/// What all that is recorded in one segment shares: whose it is and where it goes.
///
/// It changes only when nobody refers to it but an empty lane, which makes it the identity of its next segment. Whoever
/// has one got it from another thread by a queue or a handle that moved, so plain reads and writes of each field are enough.
// What each segment changes stands first, and in one line of a processor's cache.
#[repr(C)]
pub(crate) struct Identity {
    outlet: Arc<Outlet>,
    segment_id: AtomicU64,
    trace_id: [AtomicU64; 2],
    /// Where the segment's lane rests between the calls of handles that share it.
    pub(crate) rest: Rest<Lane>,
    late: Late,
    shard: AtomicU8,
    is_part: AtomicBool,
    sent: AtomicBool,
    has_more: AtomicBool,
    // Guards what few segments have. Locked by those that have it.
    more: Mutex<More>,
}

/// A reference to an identity that can be divided.
pub(crate) type Share = raw::Share<Identity>;
/// A reference to an identity in one word.
pub(crate) type Loan = raw::Loan<Identity>;

/// What few segments have.
#[derive(Default)]
struct More {
    /// With pairs of other makers, to be passed on.
    header: TraceHeader,
    watch: Option<Box<Watch>>,
    withheld: Withheld,
}

/// What is known of a segment when it begins.
pub(crate) struct About<'a> {
    pub(crate) trace_id: TraceId,
    pub(crate) segment_id: SegmentId,
    pub(crate) kind: Kind,
    /// What the caller sent, if anything: what is passed on beside the trace is kept.
    pub(crate) header: Option<&'a TraceHeader>,
    pub(crate) watch: Option<Box<Watch>>,
}

impl About<'_> {
    /// Where it is handed over, as all that begins on this thread.
    #[inline(always)]
    pub(crate) fn shard(&self) -> usize {
        shard_of_thread()
    }
}

/// What the document of a segment that is recorded here is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Segment,
    /// A subsegment of the segment that AWS Lambda writes.
    PartOfLambdas,
}

impl Identity {
    pub(crate) fn new(outlet: Arc<Outlet>, about: About<'_>) -> Share {
        let identity = Self {
            outlet,
            segment_id: AtomicU64::default(),
            trace_id: <[AtomicU64; 2]>::default(),
            shard: AtomicU8::default(),
            is_part: AtomicBool::default(),
            sent: AtomicBool::default(),
            has_more: AtomicBool::default(),
            rest: Rest::new(),
            late: Late::default(),
            more: Mutex::default(),
        };
        identity.renew(about);
        Share::new(identity)
    }

    /// Makes it that of another segment. Only for who has all references.
    #[inline(always)]
    pub(crate) fn renew(&self, about: About<'_>) {
        let trace_id = about.trace_id.to_u128();
        self.segment_id
            .store(about.segment_id.to_u64(), Ordering::Relaxed);
        self.trace_id[0].store((trace_id >> 64) as u64, Ordering::Relaxed);
        self.trace_id[1].store(trace_id as u64, Ordering::Relaxed);
        self.is_part
            .store(about.kind == Kind::PartOfLambdas, Ordering::Relaxed);
        self.shard.store(about.shard() as u8, Ordering::Relaxed);
        self.sent.store(false, Ordering::Relaxed);
        self.rest.renew();
        self.late.renew();
        let has_extras = |header: &TraceHeader| !header.extras().is_empty();
        let has_more = about.watch.is_some() || about.header.is_some_and(has_extras);
        if has_more || self.has_more.load(Ordering::Relaxed) {
            self.renew_more(about, has_more);
        }
    }

    #[cold]
    #[inline(never)]
    fn renew_more(&self, about: About<'_>, has_more: bool) {
        self.has_more.store(has_more, Ordering::Relaxed);
        *self.more() = More {
            header: about.header.cloned().unwrap_or_default(),
            watch: about.watch,
            withheld: Withheld::default(),
        };
    }

    fn more(&self) -> MutexGuard<'_, More> {
        self.more.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[inline(always)]
    pub(crate) fn outlet(&self) -> &Arc<Outlet> {
        &self.outlet
    }

    pub(crate) fn trace_id(&self) -> TraceId {
        let [high, low] = &self.trace_id;
        let high = u128::from(high.load(Ordering::Relaxed));
        let low = u128::from(low.load(Ordering::Relaxed));
        TraceId::from_u128(high << 64 | low)
    }

    #[inline]
    pub(crate) fn segment_id(&self) -> SegmentId {
        SegmentId::from_u64(self.segment_id.load(Ordering::Relaxed))
    }

    /// Where what is recorded in it is handed over: all that happened in a segment before its end comes out before that.
    #[inline(always)]
    pub(crate) fn shard(&self) -> usize {
        usize::from(self.shard.load(Ordering::Relaxed))
    }

    /// The segment has closed, while by its lane so many handles are open that share it.
    pub(crate) fn wait_for_late(&self, handles: u32) {
        self.late.wait_for(handles, &self.outlet, self.shard());
    }

    /// A handle does not share the lane any more.
    pub(crate) fn share_no_more(&self) {
        self.late.leave(&self.outlet, self.shard());
    }

    /// Whether the segment's own document is that of a subsegment.
    pub(crate) fn is_part(&self) -> bool {
        self.is_part.load(Ordering::Relaxed)
    }

    /// What to send downstream when `parent` is the caller.
    pub(crate) fn header(&self, parent: SegmentId) -> TraceHeader {
        let header = if self.has_more.load(Ordering::Relaxed) {
            self.more().header.clone()
        } else {
            TraceHeader::default()
        };
        header
            .with_root(self.trace_id())
            .with_parent(parent)
            .with_sampled(Sampled::Yes)
    }

    /// From now on the segment's exceptions have `told` in the place of `text`.
    pub(crate) fn withhold(&self, text: &str, told: &str) {
        self.more().withheld.add(text, told);
        self.has_more.store(true, Ordering::Relaxed);
    }

    /// The message of an exception without what is withheld.
    pub(crate) fn clean<'m>(&self, message: &'m str) -> Cow<'m, str> {
        match self.has_more.load(Ordering::Relaxed) {
            true => self.more().withheld.clean(message),
            false => Cow::Borrowed(message),
        }
    }

    /// The segment's document has been written: what comes now goes out as independent documents.
    /// Only the background thread sets and asks this.
    pub(crate) fn is_sent(&self) -> bool {
        self.sent.load(Ordering::Relaxed)
    }

    pub(crate) fn set_sent(&self) {
        self.sent.store(true, Ordering::Relaxed);
    }

    /// Tells the segment's sampler how it ended, if that wants to know.
    pub(crate) fn ended(&self, is_fault: impl FnOnce() -> bool) {
        if self.has_more.load(Ordering::Relaxed) {
            // Taken out: a sampler is code of others, and the lock is not for it.
            let watch = self.more().watch.take();
            if let Some(watch) = watch {
                watch.ended(is_fault());
            }
        }
    }

    #[cfg(test)]
    pub(crate) fn for_tests(outlet: &Arc<Outlet>) -> Share {
        let trace_id = TraceId::random(1_700_000_000);
        let about = About {
            trace_id,
            segment_id: SegmentId::random(),
            kind: Kind::Segment,
            header: None,
            watch: None,
        };
        Self::new(outlet.clone(), about)
    }
}
