use std::cell::Cell;
use std::mem::ManuallyDrop;

/// What is taken out of a seat.
pub(crate) type Taken<T> = ManuallyDrop<Option<Box<T>>>;

/// Where a thread has a box. It is taken out and put back, or lent where it is for what calls nothing.
///
/// Without a destructor, so that it needs no look at whether it still lives: what is in it when the thread ends is leaked.
pub(crate) struct Seat<T> {
    place: Cell<Taken<T>>,
    /// It is lent: looked at where a fault is to be found, and not where time counts.
    #[cfg(debug_assertions)]
    is_lent: Cell<bool>,
}

impl<T> Seat<T> {
    pub(crate) const fn empty() -> Self {
        Self {
            place: Cell::new(ManuallyDrop::new(None)),
            #[cfg(debug_assertions)]
            is_lent: Cell::new(false),
        }
    }

    /// Takes what is there, to be [put back](Self::put) before any code but ours runs.
    #[inline(always)]
    pub(crate) fn take(&self) -> Taken<T> {
        self.assert_not_lent();
        self.place.replace(ManuallyDrop::new(None))
    }

    /// Puts back what was taken, or something else where nothing is.
    #[inline(always)]
    pub(crate) fn put(&self, taken: Taken<T>) {
        self.assert_not_lent();
        self.place.set(taken);
    }

    /// What is there, in place. To take it out and put it back for each call costs two writes, and each call then waits for those of the one
    /// before: a twentieth of a request.
    ///
    /// # Safety
    ///
    /// Until [`lent`](Self::lent) is called, and after that, when it is lent again, what is returned now is not used, nothing takes from this
    /// seat or puts there, and it is not lent a second time. So nothing may run meanwhile that calls code of others: also no allocator.
    #[inline(always)]
    pub(crate) unsafe fn lend<'a>(&self) -> Option<&'a mut T>
    where
        T: 'a,
    {
        self.assert_not_lent();
        #[cfg(debug_assertions)]
        self.is_lent.set(true);
        // SAFETY: it is there, and by the caller's word nobody else reads or writes it as long as what is returned is used.
        unsafe { (*self.place.as_ptr()).as_deref_mut() }
    }

    /// What was lent is used no more.
    #[inline(always)]
    pub(crate) fn lent(&self) {
        #[cfg(debug_assertions)]
        self.is_lent.set(false);
    }

    #[inline(always)]
    fn assert_not_lent(&self) {
        #[cfg(debug_assertions)]
        assert!(!self.is_lent.get(), "it is lent");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_lent_is_changed_where_it_is() {
        let seat = Seat::empty();
        seat.put(ManuallyDrop::new(Some(Box::new(1))));
        for _ in 0..2 {
            // SAFETY: nothing else is done with the seat.
            if let Some(number) = unsafe { seat.lend() } {
                *number += 1;
            }
            seat.lent();
        }
        assert_eq!(ManuallyDrop::into_inner(seat.take()), Some(Box::new(3)));
        // SAFETY: as above.
        assert!(unsafe { seat.lend() }.is_none());
    }

    #[test]
    #[should_panic(expected = "it is lent")]
    fn what_is_lent_is_not_taken_where_somebody_looks() {
        let seat = Seat::<u8>::empty();
        // SAFETY: what is returned is not used.
        let _ = unsafe { seat.lend() };
        seat.take();
    }
}
