use std::pin::Pin;
use std::task::{Context, Poll};

use aws_smithy_types::body::{self, SdkBody};
use bytes::Bytes;
use http_body::{Body as _, Frame, SizeHint};
use pin_project_lite::pin_project;

use crate::call::{Body, Call};

pin_project! {
    /// A response's body that closes the call's subsegment when the program has read it, or dropped it.
    struct TracedBody {
        #[pin]
        inner: SdkBody,
        // None once the body has ended.
        call: Option<Call>,
        counted: u64,
        declared: Option<u64>,
    }

    impl PinnedDrop for TracedBody {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            if let Some(call) = this.call.take() {
                // Whoever knows the length of a body need not ask for its end.
                let is_all_there = this.declared.is_some_and(|declared| *this.counted >= declared);
                let how = if is_all_there { End::Complete } else { End::Dropped };
                end(&call, *this.counted, *this.declared, how);
            }
        }
    }
}

/// Why nothing more comes.
#[derive(Clone, Copy)]
enum End<'a> {
    Complete,
    Dropped,
    Failed(&'a body::Error),
}

/// Lets `call` know how `body` ends. One that is in memory, or empty, has ended already.
pub(crate) fn watch(body: &mut SdkBody, declared: Option<u64>, call: &Call) {
    let mut state = call.state();
    // Nothing is left of an attempt before.
    (state.body, state.counted) = (Body::Absent, 0);
    if body.bytes().is_some() || body.is_end_stream() {
        return;
    }
    state.body = Body::Flowing;
    drop(state);
    let inner = std::mem::replace(body, SdkBody::taken());
    *body = SdkBody::from_body_1_x(TracedBody {
        inner,
        call: Some(call.clone()),
        counted: 0,
        declared,
    });
}

impl http_body::Body for TracedBody {
    type Data = Bytes;
    type Error = body::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, body::Error>>> {
        let mut this = self.project();
        let polled = this.inner.as_mut().poll_frame(cx);
        let outcome = match &polled {
            Poll::Pending => None,
            Poll::Ready(None) => Some(End::Complete),
            Poll::Ready(Some(Err(error))) => Some(End::Failed(error)),
            Poll::Ready(Some(Ok(frame))) => {
                let bytes = frame.data_ref().map_or(0, Bytes::len);
                *this.counted = this.counted.saturating_add(bytes as u64);
                this.inner.is_end_stream().then_some(End::Complete)
            }
        };
        if let Some(outcome) = outcome
            && let Some(call) = this.call.take()
        {
            end(&call, *this.counted, *this.declared, outcome);
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

fn end(call: &Call, counted: u64, declared: Option<u64>, how: End<'_>) {
    let mut state = call.state();
    let was_handed_over = std::mem::replace(&mut state.body, Body::Ended) == Body::HandedOver;
    if !was_handed_over {
        // The SDK is still at it, and tells how the call ended: perhaps by another attempt.
        state.counted = counted;
        return;
    }
    if let Some(subsegment) = &mut state.subsegment
        && declared.is_none()
        && counted > 0
    {
        subsegment.content_length(counted);
    }
    match how {
        End::Complete => state.subsegment = None,
        End::Failed(error) => {
            if let Some(mut subsegment) = state.subsegment.take() {
                subsegment.record_error_as("ResponseError", &**error);
            }
        }
        End::Dropped => {
            drop(state);
            call.abandon();
        }
    }
}
