//! What those files meet by, in a version of which loom tries every order of steps.

use std::sync::{Arc, Mutex as Plain};

pub(crate) use loom::hint;
pub(crate) use loom::sync::atomic::{AtomicIsize, AtomicPtr, AtomicU32, AtomicU64, Ordering};
use loom::sync::atomic::{AtomicUsize, fence};
pub(crate) use loom::sync::{Condvar, Mutex, MutexGuard};
pub(crate) use loom::thread;
pub(crate) use std::sync::{PoisonError, TryLockError};

macro_rules! of_a_thread {
    (static $name:ident: $type:ty = const $value:block;) => {
        loom::thread_local! {
            static $name: $type = $value;
        }
    };
}
pub(crate) use of_a_thread as thread_local;

/// loom's, but that SeqCst is more than AcqRel: it is the fence that loom knows it by. Not in the queue, whose own steps would
/// put into order what is beside it.
#[derive(Default)]
pub(crate) struct AtomicBool(loom::sync::atomic::AtomicBool);

impl AtomicBool {
    pub(crate) fn new(value: bool) -> Self {
        Self(loom::sync::atomic::AtomicBool::new(value))
    }

    pub(crate) fn load(&self, order: Ordering) -> bool {
        if order == Ordering::SeqCst {
            fence(Ordering::SeqCst);
        }
        self.0.load(order)
    }

    pub(crate) fn store(&self, value: bool, order: Ordering) {
        self.0.store(value, order);
        if order == Ordering::SeqCst {
            fence(Ordering::SeqCst);
        }
    }

    pub(crate) fn swap(&self, value: bool, order: Ordering) -> bool {
        self.0.swap(value, order)
    }
}

/// A thread that can be woken, also before it rests. loom's own forgets that while a thread waits for a lock.
#[derive(Clone, Default)]
pub(crate) struct Thread(Arc<(Mutex<bool>, Condvar)>);

impl Thread {
    pub(crate) fn unpark(&self) {
        let (is_woken, changed) = &*self.0;
        *is_woken.lock().expect("nobody panics meanwhile") = true;
        changed.notify_one();
    }

    pub(crate) fn park(&self) {
        let (is_woken, changed) = &*self.0;
        let mut is_woken = is_woken.lock().expect("nobody panics meanwhile");
        while !*is_woken {
            is_woken = changed.wait(is_woken).expect("nobody panics meanwhile");
        }
        *is_woken = false;
    }
}

/// crossbeam's queue in its steps, but that no place is used twice.
pub(crate) struct ArrayQueue<T> {
    head: AtomicUsize,
    tail: AtomicUsize,
    /// Which places are written.
    written: [AtomicBool; PLACES],
    /// Locked within a step only, so that no thread ever waits for it.
    places: Plain<[Option<T>; PLACES]>,
}

/// More elements than any queue here gets. loom tries the orders of each place.
const PLACES: usize = 8;

impl<T> ArrayQueue<T> {
    pub(crate) fn new(capacity: usize) -> Self {
        assert!(capacity > 0);
        Self {
            head: AtomicUsize::new(0),
            tail: AtomicUsize::new(0),
            written: std::array::from_fn(|_| AtomicBool::new(false)),
            places: Plain::new([const { None }; PLACES]),
        }
    }

    fn exchange(&self, place: usize, value: Option<T>) -> Option<T> {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut places[place], value)
    }

    pub(crate) fn push(&self, value: T) -> Result<(), T> {
        let place = self.tail.fetch_add(1, Ordering::SeqCst);
        assert!(self.exchange(place, Some(value)).is_none());
        self.written[place].store(true, Ordering::Release);
        Ok(())
    }

    pub(crate) fn pop(&self) -> Option<T> {
        loop {
            let place = self.head.load(Ordering::Relaxed);
            fence(Ordering::SeqCst);
            if self.tail.load(Ordering::Relaxed) <= place {
                return None;
            }
            let is_written = self.written[place].load(Ordering::Acquire);
            if is_written && self.advance(place) {
                return self.exchange(place, None);
            }
            thread::yield_now();
        }
    }

    fn advance(&self, place: usize) -> bool {
        self.head
            .compare_exchange(place, place + 1, Ordering::SeqCst, Ordering::Relaxed)
            .is_ok()
    }

    pub(crate) fn len(&self) -> usize {
        let head = self.head.load(Ordering::SeqCst);
        self.tail.load(Ordering::SeqCst).saturating_sub(head)
    }
}

/// Never used: the other one has places for all.
pub(crate) struct SegQueue<T>(ArrayQueue<T>);

impl<T> SegQueue<T> {
    pub(crate) fn new() -> Self {
        Self(ArrayQueue::new(1))
    }

    pub(crate) fn push(&self, value: T) {
        assert!(self.0.push(value).is_ok());
    }

    pub(crate) fn pop(&self) -> Option<T> {
        self.0.pop()
    }
}
