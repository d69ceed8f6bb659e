//! The thread's place for what is current.

use std::cell::{Cell, RefCell};
use std::mem::ManuallyDrop;
use std::sync::Arc;

use crate::context::{Context, Passive};
use crate::id::SegmentId;
use crate::record::identity::Identity;
use crate::record::lane::Lane;

/// A context in words of its own. What asks for one word writes and reads that word only, and most calls ask for no more.
struct Slot {
    kind: Cell<Kind>,
    lane: Cell<ManuallyDrop<Option<Box<Lane>>>>,
    passive: Cell<ManuallyDrop<Passive>>,
    /// How many contexts `LEFT` has.
    left: Cell<usize>,
}

/// Which kind of context is current.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Missing,
    /// [`Passive::Unsampled`], of which there is nothing to keep.
    Unsampled,
    /// Any other that is not recorded.
    Passive,
    Recording,
}

impl Kind {
    /// There is a segment, and it is not recorded.
    #[inline(always)]
    pub(crate) fn is_passive(self) -> bool {
        matches!(self, Self::Unsampled | Self::Passive)
    }
}

thread_local! {
    // Without a destructor, so that it needs no look at whether it still lives: a thread that ends while something is current, whose
    // guard was forgotten, leaks that.
    static SLOT: Slot = const {
        Slot {
            kind: Cell::new(Kind::Missing),
            lane: Cell::new(ManuallyDrop::new(None)),
            passive: Cell::new(ManuallyDrop::new(Passive::Silent)),
            left: Cell::new(0),
        }
    };
    /// Contexts whose guards ended before those entered inside them, each with what it had replaced.
    static LEFT: RefCell<Vec<(Left, Context)>> = const { RefCell::new(Vec::new()) };
}

/// How a context whose guard has ended is found when it comes back.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Left {
    /// It is of this segment.
    Segment(SegmentId),
    /// It is not recorded, and comes back when this segment is left.
    Below(SegmentId),
}

impl Slot {
    #[inline(always)]
    fn take(&self) -> Context {
        match self.kind.replace(Kind::Missing) {
            Kind::Missing => Context::Missing,
            Kind::Unsampled => Context::Passive(Passive::Unsampled),
            Kind::Passive => {
                let passive = self.passive.replace(ManuallyDrop::new(Passive::Silent));
                Context::Passive(ManuallyDrop::into_inner(passive))
            }
            Kind::Recording => match self.take_lane() {
                Some(lane) => Context::Recording(lane),
                None => Context::Missing,
            },
        }
    }

    /// Puts a context where none is.
    #[inline(always)]
    fn put(&self, context: Context) {
        match context {
            Context::Missing => {}
            Context::Passive(Passive::Unsampled) => self.kind.set(Kind::Unsampled),
            Context::Passive(passive) => {
                self.kind.set(Kind::Passive);
                self.passive.set(ManuallyDrop::new(passive));
            }
            Context::Recording(lane) => {
                self.kind.set(Kind::Recording);
                self.put_lane(lane);
            }
        }
    }

    #[inline(always)]
    fn take_lane(&self) -> Option<Box<Lane>> {
        ManuallyDrop::into_inner(self.lane.replace(ManuallyDrop::new(None)))
    }

    #[inline(always)]
    fn put_lane(&self, lane: Box<Lane>) {
        self.lane.set(ManuallyDrop::new(Some(lane)));
    }
}

/// Which kind of context is current on this thread.
#[inline(always)]
pub(crate) fn kind() -> Kind {
    SLOT.with(|slot| slot.kind.get())
}

/// Looks at what is current. `work` must be ours alone: user code run inside would find nothing.
pub(crate) fn with<R>(work: impl FnOnce(&mut Context) -> R) -> R {
    SLOT.with(|slot| {
        let mut context = slot.take();
        let result = work(&mut context);
        slot.put(context);
        result
    })
}

/// Takes the lane that is current, if one is, to be [put back](put_back) before any code but ours runs.
#[inline(always)]
pub(crate) fn lane() -> Option<Box<Lane>> {
    SLOT.with(Slot::take_lane)
}

/// As [`lane`], if it is one of this segment.
#[inline(always)]
pub(crate) fn lane_of(identity: Option<&Arc<Identity>>) -> Option<Box<Lane>> {
    SLOT.with(|slot| {
        let lane = slot.take_lane()?;
        if lane.is_of(identity) {
            return Some(lane);
        }
        slot.put_lane(lane);
        None
    })
}

/// Puts back the lane that was taken to be looked at.
#[inline(always)]
pub(crate) fn put_back(lane: Box<Lane>) {
    SLOT.with(|slot| slot.put_lane(lane));
}

/// Makes `context` current, and returns what was.
#[inline(always)]
pub(crate) fn replace(context: Context) -> Context {
    SLOT.with(|slot| {
        let before = slot.take();
        slot.put(context);
        before
    })
}

/// A guard ended while something that was entered inside it is still current: its context is taken away when that comes back.
#[cold]
pub(crate) fn leave(what: Left, before: Context) {
    let is_kept = LEFT.try_with(|left| left.borrow_mut().push((what, before)));
    SLOT.with(|slot| {
        slot.left
            .set(slot.left.get() + usize::from(is_kept.is_ok()));
    });
}

/// Takes away what is current here though its guard has ended, after that of `ended` has.
#[inline]
pub(crate) fn settle(ended: Option<&Identity>) {
    if SLOT.with(|slot| slot.left.get() > 0) {
        take_left(ended.map(Identity::segment_id));
    }
}

#[cold]
#[inline(never)]
fn take_left(ended: Option<SegmentId>) {
    loop {
        let below = ended.map(Left::Below);
        let current = match lane() {
            Some(lane) => {
                let segment = lane.identity().segment_id();
                put_back(lane);
                await_end(below, segment);
                Some(Left::Segment(segment))
            }
            None => below.filter(|_| kind().is_passive()),
        };
        let before = current.and_then(|current| {
            let found = LEFT.try_with(|left| {
                let mut left = left.borrow_mut();
                let place = left.iter().rposition(|(what, _)| *what == current)?;
                Some(left.swap_remove(place).1)
            });
            found.ok().flatten()
        });
        let Some(before) = before else {
            return;
        };
        SLOT.with(|slot| slot.left.set(slot.left.get().saturating_sub(1)));
        replace(before).hand_over();
    }
}

/// What was to come back by now is below this segment.
fn await_end(below: Option<Left>, segment: SegmentId) {
    let _ = LEFT.try_with(|left| {
        for (what, _) in left.borrow_mut().iter_mut() {
            if Some(*what) == below {
                *what = Left::Below(segment);
            }
        }
    });
}
