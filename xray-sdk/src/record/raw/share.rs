use std::ops::Deref;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A reference to something that several own, as an `Arc` is, which can be divided: each part counts for so much of the whole, and a part
/// is divided again, or put together with another one, without a look at the count that all have in common.
///
/// To change that count makes a processor wait until all that it wrote has left it.
pub(crate) struct Share<T> {
    owned: NonNull<Owned<T>>,
    /// Never zero.
    weight: usize,
}

/// The smallest [`Share`], in one word.
pub(crate) struct Loan<T>(NonNull<Owned<T>>);

// The count, and what is first in the value, in one line of a processor's cache.
#[repr(C, align(64))]
struct Owned<T> {
    /// The weights of all shares and loans, together.
    weights: AtomicUsize,
    value: T,
}

/// What the first share counts for: so often it can be divided.
const WHOLE: usize = 1 << (usize::BITS / 2);
/// What a share that cannot be divided gets.
const MORE: usize = 1 << (usize::BITS / 4);

// SAFETY: as an `Arc` of the same: all have `&T`, and whoever is the last drops the `T`, on any thread.
unsafe impl<T: Send + Sync> Send for Share<T> {}
// SAFETY: as above.
unsafe impl<T: Send + Sync> Sync for Share<T> {}
// SAFETY: as above.
unsafe impl<T: Send + Sync> Send for Loan<T> {}
// SAFETY: as above.
unsafe impl<T: Send + Sync> Sync for Loan<T> {}

impl<T> Share<T> {
    /// The only share of something new.
    pub(crate) fn new(value: T) -> Self {
        let owned = Box::new(Owned {
            weights: AtomicUsize::new(WHOLE),
            value,
        });
        Self {
            owned: NonNull::from(Box::leak(owned)),
            weight: WHOLE,
        }
    }

    /// Whether there is no other share or loan.
    #[inline(always)]
    pub(crate) fn is_whole(&self) -> bool {
        self.owned().weights.load(Ordering::Acquire) == self.weight
    }

    /// A small part of it.
    #[inline(always)]
    pub(crate) fn lend(&mut self) -> Loan<T> {
        if self.weight == 1 {
            self.grow();
        }
        self.weight -= 1;
        Loan(self.owned)
    }

    /// Half of it.
    #[inline(always)]
    pub(crate) fn divide(&mut self) -> Self {
        if self.weight == 1 {
            self.grow();
        }
        let half = self.weight / 2;
        self.weight -= half;
        Self {
            owned: self.owned,
            weight: half,
        }
    }

    /// Takes back what was lent. What is of another comes back.
    #[inline(always)]
    pub(crate) fn take_back(&mut self, loan: Loan<T>) -> Option<Loan<T>> {
        if loan.0 == self.owned {
            self.weight += 1;
            std::mem::forget(loan);
            return None;
        }
        Some(loan)
    }

    /// Tells it from any other that there is.
    #[inline(always)]
    pub(crate) fn address(&self) -> usize {
        self.owned.addr().get()
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self) {
        self.owned().grow(MORE);
        self.weight += MORE;
    }

    #[inline(always)]
    fn owned(&self) -> &Owned<T> {
        // SAFETY: what is owned lives while any share or loan does.
        unsafe { self.owned.as_ref() }
    }
}

impl<T> Owned<T> {
    #[inline]
    fn grow(&self, weight: usize) {
        let before = self.weights.fetch_add(weight, Ordering::Relaxed);
        // As `Arc` does: what is leaked so often would be dropped while it is referred to.
        if before > usize::MAX / 2 {
            std::process::abort();
        }
    }
}

/// Gives up so much of what is owned.
///
/// # Safety
///
/// Whoever calls has a share of that weight, or a loan, and never uses it again.
#[inline]
unsafe fn release<T>(owned: NonNull<Owned<T>>, weight: usize) {
    // SAFETY: it lives, for the caller's weight is still counted.
    let left = unsafe { owned.as_ref() }
        .weights
        .fetch_sub(weight, Ordering::Release)
        - weight;
    if left == 0 {
        // What others did with it happened before it is dropped. By a load, for ThreadSanitizer knows no fences.
        // SAFETY: it is there until it is dropped here.
        unsafe { owned.as_ref() }.weights.load(Ordering::Acquire);
        // SAFETY: it came from a box, and nobody has a part of it any more.
        drop(unsafe { Box::from_raw(owned.as_ptr()) });
    }
}

impl<T> Loan<T> {
    #[inline(always)]
    pub(crate) fn address(&self) -> usize {
        self.0.addr().get()
    }

    /// A share that can be divided.
    #[inline]
    pub(crate) fn share(&self) -> Share<T> {
        // SAFETY: what is owned lives while any share or loan does.
        unsafe { self.0.as_ref() }.grow(MORE);
        Share {
            owned: self.0,
            weight: MORE,
        }
    }
}

impl<T> Clone for Loan<T> {
    #[inline]
    fn clone(&self) -> Self {
        // SAFETY: what is owned lives while any share or loan does.
        unsafe { self.0.as_ref() }.grow(1);
        Self(self.0)
    }
}

impl<T> Deref for Share<T> {
    type Target = T;

    #[inline(always)]
    fn deref(&self) -> &T {
        &self.owned().value
    }
}

impl<T> Deref for Loan<T> {
    type Target = T;

    #[inline(always)]
    fn deref(&self) -> &T {
        // SAFETY: what is owned lives while any share or loan does.
        unsafe { &self.0.as_ref().value }
    }
}

impl<T> Drop for Share<T> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: it is not used any more.
        unsafe { release(self.owned, self.weight) };
    }
}

impl<T> Drop for Loan<T> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: it is not used any more.
        unsafe { release(self.0, 1) };
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::thread;

    use super::*;

    #[test]
    fn what_is_owned_is_dropped_with_the_last_part() {
        let value = Arc::new(());
        let mut whole = Share::new(value.clone());
        let loan = whole.lend();
        let half = whole.divide();
        let other = loan.clone();
        drop((whole, loan));
        assert_eq!(Arc::strong_count(&value), 2);
        drop(half);
        assert_eq!(Arc::strong_count(&value), 2);
        drop(other);
        assert_eq!(Arc::strong_count(&value), 1);
    }

    #[test]
    fn it_is_whole_when_all_parts_are_back() {
        let mut share = Share::new(());
        let mut part = share.divide();
        let (one, two) = (share.lend(), part.lend());
        assert!(!share.is_whole());
        assert!(share.take_back(two).is_none());
        drop(part);
        assert!(!share.is_whole());
        assert!(share.take_back(one).is_none());
        assert!(share.is_whole(), "what was dropped is not missed");
        assert!(share.lend().address() == share.address());
        assert!(share.is_whole());
    }

    #[test]
    fn a_part_of_another_is_not_taken() {
        let mut share = Share::new(1);
        let mut other = Share::new(2);
        assert!(share.take_back(other.lend()).is_some());
        assert!(share.is_whole());
        assert_eq!((*share, *other), (1, 2));
    }

    #[test]
    fn a_share_is_divided_without_end() {
        let value = Arc::new(());
        let mut share = Share::new(value.clone());
        let mut parts = Vec::new();
        for _ in 0..200 {
            let half = share.divide();
            parts.push((half, share.lend()));
        }
        drop((share, parts));
        assert_eq!(Arc::strong_count(&value), 1);
    }

    #[test]
    fn parts_go_to_other_threads() {
        let value = Arc::new(());
        let mut share = Share::new(value.clone());
        let threads: Vec<_> = (0..4)
            .map(|_| {
                let mut part = share.divide();
                thread::spawn(move || {
                    let loans: Vec<_> = (0..100).map(|_| part.lend()).collect();
                    let copies: Vec<_> = loans.iter().map(Loan::share).collect();
                    drop(loans);
                    drop(part);
                    drop(copies);
                })
            })
            .collect();
        drop(share);
        for thread in threads {
            thread.join().expect("it does not panic");
        }
        assert_eq!(Arc::strong_count(&value), 1);
    }
}
