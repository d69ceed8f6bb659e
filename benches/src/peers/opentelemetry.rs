//! OpenTelemetry: <https://docs.rs/opentelemetry_sdk>, with its batch processor and its default settings.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use opentelemetry::trace::{
    Span as _, SpanKind, TraceContextExt as _, Tracer as _, TracerProvider as _,
};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{
    BatchSpanProcessor, Sampler, SdkTracer, SdkTracerProvider, SpanData, SpanExporter,
    TracerProviderBuilder,
};

use super::all_arrived;
use crate::contender::{Contender, Entry, Ready};
use crate::work::{
    CALL_METHOD, CHECKOUT, DATABASE, INVENTORY, LOAD_ORDER, PAYMENTS, PRICE_CART, Request, STATUS,
};

/// As which it stands in tables.
pub(crate) const NAME: &str = "opentelemetry";

/// Its spans are thrown away.
pub(crate) const ENTRIES: &[Entry] = &[
    Entry::new(NAME, "sampled", "batch processor", |_| {
        Spans::ready(Provider::discarding(Sampler::AlwaysOn), &PLAIN)
    }),
    Entry::new(NAME, "unsampled", "AlwaysOff", |_| {
        Spans::ready(Provider::discarding(Sampler::AlwaysOff), &PLAIN)
    }),
    Entry::new(NAME, "disabled", "a provider without a processor", |_| {
        Spans::ready(Provider::empty(), &PLAIN)
    }),
];

/// The keys of the annotations and the metadata, which exporters tell apart by prefixes.
pub(super) struct Keys {
    pub(super) tier: &'static str,
    pub(super) replica: &'static str,
    pub(super) items: &'static str,
    pub(super) zone: &'static str,
    pub(super) cached: &'static str,
    pub(super) cart: &'static str,
}

const PLAIN: Keys = Keys {
    tier: "tier",
    replica: "replica",
    items: "items",
    zone: "zone",
    cached: "cached",
    cart: "cart",
};

/// A provider of tracers, and what became of the spans.
pub(crate) struct Provider {
    pub(crate) provider: SdkTracerProvider,
    exported: Arc<AtomicU64>,
    is_recording: bool,
}

impl Provider {
    /// One whose spans are thrown away.
    pub(crate) fn discarding(sampler: Sampler) -> Self {
        Self::exporting(Discard, sampler, |builder| builder)
    }

    /// One whose spans go to an exporter.
    pub(super) fn exporting(
        exporter: impl SpanExporter + 'static,
        sampler: Sampler,
        settings: impl FnOnce(TracerProviderBuilder) -> TracerProviderBuilder,
    ) -> Self {
        let exported = Arc::new(AtomicU64::new(0));
        let is_recording = !matches!(sampler, Sampler::AlwaysOff);
        let exporter = Counted {
            exporter,
            exported: exported.clone(),
        };
        let builder = SdkTracerProvider::builder()
            .with_span_processor(BatchSpanProcessor::builder(exporter).build())
            .with_resource(Resource::builder().with_service_name(CHECKOUT).build())
            .with_sampler(sampler);
        Self {
            provider: settings(builder).build(),
            exported,
            is_recording,
        }
    }

    fn empty() -> Self {
        Self {
            provider: SdkTracerProvider::builder().build(),
            exported: Arc::default(),
            is_recording: false,
        }
    }

    /// A tracer of this bench.
    pub(crate) fn tracer(&self) -> SdkTracer {
        self.provider.tracer("overhead")
    }

    /// Has all that was handed over exported.
    pub(super) fn drain(&self) {
        // What fails is missed by `verify`.
        let _ = self.provider.force_flush();
    }

    pub(super) fn verify(&self, operations: u64) -> Result<(), String> {
        let expected = if self.is_recording { operations } else { 0 };
        all_arrived(self.exported.load(Ordering::Relaxed), expected)
    }
}

/// Records with the tracer itself, and hands contexts on.
pub(super) struct Spans {
    provider: Provider,
    tracer: SdkTracer,
    keys: &'static Keys,
}

impl Spans {
    pub(super) fn ready(provider: Provider, keys: &'static Keys) -> Ready {
        let tracer = provider.tracer();
        Ok(Box::new(Self {
            provider,
            tracer,
            keys,
        }))
    }

    fn record(&self, request: &Request<'_>) {
        let (tracer, keys) = (&self.tracer, self.keys);
        let server = tracer
            .span_builder(CHECKOUT)
            .with_kind(SpanKind::Server)
            .with_attributes([
                KeyValue::new("http.request.method", request.method.to_owned()),
                KeyValue::new("url.full", request.url.to_owned()),
                KeyValue::new("client.address", request.client_ip.to_owned()),
                KeyValue::new("user_agent.original", request.user_agent.to_owned()),
            ])
            .start_with_context(tracer, &Context::new());
        let root = Context::new().with_span(server);
        let order = self.below(&root, LOAD_ORDER);
        self.call(
            &order,
            PAYMENTS,
            request.payments_url,
            KeyValue::new(keys.tier, request.tier.to_owned()),
        );
        tracer
            .span_builder(DATABASE)
            .with_kind(SpanKind::Client)
            .with_attributes([
                KeyValue::new("db.system.name", "postgresql"),
                KeyValue::new("db.query.text", request.query.to_owned()),
                KeyValue::new(keys.replica, request.replica.to_owned()),
            ])
            .start_with_context(tracer, &order)
            .end();
        order
            .span()
            .set_attribute(KeyValue::new(keys.items, request.items));
        order.span().end();
        let price = self.below(&root, PRICE_CART);
        self.call(
            &price,
            INVENTORY,
            request.inventory_url,
            KeyValue::new(keys.zone, request.zone.to_owned()),
        );
        price
            .span()
            .set_attribute(KeyValue::new(keys.cached, request.cached));
        price.span().end();
        let server = root.span();
        server.set_attribute(KeyValue::new(keys.cart, request.cart.to_owned()));
        server.set_attribute(status());
        server.end();
    }

    fn below(&self, parent: &Context, name: &'static str) -> Context {
        let tracer = &self.tracer;
        parent.with_span(tracer.span_builder(name).start_with_context(tracer, parent))
    }

    fn call(&self, parent: &Context, name: &'static str, url: &str, annotation: KeyValue) {
        let mut span = self
            .tracer
            .span_builder(name)
            .with_kind(SpanKind::Client)
            .with_attributes([
                KeyValue::new("http.request.method", CALL_METHOD),
                KeyValue::new("url.full", url.to_owned()),
                annotation,
            ])
            .start_with_context(&self.tracer, parent);
        span.set_attribute(status());
        span.end();
    }
}

fn status() -> KeyValue {
    KeyValue::new("http.response.status_code", i64::from(STATUS))
}

impl Contender for Spans {
    fn burst(&mut self, request: &Request<'_>, operations: usize) {
        for _ in 0..operations {
            self.record(request);
        }
    }

    fn drain(&mut self) {
        self.provider.drain();
    }

    fn verify(&self, operations: u64) -> Result<(), String> {
        self.provider.verify(operations)
    }
}

/// Counts what an exporter has exported.
#[derive(Debug)]
struct Counted<E> {
    exporter: E,
    exported: Arc<AtomicU64>,
}

impl<E: SpanExporter> SpanExporter for Counted<E> {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let spans = batch.len() as u64;
        self.exporter.export(batch).await?;
        self.exported.fetch_add(spans, Ordering::Relaxed);
        Ok(())
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}

#[derive(Debug)]
struct Discard;

impl SpanExporter for Discard {
    async fn export(&self, _batch: Vec<SpanData>) -> OTelSdkResult {
        Ok(())
    }
}
