//! The attribute `#[xray_sdk::subsegment]`, on every kind of function that it may stand on.

mod future;
mod house;
mod outcome;
mod signature;
mod tree;

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use xray_sdk::testing::Capture;

/// The value of a future that only waits for what yields once and wakes at once.
fn block_on<F: Future>(work: F) -> F::Output {
    let mut work = pin!(work);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(output) = work.as_mut().poll(&mut context) {
            return output;
        }
    }
}

/// Waits for one poll.
async fn pause() {
    let mut was_polled = false;
    std::future::poll_fn(|_| match std::mem::replace(&mut was_polled, true) {
        false => Poll::Pending,
        true => Poll::Ready(()),
    })
    .await;
}

/// What `work` returns, and the trace that it leaves in a segment named `test`.
fn traced<R>(work: impl FnOnce() -> R) -> (R, String) {
    let capture = Capture::new("test");
    let output = capture.recorder().segment("test").run_sync(|_| work());
    (output, capture.tree())
}

/// The same for a future.
fn traced_future<F: Future>(work: F) -> (F::Output, String) {
    let capture = Capture::new("test");
    let output = block_on(capture.recorder().segment("test").run(work));
    (output, capture.tree())
}
