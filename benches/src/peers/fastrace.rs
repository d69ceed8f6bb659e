//! fastrace: <https://docs.rs/fastrace>. It has no reporter for X-Ray; the one here writes X-Ray's documents as fast as the floor does.

use std::borrow::Cow;
use std::net::{SocketAddr, UdpSocket};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Waker};

use fastrace::collector::{Config, Reporter, SpanRecord};
use fastrace::future::FutureExt as _;
use fastrace::local::LocalSpan;
use fastrace::prelude::{Span, SpanContext, SpanId, TraceId};

use super::all_arrived;
use crate::contender::{Contender, Entry, Ready};
use crate::json::{self, escaped, hex, raw, seconds};
use crate::work::{
    CACHED, CALL_METHOD, CART, CHECKOUT, DATABASE, INVENTORY, ITEMS, LOAD_ORDER, PAYMENTS,
    PRICE_CART, REPLICA, Request, TIER, ZONE,
};

/// As which it stands in tables.
pub(crate) const NAME: &str = "fastrace";

/// Its spans are thrown away.
pub(crate) const ENTRIES: &[Entry] = &[
    Entry::new(NAME, "sampled", "LocalSpan", |_| Fast::ready(local, true)),
    Entry::new(NAME, "sampled-async", "in_span, as #[trace] does", |_| {
        Fast::ready(asynchronous, true)
    }),
    Entry::new(NAME, "sampled-owned", "Span, which is Send", |_| {
        Fast::ready(owned, true)
    }),
    Entry::new(
        NAME,
        "unsampled",
        "LocalSpan; SpanContext::sampled(false)",
        |_| Fast::ready(local, false),
    ),
    Entry::new(NAME, "unsampled-async", "in_span", |_| {
        Fast::ready(asynchronous, false)
    }),
    Entry::new(NAME, "disabled", "LocalSpan; no reporter is set", |_| {
        Ok(Box::new(Fast {
            record: local,
            is_sampled: true,
            spans: None,
        }))
    }),
];

/// Its spans are sent.
pub(crate) const SENDING: &[Entry] = &[Entry::new(
    NAME,
    "sampled-udp",
    "LocalSpan; the floor's JSON, one datagram a trace",
    Fast::sending,
)];

type Properties<const N: usize> = [(&'static str, Cow<'static, str>); N];

struct Fast {
    record: fn(&Request<'_>, bool),
    is_sampled: bool,
    /// Spans that were reported.
    spans: Option<Arc<AtomicU64>>,
}

impl Fast {
    fn ready(record: fn(&Request<'_>, bool), is_sampled: bool) -> Ready {
        let spans = discard();
        Ok(Box::new(Self {
            record,
            is_sampled,
            spans: Some(spans),
        }))
    }

    fn sending(sink: SocketAddr) -> Ready {
        Ok(Box::new(Self {
            record: local,
            is_sampled: true,
            spans: Some(send(sink)?),
        }))
    }
}

impl Contender for Fast {
    fn burst(&mut self, request: &Request<'_>, operations: usize) {
        for _ in 0..operations {
            (self.record)(request, self.is_sampled);
        }
    }

    fn drain(&mut self) {
        fastrace::flush();
    }

    fn verify(&self, operations: u64) -> Result<(), String> {
        let Some(spans) = &self.spans else {
            return Ok(());
        };
        let expected = if self.is_sampled { operations } else { 0 };
        all_arrived(spans.load(Ordering::Relaxed), expected)
    }
}

fn root(request: &Request<'_>, is_sampled: bool) -> Span {
    let context = SpanContext::new(TraceId::random(), SpanId(0)).sampled(is_sampled);
    let root = Span::root(CHECKOUT, context);
    root.add_properties(|| {
        [
            ("http.method", Cow::from(request.method.to_owned())),
            ("http.url", request.url.to_owned().into()),
            ("http.client_ip", request.client_ip.to_owned().into()),
            ("http.user_agent", request.user_agent.to_owned().into()),
        ]
    });
    root
}

fn answered(root: &Span, request: &Request<'_>) {
    root.add_properties(|| {
        [
            (CART, Cow::from(request.cart.to_owned())),
            ("http.status", "200".into()),
        ]
    });
}

fn call(url: &str, key: &'static str, value: &str) -> Properties<5> {
    [
        ("namespace", "remote".into()),
        ("http.method", CALL_METHOD.into()),
        ("http.url", url.to_owned().into()),
        (key, value.to_owned().into()),
        ("http.status", "200".into()),
    ]
}

fn query(request: &Request<'_>) -> Properties<3> {
    [
        ("namespace", "remote".into()),
        ("sql.sanitized_query", request.query.to_owned().into()),
        (REPLICA, request.replica.to_owned().into()),
    ]
}

fn cached(request: &Request<'_>) -> &'static str {
    if request.cached { "true" } else { "false" }
}

/// Records the work with spans of this thread.
pub(crate) fn local(request: &Request<'_>, is_sampled: bool) {
    let root = root(request, is_sampled);
    {
        let _entered = root.set_local_parent();
        let enter = |name: &'static str| LocalSpan::enter_with_local_parent(name);
        {
            let order = enter(LOAD_ORDER);
            drop(
                enter(PAYMENTS).with_properties(|| call(request.payments_url, TIER, request.tier)),
            );
            drop(enter(DATABASE).with_properties(|| query(request)));
            drop(order.with_property(|| (ITEMS, request.items.to_string())));
        }
        let price = enter(PRICE_CART);
        drop(enter(INVENTORY).with_properties(|| call(request.inventory_url, ZONE, request.zone)));
        drop(price.with_property(|| (CACHED, cached(request))));
    }
    answered(&root, request);
}

fn owned(request: &Request<'_>, is_sampled: bool) {
    let root = root(request, is_sampled);
    {
        let order = Span::enter_with_parent(LOAD_ORDER, &root);
        drop(
            Span::enter_with_parent(PAYMENTS, &order)
                .with_properties(|| call(request.payments_url, TIER, request.tier)),
        );
        drop(Span::enter_with_parent(DATABASE, &order).with_properties(|| query(request)));
        order.add_property(|| (ITEMS, request.items.to_string()));
    }
    {
        let price = Span::enter_with_parent(PRICE_CART, &root);
        drop(
            Span::enter_with_parent(INVENTORY, &price)
                .with_properties(|| call(request.inventory_url, ZONE, request.zone)),
        );
        price.add_property(|| (CACHED, cached(request)));
    }
    answered(&root, request);
}

/// A future that is in a span below the one that is entered.
async fn within(span: Span, work: impl Future<Output = ()>) {
    work.in_span(span).await;
}

fn asynchronous(request: &Request<'_>, is_sampled: bool) {
    let root = root(request, is_sampled);
    answered(&root, request);
    let below = |name: &'static str| Span::enter_with_local_parent(name);
    let load_order = async {
        let payments =
            below(PAYMENTS).with_properties(|| call(request.payments_url, TIER, request.tier));
        within(payments, async {}).await;
        within(below(DATABASE).with_properties(|| query(request)), async {}).await;
    };
    let price_cart = async {
        let inventory =
            below(INVENTORY).with_properties(|| call(request.inventory_url, ZONE, request.zone));
        within(inventory, async {}).await;
    };
    let served = pin!(within(root, async {
        let order = below(LOAD_ORDER).with_property(|| (ITEMS, request.items.to_string()));
        within(order, load_order).await;
        let price = below(PRICE_CART).with_property(|| (CACHED, cached(request)));
        within(price, price_cart).await;
    }));
    let polled = served.poll(&mut Context::from_waker(Waker::noop()));
    assert!(polled.is_ready(), "nothing in the work waits");
}

/// Has spans thrown away, and counts them.
pub(crate) fn discard() -> Arc<AtomicU64> {
    let spans = Arc::new(AtomicU64::new(0));
    fastrace::set_reporter(Discard(spans.clone()), Config::default());
    spans
}

/// Has spans sent as documents, and counts them.
///
/// # Errors
///
/// When a socket cannot be had.
pub(crate) fn send(sink: SocketAddr) -> Result<Arc<AtomicU64>, String> {
    let socket = UdpSocket::bind(("127.0.0.1", 0)).and_then(|socket| {
        socket.connect(sink)?;
        Ok(socket)
    });
    let spans = Arc::new(AtomicU64::new(0));
    let reporter = Send {
        socket: socket.map_err(|error| error.to_string())?,
        spans: spans.clone(),
        datagram: Vec::new(),
    };
    fastrace::set_reporter(reporter, Config::default());
    Ok(spans)
}

struct Discard(Arc<AtomicU64>);

impl Reporter for Discard {
    fn report(&mut self, spans: Vec<SpanRecord>) {
        self.0.fetch_add(spans.len() as u64, Ordering::Relaxed);
    }
}

/// Sends one document for each trace in what is reported.
struct Send {
    socket: UdpSocket,
    spans: Arc<AtomicU64>,
    datagram: Vec<u8>,
}

impl Reporter for Send {
    fn report(&mut self, spans: Vec<SpanRecord>) {
        for trace in spans.chunk_by(|one, other| one.trace_id == other.trace_id) {
            self.datagram.clear();
            self.datagram.extend_from_slice(json::HEADER);
            for span in trace.iter().filter(|span| span.parent_id.0 == 0) {
                write(&mut self.datagram, trace, span);
            }
            if self.socket.send(&self.datagram).is_ok() {
                self.spans.fetch_add(trace.len() as u64, Ordering::Relaxed);
            }
        }
    }
}

/// Adds a span and those below it.
fn write(out: &mut Vec<u8>, trace: &[SpanRecord], span: &SpanRecord) {
    raw(out, "{\"id\":\"");
    hex::<16>(out, span.span_id.0);
    raw(out, "\",\"name\":\"");
    escaped(out, &span.name);
    raw(out, "\",\"start_time\":");
    seconds(out, span.begin_time_unix_ns / 1_000);
    if span.parent_id.0 == 0 {
        let SpanRecord {
            trace_id: TraceId(id),
            ..
        } = span;
        raw(out, ",\"trace_id\":\"");
        json::trace_id(out, (id >> 96) as u64, (id >> 32) as u64, *id as u64);
        raw(out, "\"");
    }
    let below = trace.iter().filter(|other| other.parent_id == span.span_id);
    let mut separator = ",\"subsegments\":[";
    for other in below {
        raw(out, separator);
        write(out, trace, other);
        separator = ",";
    }
    raw(out, if separator == "," { "]" } else { "" });
    let mut separator = ",\"annotations\":{\"";
    for (key, value) in &span.properties {
        raw(out, separator);
        escaped(out, key);
        raw(out, "\":\"");
        escaped(out, value);
        raw(out, "\"");
        separator = ",\"";
    }
    raw(out, if span.properties.is_empty() { "" } else { "}" });
    raw(out, ",\"end_time\":");
    seconds(out, (span.begin_time_unix_ns + span.duration_ns) / 1_000);
    raw(out, "}");
}
