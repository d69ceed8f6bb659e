//! What threads meet by in the queue, the pool, the flushes and the rounds. The model (`xray-sdk/model`) compiles those files with its own
//! version of this one, in which every order of steps is tried: so it is the code itself that is modelled, and it may use nothing else.

pub(crate) use std::hint;
pub(crate) use std::sync::atomic::{
    AtomicBool, AtomicIsize, AtomicPtr, AtomicU32, AtomicU64, Ordering,
};
pub(crate) use std::sync::{Condvar, Mutex, MutexGuard, PoisonError, TryLockError};
pub(crate) use std::thread::{self, Thread};
pub(crate) use std::thread_local;

pub(crate) use crossbeam_queue::{ArrayQueue, SegQueue};
