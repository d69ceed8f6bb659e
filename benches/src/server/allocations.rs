//! What the layers allocate for a request that is not sampled.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use http::{HeaderValue, Request, Response, header};
use tower_layer::Layer as _;
use tower_service::Service;
use xray_sdk::Recorder;
use xray_sdk::sampling::Never;
use xray_sdk_tower::{ClientLayer, ServerLayer};

use crate::allocation;
use crate::ours::{Discard, recorder};

/// Answers at once, with a header, as any server does.
#[derive(Clone)]
struct Hello;

impl Service<Request<String>> for Hello {
    type Response = Response<String>;
    type Error = Infallible;
    type Future = Ready<Result<Response<String>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<String>) -> Self::Future {
        let mut response = Response::new(String::new());
        let kind = HeaderValue::from_static("text/plain");
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
        ready(Ok(response))
    }
}

/// Calls another service, with a header, as any client does.
#[derive(Clone)]
struct Calls<C>(C);

impl<C: Service<Request<String>, Error = Infallible>> Service<Request<String>> for Calls<C> {
    type Response = Response<String>;
    type Error = Infallible;
    type Future = Ready<Result<Response<String>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<String>) -> Self::Future {
        answer(&mut self.0, request);
        Hello.call(Request::new(String::new()))
    }
}

/// Has `service` answer, as a runtime would; the answer is dropped.
fn answer<S: Service<Request<String>, Error = Infallible>>(
    service: &mut S,
    request: Request<String>,
) {
    let answer = pin!(service.call(request));
    assert!(
        answer
            .poll(&mut Context::from_waker(Waker::noop()))
            .is_ready(),
        "it answers at once"
    );
}

fn request() -> Request<String> {
    let mut request = Request::new(String::new());
    let host = HeaderValue::from_static("shop.example.com");
    request.headers_mut().insert(header::HOST, host);
    request
}

/// How many allocations one request takes once all is warm.
fn allocations<S: Service<Request<String>, Error = Infallible>>(mut service: S) -> u64 {
    answer(&mut service, request());
    allocation::count(|| answer(&mut service, request()))
}

fn unsampled() -> Recorder {
    recorder(Discard, Never).expect("nothing is asked of the environment")
}

#[test]
fn a_server_allocates_nothing_for_a_request_that_is_not_sampled() {
    let layer = ServerLayer::new(&unsampled());
    assert_eq!(allocations(layer.layer(Hello)), allocations(Hello));
}

#[test]
fn a_client_allocates_nothing_for_a_call_in_a_request_that_is_not_sampled() {
    let layer = ServerLayer::new(&unsampled());
    let traced = layer.layer(Calls(ClientLayer::new().layer(Hello)));
    assert_eq!(allocations(traced), allocations(Calls(Hello)));
}
