//! tracing's spans as OpenTelemetry's: <https://docs.rs/tracing-opentelemetry>.

use opentelemetry_sdk::trace::Sampler;

use super::opentelemetry::Provider;
use super::opentelemetry_aws;
use super::tracing::{record, subscribe};
use crate::contender::{Contender, Entry, Ready};
use crate::work::Request;

const NAME: &str = "tracing-opentelemetry";

/// Its spans are thrown away.
pub(crate) const ENTRIES: &[Entry] = &[
    Entry::new(NAME, "sampled", "batch processor", |_| {
        Bridge::ready(Provider::discarding(Sampler::AlwaysOn))
    }),
    Entry::new(NAME, "unsampled", "AlwaysOff", |_| {
        Bridge::ready(Provider::discarding(Sampler::AlwaysOff))
    }),
];

/// Its spans are sent.
pub(crate) const SENDING: &[Entry] = &[Entry::new(
    NAME,
    "sampled-udp",
    "X-Ray exporter of opentelemetry-aws, nesting",
    |sink| Bridge::ready(opentelemetry_aws::provider(sink, true)?),
)];

struct Bridge(Provider);

impl Bridge {
    fn ready(provider: Provider) -> Ready {
        bridge(&provider)?;
        Ok(Box::new(Self(provider)))
    }
}

/// Has all of this process's spans go to a provider: without the file, line and thread of each, which is the faster setting.
///
/// # Errors
///
/// When they go elsewhere already.
pub(crate) fn bridge(provider: &Provider) -> Result<(), String> {
    let layer = tracing_opentelemetry::layer()
        .with_tracer(provider.tracer())
        .with_location(false)
        .with_threads(false)
        .with_tracked_inactivity(false);
    subscribe(layer)
}

impl Contender for Bridge {
    fn burst(&mut self, request: &Request<'_>, operations: usize) {
        for _ in 0..operations {
            record(request);
        }
    }

    fn drain(&mut self) {
        self.0.drain();
    }

    fn verify(&self, operations: u64) -> Result<(), String> {
        self.0.verify(operations)
    }
}
