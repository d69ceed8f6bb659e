use std::fmt::{self, Display};
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Buf;
use http::Response;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use xray_sdk::Within;

use crate::exchange::Exchange;

pin_project! {
    /// A response's body that closes its segment or subsegment when it ends, fails or is dropped.
    ///
    /// It passes on every frame, trailers included, and every hint of the body inside. What that body does while it is
    /// polled, or dropped, is recorded below the segment or subsegment.
    pub struct TracedBody<B> {
        #[pin]
        within: Within<B, Exchange>,
    }
}

impl<B> TracedBody<B> {
    pub(crate) fn new(body: B, exchange: Option<Exchange>) -> Self {
        Self {
            within: Within::new(body, exchange),
        }
    }

    /// The body inside.
    pub fn get_ref(&self) -> &B {
        self.within.inner()
    }
}

/// Records the head of a response, and gives the exchange on to the body when one follows.
pub(crate) fn traced<B: Body>(
    mut response: Response<B>,
    open: &mut Option<Exchange>,
) -> Response<TracedBody<B>> {
    if let Some(exchange) = open {
        let (status, body) = (response.status(), response.body());
        let (length, is_over) = (body.size_hint().exact(), body.is_end_stream());
        exchange.head(status, response.headers(), length);
        exchange.answer(response.headers_mut());
        if is_over || exchange.is_bodiless(status) {
            exchange.complete();
            *open = None;
        }
    }
    response.map(|body| TracedBody::new(body, open.take()))
}

impl<B> Body for TracedBody<B>
where
    B: Body,
    B::Error: Display,
{
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let mut within = self.project().within;
        let (frame, is_last) = within.as_mut().poll_inside(|mut body| {
            let frame = body.as_mut().poll_frame(cx);
            // Servers stop asking once a body says that it is over, so nothing later would tell.
            let is_last = frame.is_ready() && body.is_end_stream();
            (frame, is_last)
        });
        if let Poll::Ready(frame) = &frame {
            record(within.handle(), frame.as_ref(), is_last);
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.get_ref().is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.get_ref().size_hint()
    }
}

/// Records one frame, or the end, of a body.
fn record<D: Buf, E: Display>(
    open: &mut Option<Exchange>,
    frame: Option<&Result<Frame<D>, E>>,
    is_last: bool,
) {
    let Some(exchange) = open else {
        return;
    };
    let is_over = match frame {
        None => true,
        Some(Err(error)) => {
            exchange.fail(error);
            true
        }
        Some(Ok(frame)) => {
            if let Some(data) = frame.data_ref() {
                exchange.data(data.remaining());
            }
            if let Some(trailers) = frame.trailers_ref() {
                exchange.trailers(trailers);
            }
            is_last || frame.is_trailers()
        }
    };
    if is_over {
        exchange.complete();
        *open = None;
    }
}

impl<B: Default> Default for TracedBody<B> {
    /// A body that belongs to no segment.
    fn default() -> Self {
        Self::new(B::default(), None)
    }
}

impl<B: fmt::Debug> fmt::Debug for TracedBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TracedBody").field(self.get_ref()).finish()
    }
}
