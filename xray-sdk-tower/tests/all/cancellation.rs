//! A request that is given up at every await there is, for each way to mount a handler, without a socket in between.

use std::convert::Infallible;
use std::fmt::Debug;
use std::future::poll_fn;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use ::axum::Router;
use ::tonic::service::Routes;
use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use http_body_util::Empty;
use tower::{Layer as _, Service, service_fn};
use xray_sdk::testing::Capture;
use xray_sdk::{InSubsegment as _, TraceHeader, current, subsegment};
use xray_sdk_tower::{ServerLayer, TracedBody};

use crate::expose::is_aborted;
use crate::script::{Script, Step};

const ROOT: &str = "1-5759e988-bd862e3fe1be46a994272793";
const PARENT: &str = "53995c3f42cd8ad8";

/// Awaits more than once, in and outside of a subsegment, and so does its body.
async fn handle() -> Response<Script> {
    let _leaving = Leaving;
    wait().await;
    async {
        wait().await;
        subsegment("inside").run(|_| ());
        wait().await;
    }
    .in_subsegment("step")
    .await;
    wait().await;
    Response::new(Script::new([
        Step::Chunk("one"),
        Step::Yield,
        Step::Chunk("two"),
        Step::Yield,
    ]))
}

/// Not ready once.
async fn wait() {
    let mut ready = false;
    poll_fn(|_| {
        if ready {
            return Poll::Ready(());
        }
        ready = true;
        Poll::Pending
    })
    .await;
}

/// Records something when it is dropped, as a transaction does that is rolled back.
struct Leaving;

impl Drop for Leaving {
    fn drop(&mut self) {
        current().annotate("left", true);
    }
}

/// Calls the service, polls future and body so many times, and drops what is left. Whether that was all.
fn give_up_after<S, B, RB>(mut polls: usize, mut service: S) -> bool
where
    S: Service<Request<B>, Response = Response<RB>>,
    S::Error: Debug,
    B: Default,
    RB: Body,
    RB::Error: Debug,
{
    let mut cx = Context::from_waker(Waker::noop());
    let header = format!("Root={ROOT};Parent={PARENT};Sampled=1");
    let request = Request::get("http://shop/").header(TraceHeader::NAME, header);
    let request = request.body(B::default()).expect("a request");
    assert!(service.poll_ready(&mut cx).is_ready());
    let mut future = pin!(service.call(request));
    let response = loop {
        if polls == 0 {
            return false;
        }
        polls -= 1;
        if let Poll::Ready(response) = future.as_mut().poll(&mut cx) {
            break response.expect("an answer");
        }
    };
    let mut body = pin!(response.into_body());
    loop {
        if polls == 0 {
            return false;
        }
        polls -= 1;
        match body.as_mut().poll_frame(&mut cx) {
            Poll::Ready(None) => return true,
            Poll::Ready(Some(frame)) => drop(frame.expect("a frame")),
            Poll::Pending => {}
        }
    }
}

/// Gives a request up after every number of polls, from one to all it takes.
fn give_up_everywhere<S, B, RB>(mount: impl Fn(&ServerLayer) -> S)
where
    S: Service<Request<B>, Response = Response<RB>>,
    S::Error: Debug,
    B: Default,
    RB: Body,
    RB::Error: Debug,
{
    for polls in 1.. {
        let capture = Capture::new("shop");
        let finished = give_up_after(polls, mount(&ServerLayer::new(capture.recorder())));
        let documents = capture.documents();
        let [segment] = &documents[..] else {
            panic!("after {polls} polls:\n{}", capture.tree());
        };
        let trace = segment.trace_id.expect("a segment names its trace");
        assert_eq!(trace.to_string(), ROOT);
        let parent = segment.parent_id.expect("the caller is the parent");
        assert_eq!(parent.to_string(), PARENT);
        assert_eq!(is_aborted(segment), !finished, "after {polls} polls");
        assert!(!segment.fault, "giving up is no fault");
        let left = segment.annotations.contains_key("left");
        assert!(left, "what is dropped is dropped inside the segment");
        if finished {
            let whole = "shop 200\n  step\n    inside\n  chunk\n  chunk\n";
            assert_eq!(capture.tree(), whole);
            assert!(polls > 8, "the request awaits more often than that");
            return;
        }
    }
}

/// The handler right under the layer.
fn alone(
    layer: &ServerLayer,
) -> impl Service<Request<Empty<Bytes>>, Response = Response<TracedBody<Script>>, Error = Infallible>
+ use<> {
    layer.layer(service_fn(async |_| Ok(handle().await)))
}

#[test]
fn a_service_given_up_at_any_await_has_one_segment() {
    give_up_everywhere(alone);
}

#[test]
fn a_service_given_up_before_it_is_polled_has_one_segment() {
    let capture = Capture::new("shop");
    let finished = give_up_after(0, alone(&ServerLayer::new(capture.recorder())));
    assert!(!finished);
    assert_eq!(capture.tree(), "shop\n");
}

#[test]
fn a_router_of_axum_given_up_at_any_await_has_one_segment() {
    give_up_everywhere::<_, ::axum::body::Body, _>(|layer| {
        Router::new().fallback(handle).layer(layer.clone())
    });
}

#[test]
fn routes_of_tonic_given_up_at_any_await_have_one_segment() {
    give_up_everywhere::<_, ::tonic::body::Body, _>(|layer| {
        layer.layer(Routes::from(Router::new().fallback(handle)).prepare())
    });
}
