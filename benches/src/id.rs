//! The ids of the floor: unique, and no more than that.

use std::cell::Cell;
use std::hash::{BuildHasher as _, RandomState};

thread_local! {
    /// The state of the thread's generator; zero before its first use.
    static STATE: Cell<u64> = const { Cell::new(0) };
}

/// A random number: wyrand, seeded by the system, one generator a thread.
#[inline]
pub(crate) fn random() -> u64 {
    STATE.with(|state| {
        let mut seed = state.get();
        if seed == 0 {
            seed = RandomState::new().hash_one(0) | 1;
        }
        let seed = seed.wrapping_add(0xa076_1d64_78bd_642f);
        state.set(seed);
        let product = u128::from(seed) * u128::from(seed ^ 0xe703_7ed1_a0b4_28db);
        (product as u64) ^ ((product >> 64) as u64)
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn ids_do_not_repeat() {
        let ids: HashSet<_> = (0..10_000).map(|_| random()).collect();
        assert_eq!(ids.len(), 10_000);
    }
}
