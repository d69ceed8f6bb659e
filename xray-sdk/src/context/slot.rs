//! The thread's place for what is current.

use std::cell::{Cell, RefCell};
use std::mem::ManuallyDrop;

use crate::context::{Context, Passive};
use crate::record::lane::Lane;
use crate::record::raw::{self, Seat};

/// Which kind of context is current.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Kind {
    Missing,
    Recording,
    /// [`Passive::Unsampled`], of which there is nothing to keep.
    Unsampled,
    /// Any other that is not recorded.
    Passive,
}

impl Kind {
    /// There is a segment, and it is not recorded.
    #[inline(always)]
    pub(crate) fn is_passive(self) -> bool {
        self >= Self::Unsampled
    }
}

// A context in words of its own. What asks for one word writes and reads that word only, and most calls ask for no more.
//
// Without destructors, so that they need no look at whether they still live: a thread that ends while something is current, whose
// guard was forgotten, leaks that.
thread_local! {
    static HERE: Here = const {
        Here {
            kind: Cell::new(Kind::Missing),
            lane: Seat::empty(),
            left_count: Cell::new(0),
        }
    };
    static PASSIVE: Cell<ManuallyDrop<Passive>> = const { Cell::new(ManuallyDrop::new(Passive::Silent)) };
    /// Contexts whose guards ended before those entered inside them, each with what it had replaced.
    static LEFT: RefCell<Vec<(Left, Context)>> = const { RefCell::new(Vec::new()) };
}

/// What nearly all calls ask for, in one place, which is found once.
struct Here {
    kind: Cell<Kind>,
    lane: Seat<Lane>,
    /// How many contexts `LEFT` has.
    left_count: Cell<usize>,
}

/// What is taken out of the thread's place: the lane that is current, if one is.
pub(crate) type Taken = raw::Taken<Lane>;

#[inline(always)]
fn set_kind(kind: Kind) {
    // By the place itself: `set` is code of its own, which is called.
    HERE.with(|here| here.kind.set(kind));
}

/// Which kind of context is current on this thread.
#[inline(always)]
pub(crate) fn kind() -> Kind {
    HERE.with(|here| here.kind.get())
}

/// Looks at what is current. `work` must be ours alone: code of the program would find nothing.
pub(crate) fn with<R>(work: impl FnOnce(&mut Context) -> R) -> R {
    let mut context = replace(Context::Missing);
    let result = work(&mut context);
    replace(context);
    result
}

/// Takes the lane that is current, to be [put back](put) before any code but ours runs. Whoever has it works on a reference, and
/// puts back what was taken as it is, one word: to move the box through branches costs more.
#[inline(always)]
pub(crate) fn take() -> Taken {
    HERE.with(|here| here.lane.take())
}

/// Puts back what was taken.
#[inline(always)]
pub(crate) fn put(taken: Taken) {
    HERE.with(|here| here.lane.put(taken));
}

/// The lane that is current, if one is, where it is.
///
/// # Safety
///
/// As for [`Seat::lend`].
#[allow(unsafe_code, reason = "the caller answers for it")]
#[inline(always)]
pub(crate) unsafe fn lend<'a>() -> Option<&'a mut Lane> {
    // SAFETY: by the caller's word.
    HERE.with(|here| unsafe { here.lane.lend() })
}

/// Does what calls nothing and needs no memory on the lane that is current, if one is, where it is. None where none is.
macro_rules! at_once {
    (|$lane:ident| $work:expr) => {{
        #[allow(unsafe_code, reason = "so that nothing is taken out and put back")]
        // SAFETY: the work that is written here is short, calls no code of others and does not look at what is current.
        let lent = unsafe { $crate::context::lend() };
        let done = match lent {
            Some($lane) => Some($work),
            None => None,
        };
        $crate::context::lent();
        done
    }};
}
pub(crate) use at_once;

/// What was [lent](lend) is used no more.
#[inline(always)]
pub(crate) fn lent() {
    HERE.with(|here| here.lane.lent());
}

/// Works on the lane that is current, if one is. `work` must be ours alone: code of the program would find nothing.
#[inline(always)]
pub(crate) fn with_lane<R>(work: impl FnOnce(Option<&mut Lane>) -> R) -> R {
    let mut lane = take();
    let result = work(lane.as_deref_mut());
    put(lane);
    result
}

/// Makes the lane of a segment current where nothing is.
#[inline(always)]
pub(crate) fn begin(lane: Box<Lane>) {
    set_kind(Kind::Recording);
    put(ManuallyDrop::new(Some(lane)));
}

/// Makes nothing current where the lane with this [tag](Lane::tag) is, and returns that.
#[inline(always)]
pub(crate) fn end(tag: usize) -> Option<Box<Lane>> {
    let mut current = take();
    if current.as_deref().is_some_and(|lane| lane.tag() == tag) {
        set_kind(Kind::Missing);
        return current.take();
    }
    put(current);
    None
}

/// Makes [`Passive::Unsampled`] current where nothing is.
#[inline(always)]
pub(crate) fn begin_unsampled() {
    set_kind(Kind::Unsampled);
}

/// Makes nothing current where that is; else returns false.
#[inline(always)]
pub(crate) fn end_unsampled() -> bool {
    let is_current = kind() == Kind::Unsampled;
    if is_current {
        set_kind(Kind::Missing);
    }
    is_current
}

/// Makes `context` current, and returns what was.
#[inline(always)]
pub(crate) fn replace(context: Context) -> Context {
    let before = match kind() {
        Kind::Missing => Context::Missing,
        Kind::Unsampled => Context::Passive(Passive::Unsampled),
        Kind::Recording => match ManuallyDrop::into_inner(take()) {
            Some(lane) => Context::Recording(lane),
            None => Context::Missing,
        },
        Kind::Passive => take_passive(),
    };
    match context {
        Context::Missing => set_kind(Kind::Missing),
        Context::Passive(Passive::Unsampled) => set_kind(Kind::Unsampled),
        Context::Passive(passive) => put_passive(passive),
        Context::Recording(lane) => {
            set_kind(Kind::Recording);
            put(ManuallyDrop::new(Some(lane)));
        }
    }
    before
}

#[inline(never)]
fn take_passive() -> Context {
    let passive = PASSIVE.replace(ManuallyDrop::new(Passive::Silent));
    Context::Passive(ManuallyDrop::into_inner(passive))
}

#[inline(never)]
fn put_passive(passive: Passive) {
    set_kind(Kind::Passive);
    PASSIVE.set(ManuallyDrop::new(passive));
}

/// How a context whose guard has ended is found when it comes back: by the [tag](Lane::tag) of a lane, for handles of one segment may have
/// one each.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Left {
    /// It is this lane.
    Lane(usize),
    /// It is not recorded, and comes back when what has this lane is left.
    Below(usize),
}

/// A guard ended while something that was entered inside it is still current: its context is taken away when that comes back.
#[cold]
pub(crate) fn leave(what: Left, before: Context) {
    let is_kept = LEFT.try_with(|left| left.borrow_mut().push((what, before)));
    HERE.with(|here| {
        let count = &here.left_count;
        count.set(count.get() + usize::from(is_kept.is_ok()));
    });
}

/// Takes away what is current here though its guard has ended, after that of `ended` has.
#[inline(always)]
pub(crate) fn settle(ended: impl FnOnce() -> Option<usize>) {
    if HERE.with(|here| here.left_count.get()) > 0 {
        take_left(ended());
    }
}

#[cold]
#[inline(never)]
fn take_left(ended: Option<usize>) {
    loop {
        let below = ended.map(Left::Below);
        let current = match with_lane(|lane| Some(lane?.tag())) {
            Some(lane) => {
                await_end(below, lane);
                Some(Left::Lane(lane))
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
        HERE.with(|here| {
            let count = &here.left_count;
            count.set(count.get().saturating_sub(1));
        });
        replace(before).hand_over();
    }
}

/// What was to come back by now is below this lane.
fn await_end(below: Option<Left>, lane: usize) {
    let _ = LEFT.try_with(|left| {
        for (what, _) in left.borrow_mut().iter_mut() {
            if Some(*what) == below {
                *what = Left::Below(lane);
            }
        }
    });
}
