//! Heap allocations of one thread.
//!
//! The allocator of the system, and a count beside it that costs one addition. The crates that do this cost some 3 ns an
//! allocation, which is a tenth of what some contenders take in all, and would be counted against them.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    /// How many allocations this thread has made. Needs no initialising and no destructor, so that it may be used at any time.
    static COUNT: Cell<u64> = const { Cell::new(0) };
}

/// How many allocations this thread makes while `work` runs. What is moved to a larger place counts as one more.
pub(crate) fn count(work: impl FnOnce()) -> u64 {
    let before = COUNT.get();
    work();
    COUNT.get() - before
}

#[global_allocator]
static COUNTING: Counting = Counting;

struct Counting;

fn add_one() {
    COUNT.set(COUNT.get() + 1);
}

#[allow(
    unsafe_code,
    reason = "an allocator cannot be written without; each call goes to the system's with what it came with"
)]
mod forwarding {
    use super::{Counting, GlobalAlloc, Layout, System, add_one};

    // SAFETY: `System` keeps the promises of an allocator, and gets every call unchanged.
    unsafe impl GlobalAlloc for Counting {
        #[inline]
        unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
            add_one();
            // SAFETY: the caller's promises are those that `System` asks for.
            unsafe { System.alloc(layout) }
        }

        #[inline]
        unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
            add_one();
            // SAFETY: as above.
            unsafe { System.alloc_zeroed(layout) }
        }

        #[inline]
        unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
            add_one();
            // SAFETY: as above.
            unsafe { System.realloc(block, layout, size) }
        }

        #[inline]
        unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
            // SAFETY: as above.
            unsafe { System.dealloc(block, layout) }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::hint::black_box;
    use std::thread;

    use super::*;

    #[test]
    fn allocations_of_this_thread_are_counted_and_no_others() {
        let other = || drop(black_box(vec![0_u8; 8]));
        assert_eq!(count(|| drop(black_box(Box::new(1)))), 1);
        assert_eq!(count(|| ()), 0);
        let starts = count(|| thread::spawn(|| ()).join().expect("it ends"));
        let started = count(|| {
            thread::spawn(move || (0..1_000).for_each(|_| other()))
                .join()
                .expect("it ends");
        });
        assert!(started < starts + 100, "{started} and {starts}");
    }

    #[test]
    fn growing_is_counted() {
        let mut text = String::with_capacity(1);
        assert_eq!(count(|| text.push_str(black_box("longer"))), 1);
    }
}
