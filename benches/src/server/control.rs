use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::{HeaderName, HeaderValue, Response};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;
use xray_sdk::TraceHeader;

use super::TRACE;

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

/// A layer that looks at what is answered: it has a future and a body of its own, and adds a header.
#[derive(Clone)]
pub(super) struct Watch;

impl<S> Layer<S> for Watch {
    type Service = Watched<S>;

    fn layer(&self, inner: S) -> Watched<S> {
        Watched(inner)
    }
}

#[derive(Clone)]
pub(super) struct Watched<S>(S);

impl<S, R, B> Service<R> for Watched<S>
where
    S: Service<R, Response = Response<B>>,
{
    type Response = Response<WatchedBody<B>>;
    type Error = S::Error;
    type Future = WatchedFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: R) -> Self::Future {
        WatchedFuture {
            inner: self.0.call(request),
        }
    }
}

pin_project! {
    pub(super) struct WatchedFuture<F> {
        #[pin]
        inner: F,
    }
}

impl<F, B, E> Future for WatchedFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = Result<Response<WatchedBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let answer = ready!(self.project().inner.poll(cx));
        Poll::Ready(answer.map(|mut response| {
            let name = HeaderName::from_static(TraceHeader::NAME);
            let value = HeaderValue::from_bytes(TRACE.as_bytes()).expect("visible letters");
            response.headers_mut().insert(name, value);
            response.map(|inner| WatchedBody { inner })
        }))
    }
}

pin_project! {
    pub(super) struct WatchedBody<B> {
        #[pin]
        inner: B,
    }
}

impl<B: Body> Body for WatchedBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        self.project().inner.poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
