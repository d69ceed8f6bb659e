use std::thread;
use std::time::Instant;

use super::*;

#[test]
fn a_child_that_was_forked_does_not_wait_for_a_thread_that_it_does_not_have() {
    let outlet = Outlet::of_a_forked_process();
    let start = Instant::now();
    // Of which another thread of the parent may have had the lock.
    outlet.flushes.while_locked(|| {
        assert!(!outlet.flush(Duration::from_secs(3_600)));
        outlet.close(Duration::ZERO);
        assert!(!outlet.flush_last(Duration::from_secs(3_600)));
    });
    assert!(outlet.is_closed());
    assert!(start.elapsed() < Duration::from_secs(60));
}

#[test]
fn a_child_that_was_forked_is_told_that_it_needs_a_recorder_of_its_own() {
    let outlet = Outlet::of_a_forked_process();
    outlet.refuse();
    let told = outlet.notices.texts();
    assert!(told[0].contains("forked"), "{told:?}");
}

#[test]
fn what_is_left_out_after_that_was_told_waits_for_no_lock() {
    let outlet = Outlet::for_tests();
    outlet.refuse();
    let other = outlet.clone();
    outlet.notices.while_locked(|| {
        let refusing = thread::spawn(move || other.refuse());
        let start = Instant::now();
        while !refusing.is_finished() {
            assert!(start.elapsed() < Duration::from_secs(30), "it waits");
            thread::yield_now();
        }
    });
    assert_eq!(outlet.counts.refused.load(Ordering::Relaxed), 2);
}
