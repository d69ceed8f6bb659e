use std::time::Duration;

use crate::record::outlet::Outlet;

/// What the background thread does after a round.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Next {
    Round,
    /// A round after so long, or when it is woken.
    Rest(Duration),
    /// The recorder was shut down, and nothing is left to do.
    End,
}

/// How long documents wait for others, so that no request has to wake the background thread.
const INTERVAL: Duration = Duration::from_millis(50);
/// How often it is asked whether all that was open when the recorder was shut down has ended.
pub(crate) const LAST_INTERVAL: Duration = Duration::from_millis(2);

impl Outlet {
    /// One round of the background thread. `sweep` takes what waits in the queue, writes and emits it; `finish`, once at the end, emits
    /// what never closed.
    pub(crate) fn round<W>(&self, worker: &mut W, sweep: fn(&mut W), finish: fn(&mut W)) -> Next {
        // Both are asked before the queue is emptied: what was handed over before them is in it.
        let flush = self.flush_asked();
        let is_closed = self.is_closed();
        sweep(worker);
        if is_closed && (!self.is_in_use() || self.is_overdue()) {
            let left_open = self.is_in_use();
            finish(worker);
            self.end(left_open);
            return Next::End;
        }
        match flush {
            Some(number) => {
                self.flush_done(number);
                Next::Round
            }
            None if is_closed => Next::Rest(LAST_INTERVAL),
            // Who records wakes this thread when much has gathered, and not while there is as much.
            None if self.is_rushed() => Next::Round,
            None => Next::Rest(INTERVAL),
        }
    }
}
