use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

/// Ends the thread that asks X-Ray, whatever it is waiting for.
#[derive(Default)]
pub(super) struct Stop {
    // Guards whether it is asked. Locked when the thread waits, and when it is to end.
    is_asked: Mutex<bool>,
    asked: Condvar,
    call: Notify,
}

impl Stop {
    pub(super) fn ask(&self) {
        *self.is_asked.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.asked.notify_all();
        // Remembered when no call is under way: the next one ends at once.
        self.call.notify_one();
    }

    pub(super) fn is_asked(&self) -> bool {
        *self.is_asked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits so long, or until it is asked; tells whether it is.
    pub(super) fn wait(&self, time: Duration) -> bool {
        let is_asked = self.is_asked.lock().unwrap_or_else(PoisonError::into_inner);
        let (is_asked, _) = self
            .asked
            .wait_timeout_while(is_asked, time, |is_asked| !*is_asked)
            .unwrap_or_else(PoisonError::into_inner);
        *is_asked
    }

    /// Is done when it is asked, for a call that is under way.
    pub(super) async fn asked(&self) {
        if !self.is_asked() {
            self.call.notified().await;
        }
    }
}
