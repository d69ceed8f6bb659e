use tower_layer::Layer;
use tower_service::Service;

use std::task::{Context, Poll};

/// A layer that hands requests and responses on as they are.
#[derive(Clone)]
pub(super) struct Identity;

impl<S> Layer<S> for Identity {
    type Service = HandsOn<S>;

    fn layer(&self, inner: S) -> HandsOn<S> {
        HandsOn(inner)
    }
}

#[derive(Clone)]
pub(super) struct HandsOn<S>(S);

impl<S: Service<R>, R> Service<R> for HandsOn<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: R) -> S::Future {
        self.0.call(request)
    }
}
