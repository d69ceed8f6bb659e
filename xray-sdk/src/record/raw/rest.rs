use std::ptr;

use crate::record::sync::{AtomicPtr, Ordering, hint, thread};

/// Where a box rests that several use in turn, each for the short time of a call.
///
/// It is a lock that nobody waits for: who finds it taken has a way of his own. Only who ends it all, and who takes the box for long, waits
/// for the end of such a call.
pub(crate) struct Rest<T>(AtomicPtr<T>);

/// A call that does not end.
#[derive(Debug)]
pub(crate) struct Stuck;

/// Nothing rests here: whoever had it last has it.
const AWAY: usize = 0;
/// It is used in a call, and will be back.
const IN_USE: usize = 1;
/// Nothing will rest here any more.
const CLOSED: usize = 2;

/// So often it is looked whether a call is over, before other threads are let run.
const LOOKS: u32 = 64;
/// So often others are let run. Then the thread that was to put it back is not there any more: a process that was forked has none of its parent's.
const PATIENCE: u32 = 100_000;

const fn mark<T>(mark: usize) -> *mut T {
    ptr::without_provenance_mut(mark)
}

impl<T> Rest<T> {
    /// One where nothing rests.
    pub(crate) fn new() -> Self {
        Self(AtomicPtr::new(mark(AWAY)))
    }

    /// Makes one that was used as it was. Only for who has it alone.
    #[inline(always)]
    pub(crate) fn renew(&self) {
        self.0.store(mark(AWAY), Ordering::Relaxed);
    }

    /// Takes the box for a call, to be [put back](Self::put_back) after it. None where it does not rest.
    #[inline(always)]
    pub(crate) fn take(&self) -> Option<Box<T>> {
        let resting = self.0.load(Ordering::Relaxed);
        if resting.addr() <= CLOSED {
            return None;
        }
        self.exchange(resting, IN_USE)
    }

    /// Puts back what was [taken](Self::take) for a call.
    #[inline(always)]
    pub(crate) fn put_back(&self, taken: Box<T>) {
        // Nobody writes here while it is in use.
        self.0.store(Box::into_raw(taken), Ordering::Release);
    }

    /// The same for what holds, itself, what keeps the place where it rests alive.
    #[inline(always)]
    pub(crate) fn put_back_within(taken: Box<T>, place: impl FnOnce(&T) -> &Self) {
        let place: *const Self = place(&taken);
        // SAFETY: what is taken keeps it alive, and until it is written here nobody else has that.
        unsafe { &*place }.put_back(taken);
    }

    /// As [`take`](Self::take), and waits for the end of another call, if one is going on.
    pub(crate) fn take_next(&self) -> Option<Box<T>> {
        for _ in 0..LOOKS {
            if let Some(taken) = self.take() {
                return Some(taken);
            }
            if self.0.load(Ordering::Relaxed).addr() != IN_USE {
                break;
            }
            hint::spin_loop();
        }
        None
    }

    /// Takes the box for long. None where it does not rest.
    pub(crate) fn take_away(&self) -> Option<Box<T>> {
        self.end_of_call(AWAY).ok().flatten()
    }

    /// Lets a box rest that was away. It is given back where nothing is to rest any more.
    pub(crate) fn put(&self, other: Box<T>) -> Result<(), Box<T>> {
        let raw = Box::into_raw(other);
        let (away, failed) = (mark(AWAY), Ordering::Relaxed);
        match self
            .0
            .compare_exchange(away, raw, Ordering::Release, failed)
        {
            Ok(_) => Ok(()),
            // SAFETY: it came from a box just now, and was not handed on.
            Err(_) => Err(unsafe { Box::from_raw(raw) }),
        }
    }

    /// Lets nothing rest here any more, and takes the box, if it is not away.
    pub(crate) fn close(&self) -> Result<Option<Box<T>>, Stuck> {
        self.end_of_call(CLOSED)
    }

    /// Replaces what rests, or that it is away, when no call is going on.
    fn end_of_call(&self, by: usize) -> Result<Option<Box<T>>, Stuck> {
        for looks in 0..PATIENCE {
            let found = self.0.load(Ordering::Relaxed);
            match found.addr() {
                IN_USE if looks < LOOKS => hint::spin_loop(),
                IN_USE => thread::yield_now(),
                CLOSED => return Ok(None),
                AWAY => {
                    let order = Ordering::Relaxed;
                    let replaced = self.0.compare_exchange(found, mark(by), order, order);
                    if replaced.is_ok() {
                        return Ok(None);
                    }
                }
                _ => {
                    if let Some(taken) = self.exchange(found, by) {
                        return Ok(Some(taken));
                    }
                }
            }
        }
        Err(Stuck)
    }

    /// Takes the box that was found, unless somebody else was first.
    #[inline(always)]
    fn exchange(&self, found: *mut T, by: usize) -> Option<Box<T>> {
        self.0
            .compare_exchange(found, mark(by), Ordering::Acquire, Ordering::Relaxed)
            .ok()
            // SAFETY: what rests came from a box, and whoever exchanges it for a mark has it alone.
            .map(|taken| unsafe { Box::from_raw(taken) })
    }
}

impl<T> Drop for Rest<T> {
    fn drop(&mut self) {
        drop(self.take_away());
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::thread;

    use super::*;

    #[test]
    fn what_rests_is_taken_and_put_back() {
        let rest = Rest::new();
        assert!(rest.take().is_none());
        assert_eq!(rest.put(Box::new(1)), Ok(()));
        let taken = rest.take().expect("it rests");
        assert!(rest.take().is_none());
        assert!(rest.take_next().is_none(), "the call does not end");
        rest.put_back(taken);
        assert_eq!(rest.take_next(), Some(Box::new(1)));
    }

    #[test]
    fn nothing_rests_where_it_is_taken_away_or_closed() {
        let rest = Rest::new();
        assert_eq!(rest.put(Box::new(1)), Ok(()));
        let taken = rest.take_away().expect("it rests");
        assert!(rest.take_away().is_none());
        assert!(rest.take_next().is_none());
        assert_eq!(rest.put(taken), Ok(()));
        assert_eq!(rest.close().expect("no call"), Some(Box::new(1)));
        assert_eq!(rest.close().expect("no call"), None);
        assert_eq!(rest.put(Box::new(2)), Err(Box::new(2)));
    }

    #[test]
    fn what_rests_is_freed_with_its_place() {
        let value = Arc::new(());
        let rest = Rest::new();
        assert!(rest.put(Box::new(value.clone())).is_ok());
        drop(rest);
        assert_eq!(Arc::strong_count(&value), 1);
    }

    #[test]
    fn a_call_of_a_thread_that_is_gone_is_not_waited_for_without_end() {
        let rest = Rest::new();
        assert!(rest.put(Box::new(1)).is_ok());
        let taken = rest.take();
        assert!(rest.close().is_err());
        drop(taken);
    }

    #[test]
    fn each_has_it_alone() {
        let rest = Arc::new(Rest::new());
        assert!(rest.put(Box::new(0)).is_ok());
        let counts = [(); 4].map(|()| {
            let rest = rest.clone();
            thread::spawn(move || {
                (0..10_000).fold(0, |count, _| match rest.take() {
                    Some(mut number) => {
                        *number += 1;
                        rest.put_back(number);
                        count + 1
                    }
                    None => count,
                })
            })
        });
        let counted: u64 = counts
            .map(|count| count.join().expect("a number"))
            .iter()
            .sum();
        assert_eq!(rest.close().expect("no call"), Some(Box::new(counted)));
    }
}
