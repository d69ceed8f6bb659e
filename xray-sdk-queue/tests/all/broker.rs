//! A broker in memory.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::Stream;
use xray_sdk_queue::{Arrival, Message};

pub(crate) type Headers = HashMap<String, String>;

/// A message with headers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Letter {
    pub(crate) headers: Headers,
    pub(crate) redeliveries: u64,
}

impl Letter {
    pub(crate) fn with(name: &str, value: &str) -> Self {
        Self {
            headers: Headers::from([(name.to_owned(), value.to_owned())]),
            redeliveries: 0,
        }
    }

    /// From a sender in the trace that ends with `trace`, whose id is `parent`.
    pub(crate) fn from_trace(trace: u64, parent: u64, sampled: &str) -> Self {
        let header = format!("Root=1-5759e988-{trace:024x};Parent={parent:016x};Sampled={sampled}");
        Self::with("X-Amzn-Trace-Id", &header)
    }
}

impl Message for Letter {
    fn arrival(&self) -> Arrival<'_> {
        Arrival::at("letters")
            .broker("memory")
            .carrying(&self.headers)
            .redelivered(self.redeliveries)
    }
}

/// Why there is no message.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Lost;

impl fmt::Display for Lost {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the connection is lost")
    }
}

impl std::error::Error for Lost {}

/// Messages that are all there.
pub(crate) struct Letters(pub(crate) VecDeque<Result<Letter, Lost>>);

impl Stream for Letters {
    type Item = Result<Letter, Lost>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(self.0.pop_front())
    }
}
