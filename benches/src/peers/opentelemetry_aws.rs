//! OpenTelemetry with the X-Ray exporter and the daemon client of opentelemetry-aws: <https://docs.rs/opentelemetry-aws>.

use std::net::SocketAddr;

use opentelemetry_aws::trace::XrayIdGenerator;
use opentelemetry_aws::xray_exporter::daemon_client::XrayDaemonClient;
use opentelemetry_aws::xray_exporter::{SegmentTranslator, XrayExporter};
use opentelemetry_sdk::trace::Sampler;

use super::opentelemetry::{Keys, Provider, Spans};
use crate::contender::Entry;

/// Its spans are sent.
pub(crate) const SENDING: &[Entry] = &[
    Entry::new(
        "opentelemetry-aws",
        "sampled-udp",
        "X-Ray exporter, nesting: the faster setting",
        |sink| Spans::ready(provider(sink, true)?, &PREFIXED),
    ),
    Entry::new(
        "opentelemetry-aws",
        "sampled-flat-udp",
        "the default: a datagram for each span",
        |sink| Spans::ready(provider(sink, false)?, &PREFIXED),
    ),
];

/// The exporter makes annotations and metadata of what has these prefixes.
pub(super) const PREFIXED: Keys = Keys {
    tier: "annotation.tier",
    replica: "annotation.replica",
    items: "annotation.items",
    zone: "annotation.zone",
    cached: "annotation.cached",
    cart: "metadata.cart",
};

/// A provider that exports to the daemon at `sink`.
pub(super) fn provider(sink: SocketAddr, is_nesting: bool) -> Result<Provider, String> {
    let client = XrayDaemonClient::new(sink).map_err(|error| error.to_string())?;
    let mut translator = SegmentTranslator::new();
    if is_nesting {
        translator = translator.always_nest_subsegments();
    }
    let exporter = XrayExporter::new(client).with_translator(translator);
    // X-Ray's trace ids begin with the time, and the exporter refuses others.
    Ok(Provider::exporting(
        exporter,
        Sampler::AlwaysOn,
        |builder| builder.with_id_generator(XrayIdGenerator::default()),
    ))
}
