use std::ptr::{self, null_mut};

use crate::record::sync::{AtomicBool, AtomicPtr, AtomicU64, Ordering, hint, thread};

/// Boxes in the order in which they were put in, by any thread. Who takes them out never keeps who puts them in waiting.
///
/// They stand one behind the other by a link that each has, so there is always room. To put one in takes two steps: it is made the last one,
/// and then the one before it is told of it. Who comes upon it between the two waits.
pub(crate) struct Chain<T: Linked> {
    /// The link of the last one, in which the next one is written; null for `first`.
    last: AtomicPtr<Link<T>>,
    first: Link<T>,
    /// How many were put in.
    put: AtomicU64,
    taker: Taker<T>,
}

/// The one that stands behind.
pub(crate) struct Link<T>(AtomicPtr<T>);

/// What can stand in a chain.
pub(crate) trait Linked: Send + Sized {
    fn link(&self) -> &Link<Self>;

    /// Has the processor fetch the link of the one that is taken out next.
    fn approach(next: *const Self);
}

/// What only who takes out needs, in a line of a processor's cache of its own.
#[repr(align(128))]
struct Taker<T> {
    /// Somebody is taking one out.
    is_busy: AtomicBool,
    /// The one that is to be taken out next, where it is known; else `first` tells.
    next: AtomicPtr<T>,
    /// How many were taken out.
    taken: AtomicU64,
    /// The link of the last one there will ever be.
    end: AtomicPtr<Link<T>>,
}

/// So often it is looked whether one is there that is being put in, before other threads are let run.
const LOOKS: u32 = 64;

/// In the place of the last one: nothing is put in any more. No link has this address.
const fn closed<T>() -> *mut Link<T> {
    ptr::without_provenance_mut(1)
}

impl<T> Link<T> {
    pub(crate) fn new() -> Self {
        Self(AtomicPtr::new(null_mut()))
    }

    fn get(&self) -> *mut T {
        self.0.load(Ordering::Acquire)
    }

    fn clear(&self) {
        self.0.store(null_mut(), Ordering::Relaxed);
    }

    /// The one that is being put in behind this.
    fn wait(&self) -> *mut T {
        let mut looks = 0;
        loop {
            let next = self.get();
            if !next.is_null() {
                return next;
            }
            looks += 1;
            match looks < LOOKS {
                true => hint::spin_loop(),
                false => thread::yield_now(),
            }
        }
    }

    fn address(&self) -> *mut Self {
        ptr::from_ref(self).cast_mut()
    }
}

impl<T: Linked> Chain<T> {
    pub(crate) fn new() -> Self {
        Self {
            last: AtomicPtr::new(null_mut()),
            first: Link::new(),
            put: AtomicU64::new(0),
            taker: Taker {
                is_busy: AtomicBool::new(false),
                next: AtomicPtr::new(null_mut()),
                taken: AtomicU64::new(0),
                end: AtomicPtr::new(null_mut()),
            },
        }
    }

    /// Puts one in at the end, which is not in any chain. It comes back where the chain is closed.
    #[inline(always)]
    pub(crate) fn push(&self, item: Box<T>) -> Result<(), Box<T>> {
        let raw = Box::into_raw(item);
        // SAFETY: it came from a box just now.
        let link = unsafe { &*raw }.link().address();
        self.put.fetch_add(1, Ordering::Relaxed);
        let mut last = self.last.load(Ordering::Relaxed);
        while last != closed() {
            let (order, failed) = (Ordering::AcqRel, Ordering::Relaxed);
            match self.last.compare_exchange_weak(last, link, order, failed) {
                Ok(_) => {
                    // SAFETY: what was the last one stays in the chain until it is told what stands behind it, which is done here.
                    let before = unsafe { last.as_ref() }.unwrap_or(&self.first);
                    before.0.store(raw, Ordering::Release);
                    return Ok(());
                }
                Err(other) => last = other,
            }
        }
        self.put.fetch_sub(1, Ordering::Relaxed);
        // SAFETY: as above; it is in no chain.
        Err(unsafe { Box::from_raw(raw) })
    }

    /// The same for what holds, itself, what keeps the chain alive.
    #[inline(always)]
    pub(crate) fn push_within(item: Box<T>, chain: impl FnOnce(&T) -> &Self) -> Result<(), Box<T>> {
        let chain: *const Self = chain(&item);
        // SAFETY: what is put in keeps it alive, and cannot be taken out before the last step here, after which the chain is not used.
        unsafe { &*chain }.push(item)
    }

    /// Takes out the first. None where there is none, or another thread takes one out.
    pub(crate) fn pop(&self) -> Option<Box<T>> {
        if self.taker.is_busy.swap(true, Ordering::Acquire) {
            return None;
        }
        let taken = self.pop_alone();
        self.taker.is_busy.store(false, Ordering::Release);
        taken
    }

    fn pop_alone(&self) -> Option<Box<T>> {
        let taker = &self.taker;
        let mut raw = taker.next.load(Ordering::Relaxed);
        if raw.is_null() {
            raw = self.first()?;
        }
        // SAFETY: it came from a box, and stands in the chain until it is taken out here.
        let link = unsafe { &*raw }.link();
        let mut next = link.get();
        if next.is_null() && !self.was_last(link) {
            next = link.wait();
        }
        T::approach(next);
        link.clear();
        taker.next.store(next, Ordering::Relaxed);
        let taken = taker.taken.load(Ordering::Relaxed) + 1;
        taker.taken.store(taken, Ordering::Relaxed);
        // SAFETY: it is in the chain no more, and whoever put in the next one has told so.
        Some(unsafe { Box::from_raw(raw) })
    }

    /// The first that was put in after there was none.
    fn first(&self) -> Option<*mut T> {
        let mut first = self.first.get();
        if first.is_null() {
            let last = self.last.load(Ordering::Acquire);
            let end = self.taker.end.load(Ordering::Relaxed);
            if last.is_null() || (last == closed() && end.is_null()) {
                return None;
            }
            first = self.first.wait();
        }
        self.first.clear();
        Some(first)
    }

    /// Whether nothing stands behind this one. What comes is then written in `first`.
    fn was_last(&self, link: &Link<T>) -> bool {
        let (link, order) = (link.address(), Ordering::AcqRel);
        let end = &self.taker.end;
        if end.load(Ordering::Relaxed) == link {
            end.store(null_mut(), Ordering::Relaxed);
            return true;
        }
        self.last
            .compare_exchange(link, null_mut(), order, Ordering::Relaxed)
            .is_ok()
    }

    /// Lets nothing be put in any more. What is in can be taken out.
    pub(crate) fn close(&self) {
        let taker = &self.taker;
        while taker.is_busy.swap(true, Ordering::Acquire) {
            thread::yield_now();
        }
        let last = self.last.swap(closed(), Ordering::AcqRel);
        if last != closed() {
            taker.end.store(last, Ordering::Relaxed);
        }
        taker.is_busy.store(false, Ordering::Release);
    }

    /// How many were put in, or are on their way.
    pub(crate) fn put(&self) -> u64 {
        self.put.load(Ordering::Acquire)
    }

    /// How many were taken out.
    pub(crate) fn taken(&self) -> u64 {
        self.taker.taken.load(Ordering::Acquire)
    }
}

impl<T: Linked> Drop for Chain<T> {
    fn drop(&mut self) {
        while self.pop().is_some() {}
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    struct Item {
        number: u64,
        link: Link<Self>,
        _whole: Arc<()>,
    }

    impl Linked for Item {
        fn link(&self) -> &Link<Self> {
            &self.link
        }

        fn approach(_next: *const Self) {}
    }

    fn item(number: u64, whole: &Arc<()>) -> Box<Item> {
        Box::new(Item {
            number,
            link: Link::new(),
            _whole: whole.clone(),
        })
    }

    fn numbers(chain: &Chain<Item>) -> Vec<u64> {
        std::iter::from_fn(|| chain.pop())
            .map(|item| item.number)
            .collect()
    }

    #[test]
    fn what_was_put_in_first_comes_out_first() {
        let (chain, whole) = (Chain::new(), Arc::new(()));
        let mut expected = 0..;
        for count in [0, 1, 2, 5, 1] {
            let put: Vec<_> = expected.by_ref().take(count).collect();
            for number in &put {
                assert!(chain.push(item(*number, &whole)).is_ok());
            }
            assert_eq!(chain.put() - chain.taken(), count as u64);
            assert_eq!(numbers(&chain), put);
        }
        assert!(chain.push(item(0, &whole)).is_ok());
        assert!(chain.push(item(1, &whole)).is_ok());
        drop(chain.pop());
        assert!(chain.push(item(2, &whole)).is_ok());
        drop(chain);
        assert_eq!(
            Arc::strong_count(&whole),
            1,
            "what is in is dropped with it"
        );
    }

    #[test]
    fn nothing_is_put_into_one_that_is_closed() {
        for count in [0, 1, 3] {
            let (chain, whole) = (Chain::new(), Arc::new(()));
            for number in 0..count {
                assert!(chain.push(item(number, &whole)).is_ok());
            }
            chain.close();
            chain.close();
            let refused = chain.push(item(9, &whole)).map_err(|item| item.number);
            assert_eq!(refused, Err(9));
            assert_eq!(numbers(&chain), Vec::from_iter(0..count));
            assert!(chain.pop().is_none());
            assert_eq!((chain.put(), chain.taken()), (count, count));
        }
    }

    #[test]
    fn several_threads_put_in_while_one_takes_out() {
        const EACH: u64 = 20_000;
        let (chain, whole) = (Chain::new(), Arc::new(()));
        let mut last = [None; 3];
        thread::scope(|scope| {
            for thread in 0..3 {
                let (chain, whole) = (&chain, &whole);
                scope.spawn(move || {
                    for number in 0..EACH {
                        assert!(chain.push(item(thread << 32 | number, whole)).is_ok());
                    }
                });
            }
            let mut left = 3 * EACH;
            while left > 0 {
                let Some(item) = chain.pop() else {
                    thread::yield_now();
                    continue;
                };
                let (thread, number) = (item.number >> 32, item.number & 0xffff_ffff);
                let before = last[thread as usize].replace(number);
                assert_eq!(before, number.checked_sub(1), "in the order of each thread");
                left -= 1;
            }
        });
        assert!(chain.pop().is_none());
        assert_eq!(Arc::strong_count(&whole), 1);
    }
}
