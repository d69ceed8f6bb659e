use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Buf;
use futures_sink::Sink;
use pin_project_lite::pin_project;
use tokio_postgres::{CopyInSink, Error};

use super::error;
use crate::call::Call;

pin_project! {
    /// Takes what is copied into a table, in a subsegment that ends with [`finish`](Self::finish), or when the sink is closed. One that is dropped before undoes the
    /// copy, and its subsegment has the metadata `aborted: true`.
    #[project = Parts]
    #[must_use = "what is copied is kept only when it is finished"]
    pub struct TracedCopyIn<U> {
        #[pin]
        inner: CopyInSink<U>,
        call: Option<Call>,
    }
}

impl<U: Buf + 'static + Send> TracedCopyIn<U> {
    pub(super) fn new(inner: CopyInSink<U>, call: Option<Call>) -> Self {
        Self { inner, call }
    }

    /// Completes the copy, and tells how many rows it was.
    ///
    /// # Errors
    ///
    /// What [`CopyInSink::finish`] returns, untouched.
    pub async fn finish(self: Pin<&mut Self>) -> Result<u64, Error> {
        let this = self.project();
        let outcome = this.inner.finish().await;
        error::settle(this.call.take(), &outcome, |call, rows| {
            call.rows_affected(*rows);
        });
        outcome
    }

    /// Ends the subsegment with an error.
    fn watch(call: &mut Option<Call>, polled: Poll<Result<(), Error>>) -> Poll<Result<(), Error>> {
        if let Poll::Ready(Err(error)) = &polled
            && let Some(call) = call.take()
        {
            error::fail(call, error);
        }
        polled
    }
}

impl<U: Buf + 'static + Send> Sink<U> for TracedCopyIn<U> {
    type Error = Error;

    fn poll_ready(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let Parts { inner, call } = self.project();
        Self::watch(call, inner.poll_ready(cx))
    }

    fn start_send(self: Pin<&mut Self>, item: U) -> Result<(), Error> {
        let Parts { inner, call } = self.project();
        let sent = inner.start_send(item);
        if let Err(error) = &sent
            && let Some(call) = call.take()
        {
            error::fail(call, error);
        }
        sent
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let Parts { inner, call } = self.project();
        Self::watch(call, inner.poll_flush(cx))
    }

    /// Completes the copy, as [`finish`](Self::finish) does, and does not tell how many rows it was.
    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let Parts { inner, call } = self.project();
        let polled = Self::watch(call, inner.poll_close(cx));
        if let Poll::Ready(Ok(())) = polled
            && let Some(call) = call.take()
        {
            call.complete();
        }
        polled
    }
}
