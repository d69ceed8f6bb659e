//! What the layer leaves alone, and what it notices, of the service inside: seen without a server in between.

use std::convert::Infallible;
use std::fmt;
use std::future::ready;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::{Context, Waker};

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body::Body;
use http_body_util::{BodyExt as _, Full};
use tower::{Layer as _, Service as _, ServiceExt as _, service_fn};
use xray_sdk::subsegment;
use xray_sdk::testing::Capture;
use xray_sdk_tower::{ClientLayer, ServerLayer, TracedBody};

use crate::expose::{exceptions, is_aborted};
use crate::script::{Script, Step};

/// An error that is no `std::error::Error`, and cannot be cloned.
#[derive(Debug, PartialEq)]
struct NoStock(u32);

impl fmt::Display for NoStock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no stock of {}", self.0)
    }
}

#[tokio::test]
async fn an_error_of_the_service_is_handed_on_as_it_is() {
    let capture = Capture::new("shop");
    let inner = service_fn(async |_: Request<()>| Err::<Response<Full<Bytes>>, _>(NoStock(7)));
    let service = ServerLayer::new(capture.recorder()).layer(inner);
    let answer = service.oneshot(Request::new(())).await;
    assert_eq!(answer.expect_err("no stock"), NoStock(7));
    assert_eq!(capture.tree(), "shop fault\n");
    let segment = capture.documents().remove(0);
    let exception = &exceptions(&segment)[0];
    assert_eq!(exception.message.as_deref(), Some("no stock of 7"));
}

#[tokio::test]
async fn an_error_of_the_body_is_handed_on_as_it_is() {
    let capture = Capture::new("shop");
    let body = || Script::new([Step::Chunk("one"), Step::Fail]);
    let inner = service_fn(async |_: Request<()>| Ok::<_, Infallible>(Response::new(body())));
    let service = ServerLayer::new(capture.recorder()).layer(inner);
    let Ok(response) = service.oneshot(Request::new(())).await;
    let error = response.into_body().collect().await.expect_err("it fails");
    assert_eq!(error.kind(), io::ErrorKind::Other);
    assert_eq!(error.to_string(), "the shelf is empty");
}

#[test]
fn what_a_service_does_before_it_returns_its_future_is_part_of_the_segment() {
    let capture = Capture::new("shop");
    let inner = service_fn(|_: Request<()>| {
        subsegment("at once")
            .run(|_| ready(Ok::<_, Infallible>(Response::new(Full::<Bytes>::default()))))
    });
    let mut service = ServerLayer::new(capture.recorder()).layer(inner);
    drop(service.call(Request::new(())));
    assert_eq!(capture.tree(), "shop\n  at once\n");
}

#[tokio::test]
async fn what_a_client_does_is_part_of_its_subsegment() {
    let capture = Capture::new("checkout");
    let inner = service_fn(|_: Request<()>| {
        subsegment("connect").run(|_| ());
        async {
            subsegment("wait").run(|_| ());
            io::Result::Ok(Response::new(Script::new([Step::Chunk("one")])))
        }
    });
    let client = ClientLayer::new().layer(inner);
    let call = async {
        let request = Request::get("http://stock/").body(());
        let response = client.oneshot(request.expect("a request")).await;
        response.expect("an answer").into_body().collect().await
    };
    let body = capture.recorder().segment("checkout").run(call).await;
    assert_eq!(body.expect("a whole body").to_bytes(), "one");
    let tree = "checkout\n  stock 200\n    connect\n    wait\n    chunk\n";
    assert_eq!(capture.tree(), tree);
}

/// Lets a service answer with `status` and `body`, reads so many frames of it, and gives what was recorded until then,
/// while the rest of the body is still there.
async fn recorded_after<B>(frames: usize, status: StatusCode, body: B) -> String
where
    B: Body<Error: fmt::Debug + fmt::Display> + Unpin,
{
    let capture = Capture::new("shop");
    let mut body = Some(body);
    let inner = service_fn(|_: Request<()>| {
        let mut response = Response::new(body.take().expect("one request"));
        *response.status_mut() = status;
        ready(Ok::<_, Infallible>(response))
    });
    let service = ServerLayer::new(capture.recorder()).layer(inner);
    let Ok(mut response) = service.oneshot(Request::new(())).await;
    for _ in 0..frames {
        let frame = response.body_mut().frame().await.expect("a frame");
        frame.expect("which is good");
    }
    capture.tree()
}

#[tokio::test]
async fn a_status_that_allows_no_body_ends_the_segment_whatever_the_body_says() {
    for status in [101, 204, 304] {
        let status = StatusCode::from_u16(status).expect("a status");
        let tree = recorded_after(0, status, Script::new([Step::Stall])).await;
        assert_eq!(tree, format!("shop {}\n", status.as_u16()));
    }
    let tree = recorded_after(0, StatusCode::OK, Script::new([Step::Stall])).await;
    assert_eq!(tree, "", "with any other status the segment waits");
}

#[tokio::test]
async fn a_body_that_says_it_is_over_ends_the_segment() {
    let body = Full::new(Bytes::from("hello"));
    assert_eq!(recorded_after(1, StatusCode::OK, body).await, "shop 200\n");
}

#[tokio::test]
async fn trailers_end_the_segment() {
    let trailers = async { Some(Ok::<_, io::Error>(HeaderMap::new())) };
    let body = Script::new([Step::Chunk("one")]).with_trailers(Box::pin(trailers));
    let tree = recorded_after(2, StatusCode::OK, body).await;
    assert_eq!(tree, "shop 200\n  chunk\n");
}

#[test]
fn a_panic_that_somebody_catches_ends_the_segment_at_once() {
    let capture = Capture::new("shop");
    let inner = service_fn(
        async |_: Request<()>| -> Result<Response<Full<Bytes>>, Infallible> {
            panic!("the handler panics, as it was asked to")
        },
    );
    let mut service = ServerLayer::new(capture.recorder()).layer(inner);
    let mut future = pin!(service.call(Request::new(())));
    let mut cx = Context::from_waker(Waker::noop());
    let poll = catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(&mut cx)));
    assert!(poll.is_err());
    // The future is still there.
    assert_eq!(capture.tree(), "shop fault\n");
    assert!(!is_aborted(&capture.documents()[0]));
}

#[test]
fn a_client_that_panics_ends_its_subsegment() {
    let capture = Capture::new("checkout");
    let inner = service_fn(
        |_: Request<()>| -> std::future::Ready<io::Result<Response<Full<Bytes>>>> {
            panic!("the client panics, as it was asked to")
        },
    );
    let mut client = ClientLayer::new().layer(inner);
    let request = Request::get("http://stock/").body(()).expect("a request");
    let segment = capture.recorder().segment("checkout");
    let call = AssertUnwindSafe(|| segment.run_sync(|_| drop(client.call(request))));
    assert!(catch_unwind(call).is_err());
    assert_eq!(capture.tree(), "checkout fault\n  stock fault\n");
}

#[test]
fn a_body_of_no_segment_is_as_the_body_inside() {
    let body = TracedBody::<Full<Bytes>>::default();
    assert!(body.is_end_stream());
    assert_eq!(body.size_hint().exact(), Some(0));
}
