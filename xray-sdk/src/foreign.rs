//! Code of others that runs because a program is traced: its panics end here.

use std::any::Any;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What `work` returns; none where it panicked.
#[inline]
pub(crate) fn guarded<R>(work: impl FnOnce() -> R) -> Option<R> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(result) => Some(result),
        Err(payload) => {
            dispose(payload);
            None
        }
    }
}

/// Drops what a program panicked with. That is the program's too, and may panic when it is dropped.
#[cold]
fn dispose(mut payload: Box<dyn Any + Send>) {
    for _ in 0..8 {
        match catch_unwind(AssertUnwindSafe(|| drop(payload))) {
            Ok(()) => return,
            Err(next) => payload = next,
        }
    }
    mem::forget(payload);
}

#[cfg(test)]
mod tests {
    use std::panic::panic_any;
    use std::sync::Arc;

    use super::*;

    /// Panics when it is dropped, with one that does so a time less.
    struct Fuse(u32, Arc<()>);

    impl Drop for Fuse {
        fn drop(&mut self) {
            if self.0 > 0 {
                panic_any(Self(self.0 - 1, self.1.clone()));
            }
        }
    }

    /// Panics with its like whenever it is dropped. It is nothing, so that nothing is leaked.
    struct Endless;

    impl Drop for Endless {
        fn drop(&mut self) {
            panic_any(Self);
        }
    }

    #[test]
    fn what_a_panic_carries_is_dropped_though_that_panics() {
        assert_eq!(guarded(|| 7), Some(7));
        for times in [0, 1, 7] {
            let value = Arc::new(());
            let carried = Fuse(times, value.clone());
            assert_eq!(guarded(|| panic_any(carried)), None::<()>);
            assert_eq!(Arc::strong_count(&value), 1, "{times}");
        }
        assert_eq!(guarded(|| panic_any(Endless)), None::<()>);
    }
}
