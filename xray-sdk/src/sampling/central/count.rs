use std::sync::atomic::{AtomicU64, Ordering};

use crate::sampling::reservoir::Reservoir;

/// What is counted of one rule until X-Ray was told of it. Lives as long as the rule does, whatever is changed of that.
#[derive(Debug, Default)]
pub(super) struct Counts {
    requests: AtomicU64,
    sampled: AtomicU64,
    borrowed: AtomicU64,
    ended: AtomicU64,
    faults: AtomicU64,
    sampled_faults: AtomicU64,
    pub(super) reservoir: Reservoir,
}

/// The numbers of a [`Counts`] at one time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) requests: u64,
    /// Without those that were borrowed, as all official SDKs count.
    pub(super) sampled: u64,
    pub(super) borrowed: u64,
    /// Segments whose end was observed.
    pub(super) ended: u64,
    pub(super) faults: u64,
    pub(super) sampled_faults: u64,
}

/// X-Ray takes counts as whole numbers of 32 bits (API reference, "SamplingStatisticsDocument").
const MOST: u64 = i32::MAX as u64;

impl Counts {
    pub(super) fn request(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
    }

    // Released after its request was counted, so that whoever sees it sees that too: no report has more sampled than requests.
    pub(super) fn sample(&self) {
        self.sampled.fetch_add(1, Ordering::Release);
    }

    pub(super) fn borrow(&self) {
        self.borrowed.fetch_add(1, Ordering::Release);
    }

    pub(super) fn end(&self, is_sampled: bool, is_fault: bool) {
        self.ended.fetch_add(1, Ordering::Relaxed);
        if is_fault {
            self.faults.fetch_add(1, Ordering::Release);
        }
        if is_fault && is_sampled {
            self.sampled_faults.fetch_add(1, Ordering::Release);
        }
    }

    /// What is to be reported next: what is over comes later.
    pub(super) fn read(&self) -> Tally {
        // Parts before the whole that they are of.
        let read = |count: &AtomicU64| count.load(Ordering::Acquire).min(MOST);
        let (sampled_faults, faults) = (read(&self.sampled_faults), read(&self.faults));
        let (sampled, borrowed) = (read(&self.sampled), read(&self.borrowed));
        Tally {
            requests: read(&self.requests),
            sampled,
            borrowed,
            ended: read(&self.ended),
            faults,
            sampled_faults,
        }
    }

    /// X-Ray has taken the numbers of decisions. Only now do they leave: a call that fails loses none.
    pub(super) fn take_decisions(&self, taken: &Tally) {
        self.requests.fetch_sub(taken.requests, Ordering::Relaxed);
        self.sampled.fetch_sub(taken.sampled, Ordering::Relaxed);
        self.borrowed.fetch_sub(taken.borrowed, Ordering::Relaxed);
    }

    /// X-Ray has taken the numbers of ends.
    pub(super) fn take_ends(&self, taken: &Tally) {
        self.ended.fetch_sub(taken.ended, Ordering::Relaxed);
        self.faults.fetch_sub(taken.faults, Ordering::Relaxed);
        self.sampled_faults
            .fetch_sub(taken.sampled_faults, Ordering::Relaxed);
    }
}

impl Tally {
    /// The same without ends.
    pub(super) fn of_decisions(self) -> Self {
        Self {
            ended: 0,
            faults: 0,
            sampled_faults: 0,
            ..self
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.requests == 0 && self.ended == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_has_no_number_that_is_too_large_for_x_ray_and_what_is_over_comes_later() {
        let counts = Counts::default();
        counts.requests.store(2_147_483_654, Ordering::Relaxed);
        counts.sampled.store(2_147_483_650, Ordering::Relaxed);
        let first = counts.read();
        assert_eq!(
            (first.requests, first.sampled),
            (2_147_483_647, 2_147_483_647)
        );
        counts.take_decisions(&first);
        let rest = counts.read();
        assert_eq!((rest.requests, rest.sampled), (7, 3));
    }
}
