//! Subsegments of futures: what is known of one before it begins, and while its future is not polled.

use std::cell::Cell;
use std::mem;
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

/// Those that a thread keeps for use: more futures than that are hardly ever in each other.
struct Spares {
    first: Cell<Option<Box<Planned>>>,
    count: Cell<usize>,
}

const SPARES: usize = 32;

thread_local! {
    static SPARE: Spares = const {
        Spares {
            first: Cell::new(None),
            count: Cell::new(0),
        }
    };
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
        planned.place = place;
        planned.namespace = namespace;
        planned.state = match is_left_out {
            true => State::LeftOut,
            false => State::New,
        };
        Some(planned)
    }

    #[inline(always)]
    fn take() -> Box<Self> {
        let taken = SPARE.try_with(|spare| {
            let mut planned = spare.first.take()?;
            mem::forget(spare.first.replace(planned.next.take()));
            spare.count.set(spare.count.get() - 1);
            Some(planned)
        });
        match taken {
            Ok(Some(planned)) => planned,
            _ => Self::made(),
        }
    }

    #[cold]
    #[inline(never)]
    fn made() -> Box<Self> {
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
        // Where the thread is ending, it is dropped here.
        let _ = SPARE.try_with(|spare| {
            let count = spare.count.get();
            if count < SPARES {
                spare.count.set(count + 1);
                mem::forget(mem::replace(&mut self.next, spare.first.take()));
                mem::forget(spare.first.replace(Some(self)));
            }
        });
    }

    #[inline(never)]
    fn empty(&mut self) {
        self.carried = Carried::nothing();
        self.name = Text::from("");
    }

    /// Makes it current on this thread while the guard lives. The first time it begins.
    #[inline(always)]
    pub(super) fn poll(&mut self) -> Inside<'_> {
        if self.state == State::Begun {
            return self.carried.enter();
        }
        self.carried.resolve(self.place);
        if self.state == State::LeftOut {
            self.carried.leave_out();
        }
        self.state = State::Begun;
        self.carried.enter_new(&self.name, self.namespace)
    }

    /// Makes it current on this thread while the guard lives, and does not begin it.
    pub(super) fn enter(&mut self) -> Inside<'_> {
        self.carried.enter()
    }
}
