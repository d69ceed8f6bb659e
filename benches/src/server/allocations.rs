//! What the layers allocate for a request that is not sampled.

use std::convert::Infallible;

use http::{Request, Response};
use http_body::Body;
use tower_layer::Layer as _;
use tower_service::Service;
use xray_sdk::Recorder;
use xray_sdk::sampling::Never;
use xray_sdk_tower::ServerLayer;

use crate::allocation;
use crate::layer::{Calls, Hello, answer, request};
use crate::ours::{Discard, recorder};

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
    let traced = layer.layer(Calls::traced());
    assert_eq!(allocations(traced), allocations(Calls(Hello)));
}
