use std::any::{Any, type_name};
use std::error::Error;
use std::fmt::Display;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;
use tower_service::Service;
use xray_sdk::current;

/// Records the errors and panics of a function in its invocation, and hands them on untouched.
///
/// The runtime turns both into responses before any layer sees them, so this goes around the function itself: a `service_fn`, or for
/// `lambda_http` whatever serves the request.
///
/// An error is recorded with the chain of its sources where its type is [`lambda_runtime::Error`], or with its type and text.
/// A panic is recorded with its message. Where nothing is recorded, or all goes well, it costs next to nothing.
///
/// ```no_run
/// use lambda_runtime::{Error, LambdaEvent, Runtime, service_fn};
/// use xray_sdk_lambda::{LambdaLayer, traced};
///
/// async fn parse(event: LambdaEvent<String>) -> Result<u64, Error> {
///     Ok(event.payload.parse()?)
/// }
///
/// # async fn run(layer: LambdaLayer) -> Result<(), Error> {
/// Runtime::new(traced(service_fn(parse))).layer(layer).run().await
/// # }
/// ```
pub fn traced<S>(function: S) -> TracedHandler<S> {
    TracedHandler { inner: function }
}

/// A function whose errors and panics are recorded. Made by [`traced`].
#[derive(Clone, Debug)]
pub struct TracedHandler<S> {
    inner: S,
}

impl<S, Request> Service<Request> for TracedHandler<S>
where
    S: Service<Request>,
    S::Error: Display + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = TracedHandlerFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let inner = watched(|| self.inner.call(request));
        TracedHandlerFuture { inner }
    }
}

pin_project! {
    /// What a [`TracedHandler`] is working on.
    #[must_use = "a future does nothing unless it is polled"]
    pub struct TracedHandlerFuture<F> {
        #[pin]
        inner: F,
    }
}

impl<F, R, E> Future for TracedHandlerFuture<F>
where
    F: Future<Output = Result<R, E>>,
    E: Display + 'static,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let inner = self.project().inner;
        let polled = watched(|| inner.poll(cx));
        if let Poll::Ready(Err(error)) = &polled {
            record(error);
        }
        polled
    }
}

/// Runs `work`, and records its panic on the way out.
fn watched<R>(work: impl FnOnce() -> R) -> R {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(result) => result,
        Err(panic) => {
            let message = match (panic.downcast_ref::<&str>(), panic.downcast_ref::<String>()) {
                (Some(message), _) => message,
                (_, Some(message)) => message.as_str(),
                _ => "",
            };
            current().record_message("panic", message);
            resume_unwind(panic)
        }
    }
}

fn record<E: Display + 'static>(error: &E) {
    let any: &dyn Any = error;
    if let Some(error) = any.downcast_ref::<lambda_runtime::Error>() {
        current().record_error(&**error);
    } else if let Some(error) = any.downcast_ref::<Box<dyn Error>>() {
        current().record_error(&**error);
    } else if current().is_recording() {
        // The text is the program's code, which is not to fail only because it is traced.
        let text = catch_unwind(AssertUnwindSafe(|| error.to_string()));
        current().record_message(type_name::<E>(), &text.unwrap_or_default());
    } else {
        current().fault();
    }
}
