//! What it takes to get ready, and to record the first segment.

use std::fs;
use std::time::Instant;

use cpu_time::ProcessTime;
use xray_sdk::Recorder;

use crate::allocation;
use crate::contender::Entry;
use crate::ours::NAME;
use crate::turn::Turn;
use crate::work::CHECKOUT;

/// The columns: what is there afterwards and was not before.
pub(crate) const MORE: &[&str] = &["threads", "memory kB"];

/// This SDK, as it is used: with X-Ray's sampling rules, and a daemon that does not answer.
pub(crate) const ENTRIES: &[Entry] =
    &[
        Entry::whole(NAME, "start", "Recorder::from_env and one segment", |_| {
            measure(|| {
                let recorder = Recorder::from_env(CHECKOUT).map_err(|error| error.to_string())?;
                recorder.segment(CHECKOUT).sampled(true).begin().end();
                Ok(recorder)
            })
        })
        .with(&[("AWS_XRAY_DAEMON_ADDRESS", "127.0.0.1:9")]),
    ];

/// Others, with spans that are thrown away.
#[cfg(feature = "peers")]
pub(crate) const PEERS: &[Entry] = &[
    Entry::whole(
        crate::peers::fastrace::NAME,
        "start",
        "set_reporter and one span",
        |_| {
            use fastrace::prelude::{Span, SpanContext};
            measure(|| {
                let spans = crate::peers::fastrace::discard();
                drop(Span::root(CHECKOUT, SpanContext::random()));
                Ok(spans)
            })
        },
    ),
    Entry::whole(
        crate::peers::opentelemetry::NAME,
        "start",
        "a provider with a batch processor, and one span",
        |_| {
            use opentelemetry::trace::{Span as _, Tracer as _};
            use opentelemetry_sdk::trace::Sampler;
            measure(|| {
                let provider = crate::peers::opentelemetry::Provider::discarding(Sampler::AlwaysOn);
                provider.tracer().start(CHECKOUT).end();
                Ok(provider)
            })
        },
    ),
];

fn measure<T>(start: impl FnOnce() -> Result<T, String>) -> Result<Turn, String> {
    let before = Process::now()?;
    let mut started = Err("nothing was started".to_owned());
    let (clock, cpu) = (Instant::now(), ProcessTime::now());
    let allocations = allocation::count(|| started = start());
    let took = clock.elapsed();
    let (after, cpu) = (Process::now()?, cpu.elapsed());
    started?;
    Ok(Turn {
        ns: took.as_nanos() as f64,
        total_cpu_ns: cpu.as_nanos() as f64,
        allocations: Some(allocations as f64),
        operations: 1,
        gauge: None,
        more: vec![
            after.threads - before.threads,
            after.kilobytes - before.kilobytes,
        ],
    })
}

/// What the system says of this process.
struct Process {
    threads: f64,
    kilobytes: f64,
}

impl Process {
    fn now() -> Result<Self, String> {
        let file = "/proc/self/status";
        let status = fs::read_to_string(file).map_err(|error| format!("{file}: {error}"))?;
        Ok(Self {
            threads: number(&status, "Threads:")?,
            kilobytes: number(&status, "VmRSS:")?,
        })
    }
}

fn number(status: &str, name: &str) -> Result<f64, String> {
    status
        .lines()
        .find_map(|line| {
            line.strip_prefix(name)?
                .split_whitespace()
                .next()?
                .parse()
                .ok()
        })
        .ok_or_else(|| format!("/proc/self/status has no {name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_afterwards_is_counted() {
        let turn = measure(|| {
            let (end, ended) = std::sync::mpsc::channel::<()>();
            let thread = std::thread::spawn(move || ended.recv());
            Ok((end, thread))
        });
        let turn = turn.expect("a thread");
        assert!(
            turn.more[0] >= 1.0 && turn.allocations >= Some(1.0),
            "{turn:?}"
        );
    }
}
