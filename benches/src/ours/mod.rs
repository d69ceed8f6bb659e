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
use crate::work::Request;

const NAME: &str = "xray-sdk";

/// The ways to use this SDK.
pub(crate) const ENTRIES: &[Entry] = &[
    Entry {
        contender: NAME,
        variant: "sampled",
        note: "closures; documents written and thrown away",
        make: |_| Box::new(Sampled::new(Discard, closures::record)),
    },
    Entry {
        contender: NAME,
        variant: "sampled-async",
        note: "wrapped futures, ready at once; documents thrown away",
        make: |_| Box::new(Sampled::new(Discard, futures::record)),
    },
    Entry {
        contender: NAME,
        variant: "sampled-owned",
        note: "handles passed by hand; documents thrown away",
        make: |_| Box::new(Sampled::new(Discard, handles::record)),
    },
    Entry {
        contender: NAME,
        variant: "sampled-udp",
        note: "closures; documents sent to a socket on loopback",
        make: |sink| Box::new(Sampled::new(udp(sink), closures::record)),
    },
    Entry {
        contender: NAME,
        variant: "unsampled",
        note: "closures",
        make: |_| Box::new(Unsampled::new(closures::record)),
    },
    Entry {
        contender: NAME,
        variant: "unsampled-async",
        note: "wrapped futures, ready at once",
        make: |_| Box::new(Unsampled::new(futures::record)),
    },
    Entry {
        contender: NAME,
        variant: "no-segment",
        note: "closures where no segment is open; ContextMissing::Ignore",
        make: |_| {
            ContextMissing::Ignore.install();
            Box::new(NoSegment)
        },
    },
];

/// All is recorded, one document a request.
struct Sampled<F> {
    recorder: Recorder,
    record: F,
}

/// Longer than sending one burst takes on any machine.
const DEADLINE: Duration = Duration::from_secs(30);

impl<F: Fn(&Recorder, &Request<'_>)> Sampled<F> {
    fn new(emitter: impl Emitter + 'static, record: F) -> Self {
        Self {
            recorder: recorder(emitter, Always),
            record,
        }
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

impl<F: Fn(&Recorder, &Request<'_>)> Unsampled<F> {
    fn new(record: F) -> Self {
        Self {
            recorder: recorder(Discard, Never),
            record,
        }
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

impl Contender for NoSegment {
    fn burst(&mut self, request: &Request<'_>, requests: usize) {
        for _ in 0..requests {
            closures::record_in(&mut xray_sdk::current(), request);
        }
    }

    fn drain(&mut self) {}

    fn verify(&self, _requests: u64) -> Result<(), String> {
        Ok(())
    }
}

fn recorder(emitter: impl Emitter + 'static, sampler: impl Sampler + 'static) -> Recorder {
    Recorder::builder(crate::work::CHECKOUT)
        .emitter(emitter)
        .sampler(sampler)
        .build()
        .expect("the turn's process was given no variable that could be wrong")
}

fn udp(sink: SocketAddr) -> UdpEmitter {
    let address = DaemonAddress::parse(&sink.to_string())
        .expect("the address of a socket is one of a daemon's");
    UdpEmitter::new(&address)
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
