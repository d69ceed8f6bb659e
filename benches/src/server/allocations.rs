//! What the layers allocate for a request that is not sampled.

use std::convert::Infallible;
use std::future::Ready;
use std::task::{Context, Poll};

use http::{Request, Response};
use http_body::Body;
use tower_layer::Layer as _;
use tower_service::Service;
use xray_sdk::Recorder;
use xray_sdk::sampling::Never;
use xray_sdk_tower::{ClientLayer, ServerLayer};

use crate::allocation;
use crate::layer::{Hello, Words, answer, request};
use crate::ours::{Discard, recorder};

/// Calls another service, with a header, as any client does.
#[derive(Clone)]
struct Calls<C>(C);

impl<C, B> Service<Request<String>> for Calls<C>
where
    C: Service<Request<String>, Response = Response<B>, Error = Infallible>,
    B: Body<Error = Infallible>,
{
    type Response = Response<Words>;
    type Error = Infallible;
    type Future = Ready<Result<Response<Words>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<String>) -> Self::Future {
        answer(&mut self.0, request);
        Hello.call(Request::new(String::new()))
    }
}

/// How many allocations one request takes once all is warm.
fn allocations<S, B>(mut service: S) -> u64
where
    S: Service<Request<String>, Response = Response<B>, Error = Infallible>,
    B: Body<Error = Infallible>,
{
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
