//! tracing: <https://docs.rs/tracing>.

use tracing::field::Empty;
use tracing::{Subscriber, info_span};
use tracing_subscriber::prelude::*;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{Layer, layer, registry};

use crate::contender::{Contender, Entry};
use crate::work::{CALL_METHOD, Request, STATUS};

/// As which it stands in tables.
pub(crate) const NAME: &str = "tracing";

/// Its spans are thrown away.
pub(crate) const ENTRIES: &[Entry] = &[
    Entry::new(
        NAME,
        "sampled",
        "registry and a layer that does nothing: no times, no values kept",
        |_| {
            subscribe(Nothing)?;
            Ok(Box::new(Spans))
        },
    ),
    Entry::new(NAME, "disabled", "no subscriber", |_| Ok(Box::new(Spans))),
];

/// Has all of this process's spans go to a layer.
///
/// # Errors
///
/// When they go to another one already.
pub(crate) fn subscribe<L>(layer: L) -> Result<(), String>
where
    L: Layer<registry::Registry> + Send + Sync,
{
    registry()
        .with(layer)
        .try_init()
        .map_err(|error| error.to_string())
}

/// A layer that does nothing.
pub(crate) struct Nothing;

impl<S: Subscriber + for<'a> LookupSpan<'a>> layer::Layer<S> for Nothing {}

/// What is recorded is known to the subscriber alone.
struct Spans;

impl Contender for Spans {
    fn burst(&mut self, request: &Request<'_>, operations: usize) {
        for _ in 0..operations {
            record(request);
        }
    }

    fn verify(&self, _operations: u64) -> Result<(), String> {
        Ok(())
    }
}

/// Records the work with entered spans. Names have to be literals: those of `work.rs`.
pub(super) fn record(request: &Request<'_>) {
    let status = i64::from(STATUS);
    let root = info_span!(
        parent: None,
        "checkout-api",
        otel.kind = "server",
        http.request.method = request.method,
        url.full = request.url,
        client.address = request.client_ip,
        user_agent.original = request.user_agent,
        metadata.cart = Empty,
        http.response.status_code = Empty
    )
    .entered();
    {
        let order = info_span!("load_order", annotation.items = Empty).entered();
        {
            let payments = info_span!(
                "payments.example.com",
                otel.kind = "client",
                http.request.method = CALL_METHOD,
                url.full = request.payments_url,
                annotation.tier = request.tier,
                http.response.status_code = Empty
            )
            .entered();
            payments.record("http.response.status_code", status);
        }
        drop(
            info_span!(
                "orders@db1.example.com",
                otel.kind = "client",
                db.system.name = "postgresql",
                db.query.text = request.query,
                annotation.replica = request.replica
            )
            .entered(),
        );
        order.record("annotation.items", request.items);
    }
    {
        let price = info_span!("price_cart", annotation.cached = Empty).entered();
        {
            let inventory = info_span!(
                "inventory.example.com",
                otel.kind = "client",
                http.request.method = CALL_METHOD,
                url.full = request.inventory_url,
                annotation.zone = request.zone,
                http.response.status_code = Empty
            )
            .entered();
            inventory.record("http.response.status_code", status);
        }
        price.record("annotation.cached", request.cached);
    }
    root.record("metadata.cart", request.cart);
    root.record("http.response.status_code", status);
}
