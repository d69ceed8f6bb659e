use std::future::pending;
use std::io;

use bytes::Bytes;
use http::header::{CONNECTION, UPGRADE};
use http::request::Parts;
use http::{Method, Response, StatusCode};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Empty, Full};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::io::AsyncWriteExt as _;
use tokio::task::yield_now;
use xray_sdk::{InSubsegment as _, TraceHeader, current, subsegment};

use crate::script::{Script, Step};

pub(crate) type SiteBody = UnsyncBoxBody<Bytes, io::Error>;

/// What every server under test answers, whichever framework it is made with.
pub(crate) async fn answer(request: Parts) -> Response<SiteBody> {
    let is_head = request.method == Method::HEAD;
    let response = page(request).await;
    if is_head {
        return response.map(|_| nothing());
    }
    response
}

async fn page(request: Parts) -> Response<SiteBody> {
    match request.uri.path() {
        "/hello" => hello().await,
        "/sent" => text(sent(&request)),
        "/downstream" => text(downstream()),
        "/empty" => status(StatusCode::NO_CONTENT),
        "/unchanged" => status(StatusCode::NOT_MODIFIED),
        "/chunks" => script([
            Step::Chunk("one"),
            Step::Yield,
            Step::Chunk("two"),
            Step::Yield,
        ]),
        "/endless" => script([Step::Chunk("one"), Step::Stall]),
        "/broken" => script([Step::Chunk("one"), Step::Yield, Step::Fail]),
        "/panicking-body" => script([Step::Chunk("one"), Step::Yield, Step::Panic]),
        "/hang" => pending().await,
        "/panic" => panic().await,
        "/upgrade" => upgrade(request),
        path => match path.rsplit_once('/') {
            Some(("/status", code)) => status(code.parse().expect("a status")),
            Some(("/steps", number)) => steps(number).await,
            _ => status(StatusCode::NOT_FOUND),
        },
    }
}

async fn hello() -> Response<SiteBody> {
    yield_now().await;
    subsegment("greet").run(|_| text("hello".to_owned()))
}

/// The tracing header of the request as it arrived.
fn sent(request: &Parts) -> String {
    match request.headers.get(TraceHeader::NAME) {
        Some(header) => header.to_str().expect("plain text").to_owned(),
        None => "no header".to_owned(),
    }
}

/// The tracing header that a call made here would send.
fn downstream() -> String {
    match current().header() {
        Some(header) => header.to_string(),
        None => "no header".to_owned(),
    }
}

async fn steps(number: &str) -> Response<SiteBody> {
    for _ in 0..3 {
        async {
            yield_now().await;
            subsegment(format!("inside {number}")).run(|_| ());
            yield_now().await;
        }
        .in_subsegment(format!("step {number}"))
        .await;
    }
    text(number.to_owned())
}

async fn panic() -> Response<SiteBody> {
    yield_now().await;
    panic!("the handler panics, as it was asked to")
}

fn upgrade(mut request: Parts) -> Response<SiteBody> {
    let upgraded = request
        .extensions
        .remove::<OnUpgrade>()
        .expect("a connection that can be upgraded");
    tokio::spawn(async move {
        let connection = upgraded.await.expect("the connection is upgraded");
        let written = TokioIo::new(connection).write_all(b"no longer http").await;
        written.expect("the other end reads");
    });
    let mut response = status(StatusCode::SWITCHING_PROTOCOLS);
    let headers = response.headers_mut();
    headers.insert(CONNECTION, "upgrade".parse().expect("a value"));
    headers.insert(UPGRADE, "echo".parse().expect("a value"));
    response
}

fn status(status: StatusCode) -> Response<SiteBody> {
    let mut response = Response::new(nothing());
    *response.status_mut() = status;
    response
}

fn nothing() -> SiteBody {
    Empty::new().map_err(|never| match never {}).boxed_unsync()
}

fn text(text: String) -> Response<SiteBody> {
    Response::new(
        Full::from(text)
            .map_err(|never| match never {})
            .boxed_unsync(),
    )
}

fn script<const N: usize>(steps: [Step; N]) -> Response<SiteBody> {
    Response::new(Script::new(steps).boxed_unsync())
}
