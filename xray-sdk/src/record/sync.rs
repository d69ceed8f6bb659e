//! What threads meet by in the queue, the pool, the flushes and the rounds. The model (`xray-sdk/model`) compiles those files with its own
//! version of this one, in which every order of steps is tried: so it is the code itself that is modelled, and it may use nothing else.

pub(crate) use std::hint;
pub(crate) use std::sync::atomic::{
    AtomicBool, AtomicI64, AtomicIsize, AtomicPtr, AtomicU32, AtomicU64, Ordering,
};
pub(crate) use std::sync::{Condvar, Mutex, MutexGuard, PoisonError, TryLockError};
pub(crate) use std::thread::{self, Thread};
pub(crate) use std::thread_local;

use std::cell::Cell;

/// How many threads can record beside each other without meeting.
pub(crate) const SHARDS: usize = 16;

/// The shard of the segments that begin on this thread.
#[inline(always)]
pub(crate) fn shard_of_thread() -> usize {
    std::thread_local! {
        static SHARD: Cell<u8> = const { Cell::new(u8::MAX) };
    }
    SHARD.with(|shard| match shard.get() {
        u8::MAX => shard_of_new_thread(shard),
        number => usize::from(number),
    })
}

#[cold]
#[inline(never)]
fn shard_of_new_thread(shard: &Cell<u8>) -> usize {
    static THREADS: AtomicU32 = AtomicU32::new(0);
    let number = THREADS.fetch_add(1, Ordering::Relaxed) as usize % SHARDS;
    shard.set(number as u8);
    number
}
