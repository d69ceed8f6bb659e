//! This SDK, through its public interface.

pub(crate) mod closures;
mod functions;
mod futures;
mod handles;

use std::net::SocketAddr;
use std::time::Duration;

use xray_sdk::emitter::{Batch, DaemonAddress, Emitter, Report, UdpEmitter};
use xray_sdk::sampling::{Always, LocalRule, LocalRules, Never, Sampler};
use xray_sdk::{ContextMissing, Recorder};

use crate::contender::{Contender, Entry, Ready};
use crate::work::{CHECKOUT, Request};

/// As which it stands in tables.
pub(crate) const NAME: &str = "xray-sdk";

/// The ways to use this SDK.
pub(crate) const ENTRIES: &[Entry] = &[
    Entry::new(NAME, "sampled", "closures", |_| {
        Sampled::ready(Discard, closures::record)
    }),
    Entry::new(
        NAME,
        "sampled-async",
        "wrapped futures, ready at once",
        |_| Sampled::ready(Discard, futures::record),
    ),
    Entry::new(
        NAME,
        "sampled-async-fn",
        "async functions with arguments of their own",
        |_| Sampled::ready(Discard, functions::record),
    ),
    Entry::new(NAME, "sampled-owned", "handles passed by hand", |_| {
        Sampled::ready(Discard, handles::record)
    }),
    Entry::new(NAME, "unsampled", "closures", |_| {
        Unsampled::ready(Never, closures::record)
    }),
    Entry::new(
        NAME,
        "unsampled-async",
        "wrapped futures, ready at once",
        |_| Unsampled::ready(Never, futures::record),
    ),
    Entry::new(
        NAME,
        "unsampled-async-fn",
        "async functions with arguments of their own",
        |_| Unsampled::ready(Never, functions::record),
    ),
    Entry::new(NAME, "unsampled-owned", "handles passed by hand", |_| {
        Unsampled::ready(Never, handles::record)
    }),
    Entry::new(NAME, "unsampled-rule", "closures; a rule refuses", |_| {
        let rule = LocalRule::new(0, 0.0).path("*");
        Unsampled::ready(LocalRules::new(1, 1.0).rule(rule), closures::record)
    }),
    Entry::new(
        NAME,
        "disabled",
        "closures; AWS_XRAY_SDK_ENABLED=false",
        |_| {
            Ok(Box::new(Unsampled {
                recorder: recorder(Discard, Always)?,
                record: closures::record,
                is_disabled: true,
            }))
        },
    )
    .with(&[("AWS_XRAY_SDK_ENABLED", "false")]),
    Entry::new(
        NAME,
        "disabled-no-segment",
        "closures where no segment is open; ContextMissing::Ignore",
        |_| NoSegment::ready(),
    ),
];

/// With documents that are sent.
pub(crate) const SENDING: &[Entry] = &[
    Entry::new(NAME, "sampled-udp", "closures", |sink| {
        Sampled::ready(udp(sink)?, closures::record)
    }),
    Entry::new(
        NAME,
        "sampled-async-udp",
        "wrapped futures, ready at once",
        |sink| Sampled::ready(udp(sink)?, futures::record),
    ),
];

/// All is recorded, one document a request.
struct Sampled<F> {
    recorder: Recorder,
    record: F,
}

/// Longer than sending one burst takes on any machine.
const DEADLINE: Duration = Duration::from_secs(30);

impl<F: Fn(&Recorder, &Request<'_>) + 'static> Sampled<F> {
    fn ready(emitter: impl Emitter + 'static, record: F) -> Ready {
        Ok(Box::new(Self {
            recorder: recorder(emitter, Always)?,
            record,
        }))
    }
}

impl<F: Fn(&Recorder, &Request<'_>)> Contender for Sampled<F> {
    fn burst(&mut self, request: &Request<'_>, operations: usize) {
        for _ in 0..operations {
            (self.record)(&self.recorder, request);
        }
    }

    fn drain(&mut self) {
        self.recorder.flush(DEADLINE);
    }

    fn verify(&self, operations: u64) -> Result<(), String> {
        let health = self.recorder.health();
        if (health.documents, health.lost_total(), health.trimmed) == (operations, 0, 0) {
            Ok(())
        } else {
            Err(format!("not {operations} whole documents: {health:?}"))
        }
    }
}

/// The sampler says no to each request.
struct Unsampled<F> {
    recorder: Recorder,
    record: F,
    /// A recorder that is switched off counts nothing.
    is_disabled: bool,
}

impl<F: Fn(&Recorder, &Request<'_>) + 'static> Unsampled<F> {
    fn ready(sampler: impl Sampler + 'static, record: F) -> Ready {
        Ok(Box::new(Self {
            recorder: recorder(Discard, sampler)?,
            record,
            is_disabled: false,
        }))
    }
}

impl<F: Fn(&Recorder, &Request<'_>)> Contender for Unsampled<F> {
    fn burst(&mut self, request: &Request<'_>, operations: usize) {
        for _ in 0..operations {
            (self.record)(&self.recorder, request);
        }
    }

    fn verify(&self, operations: u64) -> Result<(), String> {
        let health = self.recorder.health();
        let unsampled = if self.is_disabled { 0 } else { operations };
        if (health.unsampled, health.documents, health.lost_total()) == (unsampled, 0, 0) {
            Ok(())
        } else {
            Err(format!(
                "not {operations} requests without documents: {health:?}"
            ))
        }
    }
}

/// Libraries that are traced, in a program that is not.
struct NoSegment;

impl NoSegment {
    fn ready() -> Ready {
        match ContextMissing::Ignore.install() {
            ContextMissing::Ignore => Ok(Box::new(Self)),
            other => Err(format!(
                "without a segment this process has to {other:?}, so AWS_XRAY_CONTEXT_MISSING says"
            )),
        }
    }
}

impl Contender for NoSegment {
    fn burst(&mut self, request: &Request<'_>, operations: usize) {
        for _ in 0..operations {
            closures::record_in(&mut xray_sdk::current(), request);
        }
    }

    fn verify(&self, _operations: u64) -> Result<(), String> {
        match xray_sdk::current().trace_id() {
            None => Ok(()),
            Some(trace) => Err(format!("the segment of {trace} is current")),
        }
    }
}

/// A recorder that this program's environment changes nothing of.
pub(crate) fn recorder(
    emitter: impl Emitter + 'static,
    sampler: impl Sampler + 'static,
) -> Result<Recorder, String> {
    Recorder::builder(CHECKOUT)
        .emitter(emitter)
        .sampler(sampler)
        .build()
        .map_err(|error| error.to_string())
}

/// Sends to `sink`.
pub(crate) fn udp(sink: SocketAddr) -> Result<UdpEmitter, String> {
    DaemonAddress::parse(&sink.to_string())
        .map(|address| UdpEmitter::new(&address))
        .map_err(|error| error.to_string())
}

/// Sends nothing.
pub(crate) struct Discard;

impl Emitter for Discard {
    fn emit(&mut self, batch: &Batch) -> Report {
        Report::sent(batch.len())
    }
}

#[cfg(test)]
pub(crate) mod tests;
