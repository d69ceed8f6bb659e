use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame};
use xray_sdk::subsegment;

/// What a body does, one step for each poll.
pub(crate) enum Step {
    /// Gives data, from inside of a subsegment.
    Chunk(&'static str),
    /// Is not ready, and soon is.
    Yield,
    /// Is not ready, and never will be.
    Stall,
    Fail,
    Panic,
}

/// A body whose length nobody knows beforehand.
pub(crate) struct Script(VecDeque<Step>);

impl Script {
    pub(crate) fn new(steps: impl IntoIterator<Item = Step>) -> Self {
        Self(steps.into_iter().collect())
    }
}

impl Body for Script {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        Poll::Ready(match self.0.pop_front() {
            None => None,
            Some(Step::Chunk(data)) => Some(Ok(
                subsegment("chunk").run(|_| Frame::data(Bytes::from_static(data.as_bytes())))
            )),
            Some(Step::Yield) => {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            Some(Step::Stall) => {
                self.0.push_front(Step::Stall);
                return Poll::Pending;
            }
            Some(Step::Fail) => Some(Err(io::Error::other("the shelf is empty"))),
            Some(Step::Panic) => panic!("the body panics, as it was asked to"),
        })
    }
}
