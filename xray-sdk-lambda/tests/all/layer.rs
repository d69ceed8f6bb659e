//! The layer around a runtime that is none, in this process.

use std::future::{Future, pending, ready};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::mpsc::{self, Receiver, Sender};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use lambda_runtime::{Context as LambdaContext, Error, LambdaInvocation};
use serde_json::Value;
use tower::{Layer as _, Service, service_fn};
use xray_sdk::emitter::{Batch, Emitter, Report};
use xray_sdk::testing::Capture;
use xray_sdk::{Recorder, RecorderBuilder, current, subsegment};
use xray_sdk_lambda::{LambdaLayer, traced};

use crate::process::header;

fn function() -> Capture {
    Capture::with("resize", RecorderBuilder::segments_by_lambda)
}

fn invocation(time: Duration) -> LambdaInvocation {
    let deadline = SystemTime::now() + time;
    let mut context = LambdaContext::default();
    context.xray_trace_id = Some(header(1));
    context.request_id = "1".to_owned();
    let since = deadline.duration_since(UNIX_EPOCH).expect("after 1970");
    context.deadline = since.as_millis() as u64;
    LambdaInvocation {
        parts: http::Response::new(()).into_parts().0,
        body: bytes::Bytes::from_static(b"{}"),
        context,
    }
}

fn poll<F: Future>(future: std::pin::Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

const HOUR: Duration = Duration::from_secs(3600);

#[test]
fn what_works_before_it_returns_its_future_is_in_the_invocation() {
    let capture = function();
    let mut service = LambdaLayer::new(capture.recorder()).layer(service_fn(|_| {
        subsegment("prepare").run(|_| ());
        ready(Ok::<_, Error>(()))
    }));
    let served = pin!(service.call(invocation(HOUR)));
    assert!(matches!(poll(served), Poll::Ready(Ok(()))));
    assert_eq!(capture.tree(), "resize\n  prepare\n");
}

#[test]
fn an_error_of_the_runtime_is_recorded_and_handed_on() {
    let capture = function();
    let mut service = LambdaLayer::new(capture.recorder()).layer(service_fn(|_| {
        ready(Err::<(), Error>("no Runtime API".into()))
    }));
    let served = pin!(service.call(invocation(HOUR)));
    let Poll::Ready(Err(error)) = poll(served) else {
        panic!("it fails");
    };
    assert_eq!(error.to_string(), "no Runtime API");
    assert_eq!(capture.tree(), "resize fault\n");
}

#[test]
fn a_panic_closes_the_invocation_and_goes_on() {
    let capture = function();
    let mut service = LambdaLayer::new(capture.recorder())
        .layer(service_fn(|_| async { panic!("in a layer between") }));
    let mut served = Box::pin(service.call(invocation(HOUR)));
    let panic = catch_unwind(AssertUnwindSafe(|| {
        let _: Poll<Result<(), Error>> = poll(served.as_mut());
    }));
    assert_eq!(
        panic.expect_err("it panics").downcast_ref::<&str>(),
        Some(&"in a layer between")
    );
    assert_eq!(capture.tree(), "resize fault\n", "though it is not dropped");
}

#[test]
fn an_invocation_that_is_given_up_is_closed() {
    let capture = function();
    let mut service =
        LambdaLayer::new(capture.recorder()).layer(service_fn(|_| pending::<Result<(), Error>>()));
    let mut served = Box::pin(service.call(invocation(HOUR)));
    assert!(poll(served.as_mut()).is_pending());
    drop(served);
    assert_eq!(capture.tree(), "resize\n");
}

#[test]
fn an_invocation_without_a_deadline_that_makes_sense_is_left_alone() {
    let capture = function();
    let mut service =
        LambdaLayer::new(capture.recorder()).layer(service_fn(|_| pending::<Result<(), Error>>()));
    let mut late = invocation(HOUR);
    late.context.deadline = 0;
    let mut served = Box::pin(service.call(late));
    assert!(poll(served.as_mut()).is_pending());
    assert_eq!(capture.bytes().len(), 0);
}

/// Sends nothing until it may, and tells how many documents it sent.
struct Slow {
    may: Receiver<()>,
    sent: Sender<usize>,
}

impl Emitter for Slow {
    fn emit(&mut self, batch: &Batch) -> Report {
        let _ = self.may.recv();
        let _ = self.sent.send(batch.len());
        Report::sent(batch.len())
    }
}

#[test]
fn a_daemon_that_is_slow_to_reach_holds_no_invocation_up_and_gets_all_of_them_later() {
    const INVOCATIONS: usize = 50;
    let (let_it, may) = mpsc::channel();
    let (sent, documents) = mpsc::channel();
    let recorder = Recorder::builder("resize")
        .segments_by_lambda()
        .emitter(Slow { may, sent })
        .build()
        .expect("a recorder");
    let mut service = LambdaLayer::new(&recorder).layer(service_fn(|_| ready(Ok::<_, Error>(()))));
    let begun = Instant::now();
    for _ in 0..INVOCATIONS {
        let served = pin!(service.call(invocation(HOUR)));
        assert!(matches!(poll(served), Poll::Ready(Ok(()))));
    }
    // A tenth of a second for each would be five seconds.
    assert!(
        begun.elapsed() < Duration::from_secs(2),
        "{:?}",
        begun.elapsed()
    );
    drop(let_it);
    let mut arrived = 0;
    while arrived < INVOCATIONS {
        let documents = documents.recv_timeout(crate::process::DEADLINE);
        arrived += documents.expect("the rest comes");
    }
    assert_eq!(arrived, INVOCATIONS);
}

#[derive(Debug)]
struct Picky;

impl std::fmt::Display for Picky {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("not this one")
    }
}

/// The exceptions that are recorded when a function fails with this.
fn exceptions<E: std::fmt::Display + 'static>(error: E) -> Value {
    let capture = function();
    let mut error = Some(error);
    let mut failing = traced(service_fn(move |()| {
        ready(Err::<(), E>(error.take().expect("called once")))
    }));
    let mut service = LambdaLayer::new(capture.recorder()).layer(service_fn(|_| {
        let mut failed = Box::pin(failing.call(()));
        async move {
            assert!(failed.as_mut().await.is_err());
            Ok::<(), Error>(())
        }
    }));
    let mut served = Box::pin(service.call(invocation(HOUR)));
    assert!(poll(served.as_mut()).is_ready());
    let document: Value = serde_json::from_slice(&capture.bytes()[0]).expect("JSON");
    assert_eq!(document["fault"], true);
    document["cause"]["exceptions"].clone()
}

#[test]
fn errors_of_any_type_are_recorded_as_far_as_they_tell() {
    let source = "x".parse::<u8>().expect_err("no number");
    let chain = exceptions::<Error>(Box::new(std::io::Error::other(source)));
    assert_eq!(chain[0]["message"], "invalid digit found in string");
    let plain = exceptions(Picky);
    assert_eq!(plain[0]["message"], "not this one");
    assert!(
        plain[0]["type"]
            .as_str()
            .is_some_and(|kind| kind.ends_with("Picky"))
    );
    let text = exceptions("just a text");
    assert_eq!(text[0]["message"], "just a text");
}

#[test]
fn a_traced_function_works_without_the_layer() {
    let mut function = traced(service_fn(|()| ready(Err::<(), _>(Picky))));
    let failed = pin!(function.call(()));
    assert!(matches!(poll(failed), Poll::Ready(Err(Picky))));
    assert!(!current().is_recording());
}
