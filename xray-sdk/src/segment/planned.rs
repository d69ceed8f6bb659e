//! Subsegments of futures: what is known of one before it begins, and while its future is not polled.

use std::cell::Cell;
use std::mem::{self, ManuallyDrop};
use std::panic::Location;

use crate::context::{self, Kind};
use crate::record::Text;
use crate::record::event::Namespace;
use crate::segment::carried::Carried;
use crate::segment::entity::Place;
use crate::segment::inside::Inside;
use crate::segment::subsegment::SubsegmentBuilder;

/// What a future's subsegment is, or is to be.
///
/// It stays in one place, while the future is moved some times before it is polled. What is moved after it was written in small parts is
/// waited for by the processor, and two levels of futures are moved once more each.
pub(super) struct Planned {
    carried: Carried,
    name: Text<'static>,
    /// Where it was made, if nothing was current there.
    place: &'static Location<'static>,
    namespace: Namespace,
    state: State,
    /// Another one that is not in use.
    next: Option<Box<Self>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Not polled yet.
    New,
    /// Not polled yet, and nothing of it is to be recorded.
    LeftOut,
    /// It was polled.
    Begun,
}

/// A thread keeps no more than this: more futures are hardly ever in each other.
const MOST: usize = 32;

// Without a destructor, so that it needs no look at whether it still lives.
thread_local! {
    static SPARES: Spares = const {
        Spares {
            first: Cell::new(ManuallyDrop::new(None)),
            count: Cell::new(MOST),
        }
    };
    /// Frees them when the thread ends.
    static KEEPER: Keeper = const { Keeper };
}

/// Those that a thread keeps for use.
struct Spares {
    first: Cell<ManuallyDrop<Option<Box<Planned>>>>,
    /// As many as can be where none is kept: before there is somebody to free them, and when the thread ends.
    count: Cell<usize>,
}

struct Keeper;

impl Drop for Keeper {
    fn drop(&mut self) {
        let mut spare = SPARES.with(|spares| {
            spares.count.set(MOST);
            ManuallyDrop::into_inner(spares.first.replace(ManuallyDrop::new(None)))
        });
        while let Some(mut planned) = spare {
            spare = planned.next.take();
        }
    }
}

impl Planned {
    /// What `subsegment` says of a future. None where all that there is to know is that it is not sampled.
    #[inline(always)]
    pub(super) fn new(
        subsegment: SubsegmentBuilder<'_>,
        place: &'static Location<'static>,
    ) -> Option<Box<Self>> {
        let SubsegmentBuilder {
            name,
            namespace,
            is_left_out,
            parent,
            ..
        } = subsegment;
        let is_unsampled = match &parent {
            None => context::kind() == Kind::Unsampled,
            Some(parent) => parent.place == Place::Current && context::kind() == Kind::Unsampled,
        };
        if is_unsampled {
            return None;
        }
        let mut planned = Self::take();
        match parent {
            Some(parent) => planned.carried = Carried::of(parent),
            None => planned.carried.be_current(),
        }
        // What is replaced is static, so nothing has to be dropped.
        mem::forget(mem::replace(&mut planned.name, name.into_owned()));
        if planned.carried.is_missing() {
            planned.place = place;
        }
        planned.namespace = namespace;
        planned.state = match is_left_out {
            true => State::LeftOut,
            false => State::New,
        };
        Some(planned)
    }

    #[inline(always)]
    fn take() -> Box<Self> {
        SPARES.with(|spares| {
            let spare = spares.first.replace(ManuallyDrop::new(None));
            match ManuallyDrop::into_inner(spare) {
                Some(mut planned) => {
                    spares.first.set(ManuallyDrop::new(planned.next.take()));
                    spares.count.set(spares.count.get() - 1);
                    planned
                }
                None => Self::made(),
            }
        })
    }

    #[cold]
    #[inline(never)]
    fn made() -> Box<Self> {
        if KEEPER.try_with(|_| {}).is_ok() {
            // For there is none.
            SPARES.with(|spares| spares.count.set(0));
        }
        Box::new(Self {
            carried: Carried::nothing(),
            name: Text::from(""),
            place: Location::caller(),
            namespace: Namespace::Local,
            state: State::New,
            next: None,
        })
    }

    /// Keeps it for another future.
    #[inline(always)]
    pub(super) fn recycle(mut self: Box<Self>) {
        if self.carried.has_some() || !self.name.is_static() {
            self.empty();
        }
        SPARES.with(|spares| {
            let count = spares.count.get();
            if count < MOST {
                spares.count.set(count + 1);
                let spare = spares.first.replace(ManuallyDrop::new(None));
                let spare = ManuallyDrop::into_inner(spare);
                mem::forget(mem::replace(&mut self.next, spare));
                spares.first.set(ManuallyDrop::new(Some(self)));
            }
        });
    }

    #[inline(never)]
    fn empty(&mut self) {
        self.carried = Carried::nothing();
        self.name = Text::from("");
    }

    /// A guard that has not entered yet, and what to enter.
    #[inline(always)]
    pub(super) fn outside(&mut self) -> (Inside<'_>, Entry<'_>) {
        let Self {
            carried,
            name,
            place,
            namespace,
            state,
            ..
        } = self;
        let state = mem::replace(state, State::Begun);
        if state != State::Begun {
            carried.resolve(place);
            if state == State::LeftOut {
                carried.leave_out();
            }
        }
        let entry = Entry {
            name,
            namespace: *namespace,
            is_new: state != State::Begun,
        };
        (Inside::outside(carried), entry)
    }

    /// Makes it current on this thread while the guard lives, and does not begin it.
    pub(super) fn enter(&mut self) -> Inside<'_> {
        self.carried.enter()
    }
}

/// A subsegment that is entered for the first time, or once more.
pub(super) struct Entry<'a> {
    name: &'a Text<'static>,
    namespace: Namespace,
    is_new: bool,
}

impl Entry<'_> {
    /// Makes it current. The first time it begins.
    #[inline(always)]
    pub(super) fn enter(&self, inside: &mut Inside<'_>) {
        match self.is_new {
            true => inside.begin(self.name, self.namespace),
            false => inside.enter(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    fn is_kept(planned: Box<Planned>) -> bool {
        let address: *const Planned = &raw const *planned;
        planned.recycle();
        let spare = SPARES.with(|spares| spares.first.replace(ManuallyDrop::new(None)));
        let spare = ManuallyDrop::into_inner(spare);
        spare.is_some_and(|spare| &raw const *spare == address)
    }

    #[test]
    fn a_thread_that_makes_none_keeps_none_for_nobody_would_free_it() {
        let planned = Planned::made();
        assert!(is_kept(Planned::made()));
        let kept = thread::spawn(move || is_kept(planned)).join();
        assert!(!kept.expect("it does not panic"));
    }
}
