use std::ops::Deref;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use pin_project_lite::pin_project;
use tokio_postgres::Error;

use super::error;
use crate::call::Call;

pin_project! {
    /// A stream of rows, or of what is copied out, whose subsegment ends with it. Where it is dropped before its end, so ends the
    /// subsegment, with the metadata `aborted: true`.
    #[must_use = "a stream does nothing unless it is polled"]
    pub struct TracedStream<S> {
        #[pin]
        inner: S,
        call: Option<Call>,
        items: u64,
    }
}

impl<S> TracedStream<S> {
    pub(super) fn new(inner: S, call: Option<Call>) -> Self {
        Self {
            inner,
            call,
            items: 0,
        }
    }
}

impl<S> Deref for TracedStream<S> {
    type Target = S;

    fn deref(&self) -> &S {
        &self.inner
    }
}

impl<S, T> Stream for TracedStream<S>
where
    S: Stream<Item = Result<T, Error>>,
{
    type Item = Result<T, Error>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.project();
        let item = ready!(this.inner.poll_next(cx));
        match &item {
            Some(Ok(_)) => *this.items += 1,
            Some(Err(error)) => {
                if let Some(call) = this.call.take() {
                    error::fail(call, error);
                }
            }
            None => {
                if let Some(mut call) = this.call.take() {
                    call.rows_returned(*this.items);
                    call.complete();
                }
            }
        }
        Poll::Ready(item)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.inner.size_hint()
    }
}
