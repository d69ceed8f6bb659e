//! Which trace a segment belongs to, who decides on sampling, and what the caller and the next service are told.

use std::sync::{Arc, Mutex};

use http::Response;
use http_body_util::BodyExt as _;
use tokio::task::JoinSet;
use xray_sdk::TraceHeader;
use xray_sdk::sampling::{Decision, Never, Sampler, SamplingRequest};
use xray_sdk::testing::Capture;
use xray_sdk_tower::ServerLayer;

use crate::shop::{Server, Shop};

const ROOT: &str = "1-5759e988-bd862e3fe1be46a994272793";
const PARENT: &str = "53995c3f42cd8ad8";

fn trace_header<B>(response: &Response<B>) -> &str {
    let header = response.headers().get(TraceHeader::NAME);
    header
        .expect("a tracing header in the response")
        .to_str()
        .expect("plain text")
}

pub(crate) async fn a_trace_goes_on_from_the_callers_header<S: Server>() {
    let shop = Shop::open::<S>().await;
    let header = format!("Root={ROOT};Parent={PARENT};Sampled=1;Lineage=a87bd80c:1");
    let asked = shop
        .request("/downstream")
        .header("X-Amzn-Trace-Id", &header);
    let response = shop.exchange(asked).await;

    // The caller asked no question, so it gets the root and no decision.
    assert_eq!(trace_header(&response), format!("Root={ROOT}"));
    let segment = shop.segment();
    assert_eq!(
        segment.trace_id.map(|id| id.to_string()).as_deref(),
        Some(ROOT)
    );
    assert_eq!(
        segment.parent_id.map(|id| id.to_string()).as_deref(),
        Some(PARENT)
    );
    // What the next service gets has this segment as the parent, and what the caller added.
    let expected = format!(
        "Root={ROOT};Parent={};Sampled=1;Lineage=a87bd80c:1",
        segment.id
    );
    assert_eq!(response.body(), &expected);
}

pub(crate) async fn a_w3c_traceparent_is_continued_where_there_is_no_other_header<S: Server>() {
    let shop = Shop::open::<S>().await;
    let traceparent = "00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-01";
    for asked in [
        shop.request("/hello"),
        // A header that names no trace does not stand in the way.
        shop.request("/hello").header(TraceHeader::NAME, "Self=1"),
    ] {
        let response = shop
            .exchange(asked.header("traceparent", traceparent))
            .await;
        assert_eq!(trace_header(&response), format!("Root={ROOT}"));
    }
    for segment in shop.capture.documents() {
        assert_eq!(
            segment.parent_id.map(|id| id.to_string()).as_deref(),
            Some(PARENT)
        );
    }
}

pub(crate) async fn a_request_without_a_header_begins_a_trace_and_the_caller_gets_its_id<
    S: Server,
>() {
    let shop = Shop::open::<S>().await;
    let response = shop.get("/hello").await;
    let segment = shop.segment();
    let trace = segment.trace_id.expect("a segment names its trace");
    assert_eq!(trace_header(&response), format!("Root={trace}"));
    assert_eq!(segment.parent_id, None);
}

pub(crate) async fn a_caller_that_decided_against_sampling_is_obeyed_and_passed_on<S: Server>() {
    let shop = Shop::open::<S>().await;
    let header = format!("Root={ROOT};Parent={PARENT};Sampled=0");
    for path in ["/downstream", "/hello", "/chunks", "/status/500"] {
        let asked = shop.request(path).header(TraceHeader::NAME, &header);
        let response = shop.exchange(asked).await;
        assert_eq!(trace_header(&response), format!("Root={ROOT}"));
        if path == "/downstream" {
            let sent = TraceHeader::parse(std::str::from_utf8(response.body()).expect("text"));
            assert_eq!(sent.root().map(|id| id.to_string()).as_deref(), Some(ROOT));
            assert_eq!(sent.sampled(), xray_sdk::Sampled::No);
        }
    }
    assert_eq!(shop.capture.tree(), "");
}

pub(crate) async fn a_caller_that_asks_is_told_the_decision<S: Server>() {
    let shop = Shop::open::<S>().await;
    let asked = format!("Root={ROOT};Sampled=?");
    let request = shop.request("/hello").header(TraceHeader::NAME, &asked);
    let response = shop.exchange(request).await;
    assert_eq!(trace_header(&response), format!("Root={ROOT};Sampled=1"));

    let capture = Capture::with_sampler("shop", Never);
    let layer = ServerLayer::new(capture.recorder());
    let shop = Shop::open_with::<S>(capture, layer).await;
    let request = shop.request("/hello").header(TraceHeader::NAME, &asked);
    let response = shop.exchange(request).await;
    assert_eq!(trace_header(&response), format!("Root={ROOT};Sampled=0"));
    assert_eq!(shop.capture.tree(), "");
}

pub(crate) async fn the_sampler_sees_service_host_method_and_path<S: Server>() {
    let seen = Seen::default();
    let capture = Capture::with_sampler("shop", seen.clone());
    let layer = ServerLayer::new(capture.recorder());
    let shop = Shop::open_with::<S>(capture, layer).await;
    shop.get("/hello?card=4111111111111111").await;
    let seen = seen.0.lock().expect("no test panicked").clone();
    assert_eq!(seen, ["shop 127.0.0.1 GET /hello"]);
}

/// Keeps what it is asked about.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Vec<String>>>);

impl Sampler for Seen {
    fn decide(&self, request: &SamplingRequest<'_>) -> Decision {
        let parts = [
            Some(request.service),
            request.host,
            request.method,
            request.path,
        ];
        let line = parts.map(|part| part.unwrap_or("nothing")).join(" ");
        self.0.lock().expect("no test panicked").push(line);
        Decision::sampled()
    }
}

pub(crate) async fn requests_at_the_same_time_do_not_mix<S: Server>() {
    const REQUESTS: usize = 40;
    let shop = Shop::open::<S>().await;
    let mut calls = JoinSet::new();
    for number in 0..REQUESTS {
        let header = format!("Root={};Sampled=1", numbered_trace(number));
        let asked = shop.request(&format!("/steps/{number}"));
        let call = shop.send(asked.header(TraceHeader::NAME, header));
        calls.spawn(async { call.await.expect("an answer").into_body().collect().await });
    }
    for body in calls.join_all().await {
        body.expect("a whole body");
    }
    let documents = shop.capture.documents();
    assert_eq!(documents.len(), REQUESTS);
    for number in 0..REQUESTS {
        let trace = numbered_trace(number);
        let mut own = documents
            .iter()
            .filter(|document| document.trace_id.map(|id| id.to_string()).as_ref() == Some(&trace));
        let segment = own.next().expect("a segment of each trace");
        assert_eq!(own.next(), None, "one segment of each trace");
        let names: Vec<_> = segment
            .walk()
            .map(|document| document.name.clone())
            .collect();
        let step = [format!("step {number}"), format!("inside {number}")];
        assert_eq!(names[0], "shop");
        assert_eq!(names[1..], [step.clone(), step.clone(), step].concat());
    }
}

fn numbered_trace(number: usize) -> String {
    format!("1-5759e988-{number:024x}")
}
