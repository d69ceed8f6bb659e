//! What is left out, and what could not be sent in time: both are counted, and told once.

use crate::record::lane::Lane;
use crate::record::outlet::Outlet;
use crate::record::sync::Ordering;

impl Outlet {
    /// Counts something that was not recorded because the bound on memory is reached.
    pub(crate) fn refuse(&self) {
        self.refuse_all(1);
    }

    fn refuse_all(&self, number: u64) {
        self.counts.refused.fetch_add(number, Ordering::Relaxed);
        if !self.refusal_told.load(Ordering::Relaxed) {
            self.tell_refusal();
        }
    }

    #[cold]
    #[inline(never)]
    fn tell_refusal(&self) {
        self.refusal_told.store(true, Ordering::Relaxed);
        self.notices.tell_once("refused", || {
            if self.is_closed() {
                return "segments and subsegments were recorded after the recorder was shut down, and are left out".to_owned();
            }
            if self.is_inherited() {
                return "nobody sends what is recorded here, so segments and subsegments are left out and counted: the recorder was \
                        built before this process was forked; build one after it"
                    .to_owned();
            }
            format!(
                "more than {} bytes are recorded and not yet sent, so new segments and subsegments are left out and counted; \
                 is the daemon reachable? if it is, raise queue_bytes",
                self.bytes_limit()
            )
        });
    }

    /// Counts what a lane holds as not recorded: each segment and subsegment that was opened in it. What only ends in it was counted where it
    /// was opened, or is sent as in progress; values of what neither began nor ended in it count as one.
    #[cold]
    pub(super) fn refuse_lane(&self, lane: &Lane) {
        let opened = lane.events().iter().filter(|event| event.what.is_open());
        let opened = opened.count() as u64;
        let has_end = lane.events().iter().any(|event| event.what.is_close());
        self.refuse_all(opened.max(u64::from(!has_end)));
    }

    /// Nobody will take what is queued.
    #[cold]
    pub(super) fn refuse_queue(&self) {
        let mut found = self.find();
        while let Some(lane) = self.take(&mut found) {
            self.refuse_lane(&lane);
        }
    }

    /// What was handed over and is not emitted yet.
    pub(crate) fn unsent(&self) -> u64 {
        self.waiting() as u64 + self.counts.written.load(Ordering::Relaxed)
    }

    #[cold]
    pub(super) fn tell_unsent(&self) {
        let unsent = self.unsent();
        if unsent > 0 {
            self.notices.tell_once("unsent", || {
                format!(
                    "{unsent} segments were recorded and not yet sent at the deadline of the shutdown, and are lost if the program ends \
                     now; is the daemon reachable? if it is, give the shutdown longer"
                )
            });
        }
    }
}
