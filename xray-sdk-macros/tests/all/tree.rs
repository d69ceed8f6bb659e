//! Where the subsegment stands and what it is called.

use std::panic::{AssertUnwindSafe, catch_unwind};

use xray_sdk::document::Namespace;
use xray_sdk::subsegment;
use xray_sdk::testing::Capture;

use crate::{block_on, pause, traced, traced_future};

#[subsegment]
fn price(cents: u32) -> u32 {
    discount(cents) + 1
}

#[subsegment(name = "10 % off")]
fn discount(cents: u32) -> u32 {
    cents - cents / 10
}

#[test]
fn subsegments_nest_as_calls_do() {
    let (cents, tree) = traced(|| price(100));
    assert_eq!(cents, 91);
    assert_eq!(tree, "test\n  price\n    10 % off\n");
}

#[subsegment]
async fn load_order(id: u32) -> u32 {
    pause().await;
    price(id)
}

#[test]
fn a_subsegment_is_current_after_an_await_too() {
    let (_, tree) = traced_future(async {
        load_order(10).await;
        load_order(20).await
    });
    let order = "  load_order\n    price\n      10 % off\n";
    assert_eq!(tree, format!("test\n{order}{order}"));
}

#[test]
fn an_async_function_that_is_never_polled_leaves_nothing() {
    let (_, tree) = traced(|| drop(load_order(10)));
    assert_eq!(tree, "test\n");
}

#[test]
fn a_future_dropped_half_way_closes_its_subsegments() {
    let capture = Capture::new("test");
    capture.recorder().segment("test").run_sync(|_| {
        let mut work = Box::pin(load_order(10));
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(work.as_mut().poll(&mut context).is_pending());
    });
    assert_eq!(capture.tree(), "test\n  load_order\n");
}

#[subsegment]
fn refuse(reason: &str) {
    panic!("{reason}");
}

#[test]
fn a_panic_goes_on_and_closes_the_subsegment() {
    let (outcome, tree) = traced(|| catch_unwind(AssertUnwindSafe(|| refuse("sold out"))));
    let panic = outcome.expect_err("the function panics");
    assert_eq!(
        panic.downcast_ref::<String>().map(String::as_str),
        Some("sold out")
    );
    assert_eq!(tree, "test\n  refuse fault\n");
}

#[subsegment]
fn r#match() {}

#[test]
fn a_raw_name_is_recorded_without_its_prefix() {
    let (_, tree) = traced(r#match);
    assert_eq!(tree, "test\n  match\n");
}

#[subsegment(name = "payments.example.com", remote)]
async fn charge() {}

#[test]
fn a_remote_function_is_a_remote_subsegment() {
    let capture = Capture::new("test");
    block_on(capture.recorder().segment("test").run(charge()));
    let segment = capture.documents().remove(0);
    let names: Vec<_> = segment
        .subsegments
        .iter()
        .map(|child| (child.name.as_str(), child.namespace))
        .collect();
    assert_eq!(names, [("payments.example.com", Some(Namespace::Remote))]);
}

#[test]
fn without_a_segment_the_function_runs_all_the_same() {
    assert_eq!(price(100), 91);
    assert_eq!(block_on(load_order(100)), 91);
}
