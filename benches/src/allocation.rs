//! Heap allocations of one thread. The crate that counts them takes the place of the program's allocator,
//! which makes an allocation and its release some 3 ns slower than they are without it.

/// How many allocations this thread makes while `work` runs. What is moved to a larger place counts as one more.
pub(crate) fn count(work: impl FnOnce()) -> u64 {
    allocation_counter::measure(work).count_total
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
