//! xray-lite: <https://docs.rs/xray-lite>. It is made for AWS Lambda: it reads the trace from a variable, has no root segment of its own,
//! and sends each subsegment twice, when it begins and when it ends.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::Serialize;
use xray_lite::{
    Annotation, Client, Context as _, DaemonClient, Http, Namespace, Segment, Sql, Subsegment,
    SubsegmentContext,
};

use crate::contender::{Contender, Entry, Ready};
use crate::work::{
    CACHED, CALL_METHOD, CART, CHECKOUT, DATABASE, DATABASE_TYPE, INVENTORY, ITEMS, LOAD_ORDER,
    PAYMENTS, PRICE_CART, REPLICA, Request, STATUS, TIER, ZONE,
};

const NAME: &str = "xray-lite";

const TRACE: &str = "_X_AMZN_TRACE_ID";

/// Its spans are thrown away.
pub(crate) const ENTRIES: &[Entry] = &[
    Entry::new(NAME, "sampled", "a client that writes nothing", |_| {
        Lite::ready(None)
    })
    .with(&[(
        TRACE,
        "Root=1-65dfb5a1-0123456789abcdef01234567;Parent=0123456789abcdef;Sampled=1",
    )]),
    Entry::new(NAME, "unsampled", "it records all the same", |_| {
        Lite::ready(None)
    })
    .with(&[(
        TRACE,
        "Root=1-65dfb5a1-0123456789abcdef01234567;Parent=0123456789abcdef;Sampled=0",
    )]),
];

/// Its spans are sent.
pub(crate) const SENDING: &[Entry] = &[Entry::new(
    NAME,
    "sampled-udp",
    "its daemon client, on the request path",
    |sink| {
        let client = DaemonClient::new(sink).map_err(|error| error.to_string())?;
        Lite::ready(Some(client))
    },
)
.with(&[(
    TRACE,
    "Root=1-65dfb5a1-0123456789abcdef01234567;Parent=0123456789abcdef;Sampled=1",
)])];

/// Five subsegments as they begin and as they end, and the segment.
const DOCUMENTS: u64 = 11;

struct Lite(Counted);

impl Lite {
    fn ready(client: Option<DaemonClient>) -> Ready {
        Ok(Box::new(Self(Counted {
            client,
            sent: Arc::default(),
        })))
    }

    fn record(&self, request: &Request<'_>) -> xray_lite::Result<()> {
        let mut root = Segment::begin(CHECKOUT);
        let asked = xray_lite::Request {
            method: Some(request.method.to_owned()),
            url: Some(request.url.to_owned()),
            client_ip: Some(request.client_ip.to_owned()),
            user_agent: Some(request.user_agent.to_owned()),
            ..Default::default()
        };
        let context = SubsegmentContext::from_lambda_env(self.0.clone())?;
        {
            let _order = context.enter_subsegment(Work::plain(
                LOAD_ORDER,
                ITEMS,
                Value::Number(request.items),
            ));
            drop(context.enter_subsegment(Work {
                url: Some(request.payments_url),
                ..Work::plain(PAYMENTS, TIER, Value::Text(request.tier))
            }));
            drop(context.enter_subsegment(Work {
                query: Some(request.query),
                ..Work::plain(DATABASE, REPLICA, Value::Text(request.replica))
            }));
        }
        {
            let _price = context.enter_subsegment(Work::plain(
                PRICE_CART,
                CACHED,
                Value::Bool(request.cached),
            ));
            drop(context.enter_subsegment(Work {
                url: Some(request.inventory_url),
                ..Work::plain(INVENTORY, ZONE, Value::Text(request.zone))
            }));
        }
        root.http = Some(Http {
            request: Some(asked),
            response: Some(answered()),
        });
        root.metadata = Some(HashMap::from([(CART.to_owned(), request.cart.into())]));
        root.end();
        self.0.send(&root)
    }
}

fn answered() -> xray_lite::Response {
    xray_lite::Response {
        status: Some(STATUS),
        content_length: None,
    }
}

impl Contender for Lite {
    fn burst(&mut self, request: &Request<'_>, operations: usize) {
        for _ in 0..operations {
            // What fails is missed by `verify`.
            let _ = self.record(request);
        }
    }

    fn verify(&self, operations: u64) -> Result<(), String> {
        let sent = self.0.sent.load(Ordering::Relaxed);
        (sent == DOCUMENTS * operations)
            .then_some(())
            .ok_or_else(|| format!("{sent} documents of {operations} requests"))
    }
}

/// What a subsegment says. Its own namespaces have neither annotations nor queries.
struct Work<'a> {
    name: &'static str,
    key: &'static str,
    value: Value<'a>,
    url: Option<&'a str>,
    query: Option<&'a str>,
}

enum Value<'a> {
    Text(&'a str),
    Number(i64),
    Bool(bool),
}

impl<'a> Work<'a> {
    fn plain(name: &'static str, key: &'static str, value: Value<'a>) -> Self {
        Self {
            name,
            key,
            value,
            url: None,
            query: None,
        }
    }
}

impl Namespace for Work<'_> {
    fn name(&self, _prefix: &str) -> String {
        self.name.to_owned()
    }

    /// Is called twice, as the subsegment is sent.
    fn update_subsegment(&self, subsegment: &mut Subsegment) {
        if subsegment.annotations.is_some() {
            if let Some(http) = &mut subsegment.http {
                http.response = Some(answered());
            }
            return;
        }
        if self.url.is_some() || self.query.is_some() {
            subsegment.namespace = Some("remote".to_owned());
        }
        subsegment.http = self.url.map(|url| Http {
            request: Some(xray_lite::Request {
                method: Some(CALL_METHOD.to_owned()),
                url: Some(url.to_owned()),
                ..Default::default()
            }),
            response: None,
        });
        subsegment.sql = self.query.map(|query| Sql {
            sanitized_query: Some(query.to_owned()),
            database_type: Some(DATABASE_TYPE.to_owned()),
            ..Default::default()
        });
        let value = match self.value {
            Value::Text(text) => Annotation::String(text.to_owned()),
            Value::Number(number) => Annotation::Number(number as usize),
            Value::Bool(value) => Annotation::Bool(value),
        };
        subsegment.annotations = Some(HashMap::from([(self.key.to_owned(), value)]));
    }
}

/// A client that counts; without one inside, it takes all and sends nothing.
#[derive(Clone, Debug)]
struct Counted {
    client: Option<DaemonClient>,
    sent: Arc<AtomicU64>,
}

impl Client for Counted {
    fn send<S: Serialize>(&self, document: &S) -> xray_lite::Result<()> {
        if let Some(client) = &self.client {
            client.send(document)?;
        }
        self.sent.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}
