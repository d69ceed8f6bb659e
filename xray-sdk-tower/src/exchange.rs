use std::any::type_name;
use std::error::Error;
use std::fmt::Display;
use std::ops::{Deref, DerefMut};

use http::{HeaderMap, Method, StatusCode};
use xray_sdk::{Enter, Entered, Entity, Segment, Subsegment};

use crate::grpc;
use crate::message;

/// A request and its answer, from the call until the last byte of the answer.
///
/// It travels from the call to the future and from there to the body, so every way out is covered: dropping it closes
/// the segment or subsegment it holds, and marks an answer that was given up half way.
pub(crate) struct Exchange {
    open: Open,
    /// The request was `HEAD`: whatever length the answer's head declares, no body follows.
    is_head: bool,
    grpc: bool,
    state: State,
    /// Of the answer's body: bytes that are still to come where its length is known, else those that passed by so far.
    bytes: u64,
}

enum Open {
    Segment(Segment),
    Subsegment(Subsegment),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// There is no answer yet.
    Waiting,
    /// The head of the answer is here, and its body is not complete, of which nobody told the length.
    Answering,
    /// The same, and its length was told.
    AnsweringAtLength,
    /// Nothing is left to record.
    Complete,
}

impl Exchange {
    /// An exchange as the server sees it.
    #[inline]
    pub(crate) fn served(segment: Segment, method: &Method) -> Self {
        Self::new(Open::Segment(segment), method)
    }

    /// An exchange as the client sees it.
    #[inline]
    pub(crate) fn asked(subsegment: Subsegment, method: &Method) -> Self {
        Self::new(Open::Subsegment(subsegment), method)
    }

    #[inline]
    fn new(open: Open, method: &Method) -> Self {
        Self {
            open,
            is_head: method == Method::HEAD,
            grpc: false,
            state: State::Waiting,
            bytes: 0,
        }
    }

    /// The head of the answer is here: writes the tracing header into an answer that this process gives.
    #[inline]
    pub(crate) fn answer(&self, headers: &mut HeaderMap) {
        if let Open::Segment(segment) = &self.open {
            message::answer_trace_header(headers, &segment.response_header());
        }
    }

    /// Records the head of the answer; `length` is the length of its body, as far as the body itself can tell.
    #[inline]
    pub(crate) fn head(&mut self, status: StatusCode, headers: &HeaderMap, length: Option<u64>) {
        self.state = State::Answering;
        // Where nothing is recorded, the sampler may want to know of a fault that goes unseen.
        if self.open.is_heard() {
            self.record_head(status, headers, length);
        }
    }

    fn record_head(&mut self, status: StatusCode, headers: &HeaderMap, length: Option<u64>) {
        self.open.http_status(status.as_u16());
        self.grpc = message::is_grpc(headers);
        if self.grpc {
            grpc::record_status(&mut self.open, headers);
        }
        if self.open.is_recording() && !self.is_bodiless(status) {
            if let Some(length) = length.or_else(|| message::content_length(headers)) {
                (self.state, self.bytes) = (State::AnsweringAtLength, length);
                self.open.content_length(length);
            }
        }
    }

    /// Whether an answer with this status ends with its head.
    ///
    /// An answer that switches protocols is over too: what the connection carries from then on is no HTTP.
    #[inline]
    pub(crate) fn is_bodiless(&self, status: StatusCode) -> bool {
        self.is_head
            || matches!(
                status,
                StatusCode::SWITCHING_PROTOCOLS | StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED
            )
    }

    /// Counts bytes of the answer's body.
    #[inline]
    pub(crate) fn data(&mut self, bytes: usize) {
        let bytes = bytes as u64;
        self.bytes = match self.state {
            State::AnsweringAtLength => self.bytes.saturating_sub(bytes),
            _ => self.bytes.saturating_add(bytes),
        };
    }

    /// Records what comes after the answer's body.
    #[inline]
    pub(crate) fn trailers(&mut self, trailers: &HeaderMap) {
        if self.grpc {
            grpc::record_status(&mut self.open, trailers);
        }
    }

    /// The answer is complete, and the exchange with it: it may be dropped.
    #[inline]
    pub(crate) fn complete(&mut self) {
        self.finish();
    }

    /// The service, or the body, failed with something that is only known to have a text.
    pub(crate) fn fail<E: Display>(&mut self, error: &E) {
        if self.open.is_recording() {
            self.open
                .record_message(type_name::<E>(), &error.to_string());
        } else {
            self.open.fault();
        }
        self.finish();
    }

    /// The call failed: records the error with the chain of its sources.
    pub(crate) fn fail_with_sources<E: Error>(&mut self, error: &E) {
        self.open.record_error(error);
        self.finish();
    }

    /// The answer is given up half way.
    #[cold]
    #[inline(never)]
    fn abort(&mut self) {
        self.finish();
        self.open.metadata_in("xray", "aborted", &true);
    }

    #[inline]
    fn finish(&mut self) {
        if self.state == State::Answering && self.bytes > 0 {
            self.open.content_length(self.bytes);
        }
        self.state = State::Complete;
    }

    /// Whether all that was announced has passed by. A server that knows the length of a body does not ask it for its
    /// end, but drops it.
    #[inline]
    fn is_all_there(&self) -> bool {
        self.state == State::AnsweringAtLength && self.bytes == 0
    }
}

impl Enter for Exchange {
    #[inline(always)]
    fn enter(&mut self) -> Entered<'_> {
        match &mut self.open {
            Open::Segment(segment) => segment.enter(),
            Open::Subsegment(subsegment) => subsegment.enter(),
        }
    }
}

impl Drop for Exchange {
    #[inline]
    fn drop(&mut self) {
        // A panic is recorded by the segment itself.
        if self.state == State::Complete || self.is_all_there() || std::thread::panicking() {
            return;
        }
        self.abort();
    }
}

impl Deref for Open {
    type Target = Entity;

    #[inline]
    fn deref(&self) -> &Entity {
        match self {
            Open::Segment(segment) => segment,
            Open::Subsegment(subsegment) => subsegment,
        }
    }
}

impl DerefMut for Open {
    #[inline]
    fn deref_mut(&mut self) -> &mut Entity {
        match self {
            Open::Segment(segment) => segment,
            Open::Subsegment(subsegment) => subsegment,
        }
    }
}
