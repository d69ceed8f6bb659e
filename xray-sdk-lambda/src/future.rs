use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;
use xray_sdk::Within;

use crate::invocation::Invocation;

pin_project! {
    /// An invocation that a [`TracedRuntime`](crate::TracedRuntime) is working on.
    #[must_use = "a future does nothing unless it is polled"]
    pub struct LambdaFuture<F> {
        // None once it is done.
        #[pin]
        within: Option<Within<F, Invocation>>,
    }
}

impl<F> LambdaFuture<F> {
    pub(crate) fn new(inner: F, invocation: Invocation) -> Self {
        Self {
            within: Some(Within::new(inner, Some(invocation))),
        }
    }
}

impl<F> Future for LambdaFuture<F>
where
    F: Future<Output = Result<(), lambda_runtime::Error>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let Some(mut within) = this.within.as_mut().as_pin_mut() else {
            // Polled after it was done, which the future itself could answer only by a panic of its own.
            return Poll::Pending;
        };
        let polled = within.as_mut().poll_inside(|inner| inner.poll(task));
        if let Some(invocation) = within.handle() {
            match &polled {
                Poll::Pending => invocation.look_at_the_time(task),
                Poll::Ready(Err(error)) => invocation.fail(error),
                Poll::Ready(Ok(())) => {}
            }
        }
        if polled.is_ready() {
            // The response is with Lambda. When this returns the function asks for the next invocation, and may be frozen until there is one.
            this.within.set(None);
        }
        polled
    }
}
