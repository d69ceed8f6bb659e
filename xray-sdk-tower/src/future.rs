use std::error::Error;
use std::fmt::Display;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::Response;
use http_body::Body;
use pin_project_lite::pin_project;
use xray_sdk::Within;

use crate::body::{self, TracedBody};
use crate::exchange::Exchange;

pin_project! {
    /// A response that a [`TracedServer`](crate::TracedServer) is working on.
    #[must_use = "a future does nothing unless it is polled"]
    pub struct ServerFuture<F> {
        #[pin]
        within: Within<F, Exchange>,
    }
}

impl<F> ServerFuture<F> {
    pub(crate) fn new(inner: F, exchange: Exchange) -> Self {
        Self {
            within: Within::new(inner, Some(exchange)),
        }
    }
}

impl<F, B, E> Future for ServerFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Body,
    E: Display,
{
    type Output = Result<Response<TracedBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        poll(self.project().within, cx, Exchange::fail)
    }
}

pin_project! {
    /// A response that a [`TracedClient`](crate::TracedClient) is waiting for.
    #[must_use = "a future does nothing unless it is polled"]
    pub struct ClientFuture<F> {
        #[pin]
        within: Within<F, Exchange>,
    }
}

impl<F> ClientFuture<F> {
    pub(crate) fn new(inner: F, exchange: Option<Exchange>) -> Self {
        Self {
            within: Within::new(inner, exchange),
        }
    }
}

impl<F, B, E> Future for ClientFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Body,
    E: Error,
{
    type Output = Result<Response<TracedBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        poll(self.project().within, cx, Exchange::fail_with_sources)
    }
}

/// Polls for the response, and records it or, with `fail`, why there is none.
fn poll<F, B, E>(
    mut within: Pin<&mut Within<F, Exchange>>,
    cx: &mut Context<'_>,
    fail: impl FnOnce(&mut Exchange, &E),
) -> Poll<Result<Response<TracedBody<B>>, E>>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Body,
{
    let answer = ready!(within.as_mut().poll_inside(|inner| inner.poll(cx)));
    let open = within.handle();
    Poll::Ready(match answer {
        Ok(response) => Ok(body::traced(response, open)),
        Err(error) => {
            if let Some(mut exchange) = open.take() {
                fail(&mut exchange, &error);
            }
            Err(error)
        }
    })
}
