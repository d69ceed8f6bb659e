//! What the context costs each time a future is polled.

use std::future;
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Waker};

use xray_sdk::sampling::{Always, Never, Sampler};
use xray_sdk::{InSubsegment as _, Recorder};

use crate::contender::{Contender, Entry, Ready};
use crate::ours::{Discard, NAME, recorder};
use crate::work::{CHECKOUT, LOAD_ORDER, Request};

/// A bare future, and this SDK's.
pub(crate) const ENTRIES: &[Entry] = &[
    Entry::new(
        "no recorder",
        "poll",
        "a future that is never ready",
        |_| polls(poll_often),
    ),
    Entry::new(
        NAME,
        "poll-in-subsegment",
        "in_subsegment, inside its segment",
        |_| {
            let recorder = recording(Always)?;
            polls(move |times| inside(&recorder, times))
        },
    ),
    Entry::new(
        NAME,
        "poll-in-subsegment-unsampled",
        "the same, not sampled",
        |_| {
            let recorder = recording(Never)?;
            polls(move |times| inside(&recorder, times))
        },
    ),
    Entry::new(
        NAME,
        "poll-task",
        "a segment's future, from outside: the context comes and goes",
        |_| {
            let recorder = recording(Always)?;
            polls(move |times| {
                poll(
                    recorder.segment(CHECKOUT).run(future::pending::<()>()),
                    times,
                );
            })
        },
    ),
    Entry::new(NAME, "poll-task-unsampled", "the same, not sampled", |_| {
        let recorder = recording(Never)?;
        polls(move |times| {
            poll(
                recorder.segment(CHECKOUT).run(future::pending::<()>()),
                times,
            );
        })
    }),
];

/// The same of others.
#[cfg(feature = "peers")]
pub(crate) const PEERS: &[Entry] = &[
    Entry::new(
        crate::peers::fastrace::NAME,
        "poll-task",
        "in_span of a root span",
        |_| {
            use fastrace::future::FutureExt as _;
            use fastrace::prelude::{Span, SpanContext};
            crate::peers::fastrace::discard();
            polls(|times| {
                let root = Span::root(CHECKOUT, SpanContext::random());
                poll(future::pending::<()>().in_span(root), times);
            })
        },
    ),
    Entry::new(
        crate::peers::tracing::NAME,
        "poll-task",
        "Instrument; registry and a layer that does nothing",
        |_| {
            use tracing::Instrument as _;
            crate::peers::tracing::subscribe(crate::peers::tracing::Nothing)?;
            polls(|times| {
                poll(
                    future::pending::<()>().instrument(tracing::info_span!("task")),
                    times,
                );
            })
        },
    ),
    Entry::new(
        crate::peers::opentelemetry::NAME,
        "poll-task",
        "with_context",
        |_| {
            use opentelemetry::context::FutureExt as _;
            use opentelemetry::trace::{TraceContextExt as _, Tracer as _};
            let provider = crate::peers::opentelemetry::Provider::discarding(
                opentelemetry_sdk::trace::Sampler::AlwaysOn,
            );
            let tracer = provider.tracer();
            polls(move |times| {
                let span = tracer.start(CHECKOUT);
                let context = opentelemetry::Context::new().with_span(span);
                poll(future::pending::<()>().with_context(context), times);
                let _ = &provider;
            })
        },
    ),
];

fn recording(sampler: impl Sampler + 'static) -> Result<Recorder, String> {
    recorder(Discard, sampler)
}

fn inside(recorder: &Recorder, times: usize) {
    recorder
        .segment(CHECKOUT)
        .run_sync(|_| poll(future::pending::<()>().in_subsegment(LOAD_ORDER), times));
}

fn poll_often(times: usize) {
    poll(future::pending::<()>(), times);
}

/// Polls a future so many times. To make it and to drop it is in the figure too, once for all of them.
#[inline(always)]
fn poll<T>(work: impl Future<Output = T>, times: usize) {
    let mut work = pin!(work);
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..times {
        let polled = black_box(&mut work).as_mut().poll(&mut context);
        if polled.is_ready() {
            return;
        }
    }
}

/// As a contender: each operation is a poll.
struct Polls<F> {
    poll: F,
    polled: u64,
}

fn polls(poll: impl FnMut(usize) + 'static) -> Ready {
    Ok(Box::new(Polls { poll, polled: 0 }))
}

impl<F: FnMut(usize)> Contender for Polls<F> {
    fn burst(&mut self, _request: &Request<'_>, operations: usize) {
        (self.poll)(operations);
        self.polled += operations as u64;
    }

    fn verify(&self, operations: u64) -> Result<(), String> {
        (self.polled == operations)
            .then_some(())
            .ok_or_else(|| format!("{} of {operations} polls", self.polled))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contender::tests::assert_each_accounts_for_all;

    #[test]
    fn each_is_polled_as_often_as_it_says() {
        assert_each_accounts_for_all(ENTRIES);
    }
}
