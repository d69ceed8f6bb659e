//! Who waits for the background thread, and for what.

use std::time::{Duration, Instant};

use crate::record::sync::{AtomicBool, Condvar, Mutex, MutexGuard, Ordering, PoisonError};

/// The flushes of one recorder, which are numbered.
#[derive(Default)]
pub(crate) struct Flushes {
    // Guards the numbers of the latest flush asked for and done. Locked by flush and shutdown, and by the background thread
    // when one of them waits.
    state: Mutex<State>,
    changed: Condvar,
    /// One was asked for and the background thread does not know yet.
    wanted: AtomicBool,
}

#[derive(Default)]
struct State {
    asked: u64,
    done: u64,
    /// When what was open at the shutdown has had its time to end.
    overdue: Option<Instant>,
    /// Something was still open when the background thread ended.
    left_open: bool,
}

/// The flush that the end of the background thread is.
pub(crate) const LAST: u64 = u64::MAX;

impl Flushes {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(test)]
    pub(crate) fn while_locked(&self, work: impl FnOnce()) {
        let _state = self.state();
        work();
    }

    /// Asks for a flush, and returns its number.
    pub(crate) fn ask(&self) -> u64 {
        let mut state = self.state();
        state.asked += 1;
        let number = state.asked;
        drop(state);
        self.wanted.store(true, Ordering::Release);
        number
    }

    /// The latest that was asked for, if the background thread was not told of it yet.
    pub(crate) fn asked(&self) -> Option<u64> {
        if !self.wanted.load(Ordering::Acquire) {
            return None;
        }
        // Before the number is read: who asks after that wants to be asked about again.
        self.wanted.swap(false, Ordering::AcqRel);
        Some(self.state().asked)
    }

    pub(crate) fn done(&self, number: u64) {
        let mut state = self.state();
        state.done = state.done.max(number);
        self.changed.notify_all();
    }

    /// Waits until a flush is done; false when `deadline` passes first.
    pub(crate) fn wait_for(&self, number: u64, deadline: Duration) -> bool {
        let until = Instant::now().checked_add(deadline);
        let mut state = self.state();
        while state.done < number {
            let left = until.map_or(Duration::from_secs(3600), |until| {
                until.saturating_duration_since(Instant::now())
            });
            if left.is_zero() {
                return false;
            }
            state = self
                .changed
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        true
    }

    /// What is open has so much time to end.
    pub(crate) fn close(&self, patience: Duration) {
        let patience = Instant::now().checked_add(patience);
        let mut state = self.state();
        state.overdue = state.overdue.or(patience);
    }

    /// Whether what was open has had its time to end.
    pub(crate) fn is_overdue(&self) -> bool {
        let state = self.state();
        state
            .overdue
            .is_none_or(|overdue| Instant::now() >= overdue)
    }

    /// The background thread has ended: all flushes are over.
    pub(crate) fn end(&self, left_open: bool) {
        self.state().left_open = left_open;
        self.done(LAST);
    }

    /// Whether something was open at the end.
    pub(crate) fn left_open(&self) -> bool {
        self.state().left_open
    }
}
