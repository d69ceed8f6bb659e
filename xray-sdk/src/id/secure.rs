//! Random numbers that nobody can guess.

use std::cell::RefCell;
use std::hash::{BuildHasher, RandomState};
use std::mem::ManuallyDrop;
use std::sync::atomic::Ordering;

use rand::SeedableRng;
use rand::rngs::{StdRng, SysRng};

use crate::id::RESTORES;

/// A thread's secure generator.
struct Seeded {
    generator: StdRng,
    /// The restore after which it was seeded.
    after: u32,
    /// So often it is used before it is seeded anew.
    left: u32,
}

/// That is 64 kB of what trace ids ask for at once.
const USES: u32 = 256;

// Without a destructor, and not `rand`'s own: that panics where a thread ends, and a program may record in destructors of its own.
thread_local! {
    static SECURE: RefCell<ManuallyDrop<Option<Seeded>>> = const { RefCell::new(ManuallyDrop::new(None)) };
}

/// Has `work` use this thread's secure generator. It must be ours alone.
pub(crate) fn secure<R>(work: impl FnOnce(&mut StdRng) -> R) -> R {
    let restores = RESTORES.load(Ordering::Relaxed);
    SECURE.with_borrow_mut(|seeded| {
        let current = seeded.take();
        let current = current.filter(|seeded| seeded.after == restores && seeded.left > 0);
        let seeded = seeded.insert(current.unwrap_or_else(|| Seeded::new(restores)));
        seeded.left -= 1;
        work(&mut seeded.generator)
    })
}

impl Seeded {
    #[cold]
    fn new(restores: u32) -> Self {
        // Where the system gives none, the standard library's maps have some.
        let generator = StdRng::try_from_rng(&mut SysRng)
            .unwrap_or_else(|_| StdRng::seed_from_u64(RandomState::new().hash_one(restores)));
        Self {
            generator,
            after: restores,
            left: USES,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use rand::Rng;

    use super::*;

    #[test]
    fn it_is_seeded_anew_after_a_restore_and_after_many_uses() {
        let numbers: HashSet<u64> = (0..3 * USES).map(|_| secure(Rng::next_u64)).collect();
        assert_eq!(numbers.len(), 3 * USES as usize);
        let left = || SECURE.with_borrow(|seeded| seeded.as_ref().map(|seeded| seeded.left));
        secure(|_| ());
        let before = left();
        crate::id::reseed();
        secure(|_| ());
        assert_eq!(left(), Some(USES - 1));
        assert_ne!(before, None);
    }
}
