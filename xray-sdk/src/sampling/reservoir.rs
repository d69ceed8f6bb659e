use std::sync::atomic::{AtomicU64, Ordering};

/// Counts the requests of one second, so that a fixed number of them is taken and no more.
///
/// The second stands in the upper half, and in the lower half how many were taken in it. One number, so that no lock is needed
/// and no second is used up twice.
#[derive(Debug, Default)]
pub(super) struct Reservoir(AtomicU64);

impl Reservoir {
    /// Takes one of the `size` requests of this second, if one is left.
    pub(super) fn take(&self, second: u32, size: u32) -> bool {
        let next = |state| {
            let (second, used) = used(state, second);
            (used < size).then(|| u64::from(second) << 32 | u64::from(used + 1))
        };
        // Nothing else is published with the number: its own order is enough.
        let taken = self
            .0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, next);
        taken.is_ok()
    }

    /// Whether one of the `size` requests of this second is left.
    pub(super) fn has_left(&self, second: u32, size: u32) -> bool {
        used(self.0.load(Ordering::Relaxed), second).1 < size
    }
}

/// The current second, and how many were taken in it. A thread that read its clock just before the second changed must not open
/// the old second again: the later one counts.
fn used(state: u64, second: u32) -> (u32, u32) {
    let (known, used) = ((state >> 32) as u32, state as u32);
    if second > known {
        (second, 0)
    } else {
        (known, used)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;

    use super::*;

    #[test]
    fn each_second_has_its_own() {
        let reservoir = Reservoir::default();
        for second in [0, 1, 7] {
            assert!(reservoir.take(second, 2));
            assert!(reservoir.has_left(second, 2));
            assert!(reservoir.take(second, 2));
            assert!(!reservoir.has_left(second, 2));
            assert!(!reservoir.take(second, 2));
        }
    }

    #[test]
    fn a_second_that_is_over_is_not_opened_again() {
        let reservoir = Reservoir::default();
        assert!(reservoir.take(5, 1));
        assert!(reservoir.take(6, 1));
        assert!(!reservoir.take(5, 1));
        assert!(!reservoir.take(6, 1));
    }

    #[test]
    fn one_of_size_nothing_gives_nothing() {
        assert!(!Reservoir::default().take(5, 0));
        assert!(!Reservoir::default().has_left(5, 0));
    }

    #[test]
    fn threads_share_it_exactly() {
        const THREADS: usize = 4;
        let reservoir = Reservoir::default();
        let start = Barrier::new(THREADS);
        let taken: usize = std::thread::scope(|scope| {
            let count = || {
                start.wait();
                (0..2_000).filter(|_| reservoir.take(5, 1_000)).count()
            };
            let threads = [(); THREADS].map(|()| scope.spawn(count));
            threads
                .into_iter()
                .map(|thread| thread.join().expect("does not panic"))
                .sum()
        });
        assert_eq!(taken, 1_000);
    }
}
