use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::thread;

use pin_project_lite::pin_project;

use crate::invocation::Invocation;

pin_project! {
    /// An invocation that a [`TracedRuntime`](crate::TracedRuntime) is working on.
    #[must_use = "a future does nothing unless it is polled"]
    pub struct LambdaFuture<F> {
        // None once it is done: its parts are dropped inside the invocation.
        #[pin]
        inner: Option<F>,
        invocation: Option<Invocation>,
    }

    impl<F> PinnedDrop for LambdaFuture<F> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if let Some(invocation) = this.invocation {
                let _entered = invocation.enter();
                this.inner.set(None);
            }
        }
    }
}

impl<F> LambdaFuture<F> {
    pub(crate) fn new(inner: F, invocation: Invocation) -> Self {
        Self {
            inner: Some(inner),
            invocation: Some(invocation),
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
        let open = EndOnPanic {
            invocation: this.invocation,
            was_panicking: thread::panicking(),
        };
        let (Some(inner), Some(invocation)) =
            (this.inner.as_mut().as_pin_mut(), open.invocation.as_mut())
        else {
            // Polled after it was done, which the future itself could answer only by a panic of its own.
            return Poll::Pending;
        };
        let polled = {
            let _entered = invocation.enter();
            let polled = inner.poll(task);
            if polled.is_ready() {
                this.inner.set(None);
            }
            polled
        };
        if polled.is_pending() {
            invocation.look_at_the_time(task);
        }
        let result = ready!(polled);
        if let Err(error) = &result {
            invocation.fail(error);
        }
        // The response is with Lambda. When this returns the function asks for the next invocation, and may be frozen until there is one.
        *open.invocation = None;
        Poll::Ready(result)
    }
}

/// A panic ends the invocation at once: whoever catches it may keep the rest for long.
struct EndOnPanic<'a> {
    invocation: &'a mut Option<Invocation>,
    /// Another panic is under way, during which this is polled.
    was_panicking: bool,
}

impl Drop for EndOnPanic<'_> {
    fn drop(&mut self) {
        if thread::panicking() && !self.was_panicking {
            *self.invocation = None;
        }
    }
}
