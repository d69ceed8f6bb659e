//! This SDK, through its public interface.

mod closures;
mod futures;
mod handles;

use std::net::SocketAddr;
use std::time::Duration;

use xray_sdk::emitter::{Batch, DaemonAddress, Emitter, Report, UdpEmitter};
use xray_sdk::sampling::{Always, Never, Sampler};
use xray_sdk::{ContextMissing, Recorder};

use crate::contender::{Contender, Entry};
use crate::work::{CHECKOUT, Request};

/// What an entry's `make` yields.
type Ready = Result<Box<dyn Contender>, String>;

const NAME: &str = "xray-sdk";

/// The ways to use this SDK.
pub(crate) const ENTRIES: &[Entry] = &[
    Entry {
        contender: NAME,
        variant: "sampled",
        note: "closures; documents written and thrown away",
        make: |_| Sampled::ready(Discard, closures::record),
    },
    Entry {
        contender: NAME,
        variant: "sampled-async",
        note: "wrapped futures, ready at once; documents thrown away",
        make: |_| Sampled::ready(Discard, futures::record),
    },
    Entry {
        contender: NAME,
        variant: "sampled-owned",
        note: "handles passed by hand; documents thrown away",
        make: |_| Sampled::ready(Discard, handles::record),
    },
    Entry {
        contender: NAME,
        variant: "sampled-udp",
        note: "closures; documents sent to a socket on loopback",
        make: |sink| Sampled::ready(udp(sink)?, closures::record),
    },
    Entry {
        contender: NAME,
        variant: "unsampled",
        note: "closures",
        make: |_| Unsampled::ready(closures::record),
    },
    Entry {
        contender: NAME,
        variant: "unsampled-async",
        note: "wrapped futures, ready at once",
        make: |_| Unsampled::ready(futures::record),
    },
    Entry {
        contender: NAME,
        variant: "no-segment",
        note: "closures where no segment is open; ContextMissing::Ignore",
        make: |_| NoSegment::ready(),
    },
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
    fn burst(&mut self, request: &Request<'_>, requests: usize) {
        for _ in 0..requests {
            (self.record)(&self.recorder, request);
        }
    }

    fn drain(&mut self) {
        self.recorder.flush(DEADLINE);
    }

    fn verify(&self, requests: u64) -> Result<(), String> {
        let health = self.recorder.health();
        if (health.documents, health.lost_total(), health.trimmed) == (requests, 0, 0) {
            Ok(())
        } else {
            Err(format!("not {requests} whole documents: {health:?}"))
        }
    }
}

/// The sampler says no to each request.
struct Unsampled<F> {
    recorder: Recorder,
    record: F,
}

impl<F: Fn(&Recorder, &Request<'_>) + 'static> Unsampled<F> {
    fn ready(record: F) -> Ready {
        Ok(Box::new(Self {
            recorder: recorder(Discard, Never)?,
            record,
        }))
    }
}

impl<F: Fn(&Recorder, &Request<'_>)> Contender for Unsampled<F> {
    fn burst(&mut self, request: &Request<'_>, requests: usize) {
        for _ in 0..requests {
            (self.record)(&self.recorder, request);
        }
    }

    fn drain(&mut self) {}

    fn verify(&self, requests: u64) -> Result<(), String> {
        let health = self.recorder.health();
        if (health.unsampled, health.documents, health.lost_total()) == (requests, 0, 0) {
            Ok(())
        } else {
            Err(format!(
                "not {requests} requests without documents: {health:?}"
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
    fn burst(&mut self, request: &Request<'_>, requests: usize) {
        for _ in 0..requests {
            closures::record_in(&mut xray_sdk::current(), request);
        }
    }

    fn drain(&mut self) {}

    fn verify(&self, _requests: u64) -> Result<(), String> {
        match xray_sdk::current().trace_id() {
            None => Ok(()),
            Some(trace) => Err(format!("the segment of {trace} is current")),
        }
    }
}

fn recorder(
    emitter: impl Emitter + 'static,
    sampler: impl Sampler + 'static,
) -> Result<Recorder, String> {
    Recorder::builder(CHECKOUT)
        .emitter(emitter)
        .sampler(sampler)
        .build()
        .map_err(|error| error.to_string())
}

fn udp(sink: SocketAddr) -> Result<UdpEmitter, String> {
    DaemonAddress::parse(&sink.to_string())
        .map(|address| UdpEmitter::new(&address))
        .map_err(|error| error.to_string())
}

/// Sends nothing.
struct Discard;

impl Emitter for Discard {
    fn emit(&mut self, batch: &Batch) -> Report {
        Report::sent(batch.len())
    }
}

#[cfg(test)]
mod tests;
