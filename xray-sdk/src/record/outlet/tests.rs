use super::*;

#[test]
fn a_child_that_was_forked_does_not_wait_for_a_thread_that_it_does_not_have() {
    let mut outlet = Outlet::for_tests();
    let own = Arc::get_mut(&mut outlet).expect("nobody else has it");
    own.process = own.process.wrapping_add(1);
    let start = Instant::now();
    assert!(!outlet.flush(Duration::from_secs(3_600)));
    outlet.close(Duration::ZERO);
    assert!(!outlet.flush_last(Duration::from_secs(3_600)));
    assert!(start.elapsed() < Duration::from_secs(60));
}

#[test]
fn a_child_that_was_forked_is_told_that_it_needs_a_recorder_of_its_own() {
    let mut outlet = Outlet::for_tests();
    Arc::get_mut(&mut outlet)
        .expect("nobody else has it")
        .process += 1;
    outlet.refuse();
    let told = outlet.notices.texts();
    assert!(told[0].contains("forked"), "{told:?}");
}
