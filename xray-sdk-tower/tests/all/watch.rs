use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::{Request, Response};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use tokio::sync::mpsc::UnboundedSender;
use tower_layer::Layer;
use tower_service::Service;

/// What happened to a request that a server has.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Event {
    Called,
    /// Everything that was made for the request has been dropped.
    Over,
}

/// Tells what happens to each request. Stands outside of the layer under test, so that what it says is true for it too.
#[derive(Clone)]
pub(crate) struct WatchLayer(pub(crate) UnboundedSender<Event>);

impl<S> Layer<S> for WatchLayer {
    type Service = Watched<S>;

    fn layer(&self, inner: S) -> Watched<S> {
        Watched {
            inner,
            events: self.0.clone(),
        }
    }
}

#[derive(Clone)]
pub(crate) struct Watched<S> {
    inner: S,
    events: UnboundedSender<Event>,
}

impl<S, B, RB> Service<Request<B>> for Watched<S>
where
    S: Service<Request<B>, Response = Response<RB>>,
    RB: Body,
{
    type Response = Response<Guarded<RB>>;
    type Error = S::Error;
    type Future = Guarded<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let guard = Some(Guard(self.events.clone()));
        // Nobody listens any more once the test is over.
        let _ = self.events.send(Event::Called);
        Guarded {
            inner: self.inner.call(request),
            guard,
        }
    }
}

struct Guard(UnboundedSender<Event>);

impl Drop for Guard {
    fn drop(&mut self) {
        let _ = self.0.send(Event::Over);
    }
}

pin_project! {
    /// A future or a body, and a guard that is dropped after it: fields are dropped in the order they are written.
    pub(crate) struct Guarded<T> {
        #[pin]
        inner: T,
        guard: Option<Guard>,
    }
}

impl<F, B, E> Future for Guarded<F>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = Result<Response<Guarded<B>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let answer = ready!(this.inner.poll(cx));
        let guard = this.guard.take();
        Poll::Ready(answer.map(|response| response.map(|inner| Guarded { inner, guard })))
    }
}

impl<B: Body> Body for Guarded<B> {
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
