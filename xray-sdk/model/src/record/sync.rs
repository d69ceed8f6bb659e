//! What those files meet by, in a version of which loom tries every order of steps.

use std::sync::Arc;

pub(crate) use loom::hint;
pub(crate) use loom::sync::atomic::{
    AtomicI64, AtomicIsize, AtomicPtr, AtomicU32, AtomicU64, Ordering, fence,
};
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

/// loom's, but that SeqCst is more than AcqRel: it is the fence that loom knows it by.
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

/// So few that every order of steps in them can be tried.
pub(crate) const SHARDS: usize = 2;

/// All threads meet in one shard.
pub(crate) fn shard_of_thread() -> usize {
    1
}
