use std::io;

use ::hyper::body::Incoming;
use bytes::Bytes;
use http::header::CONTENT_LENGTH;
use http::{Method, Request, Response};
use http_body_util::{BodyExt as _, Empty};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{Client as Legacy, Error};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tower::{Layer as _, Service, ServiceExt as _, service_fn};
use xray_sdk_tower::{ClientLayer, PeerAddress, TracedClient};

use crate::client_behaviour::client_behaviours;
use crate::errand::{BoxError, Client, Reply};
use crate::expose::{content_length, exceptions, is_aborted};
use crate::script::{Script, Step};
use crate::server_behaviour::server_behaviours;
use crate::shop::{Layers, Server, Shop};
use crate::site::{self, SiteBody};

struct Http1;
struct Http2;

impl Server for Http1 {
    const HTTP2: bool = false;

    async fn serve(listener: TcpListener, layers: Layers) {
        serve(listener, layers.layer(service_fn(answer))).await;
    }
}

impl Server for Http2 {
    const HTTP2: bool = true;

    async fn serve(listener: TcpListener, layers: Layers) {
        serve(listener, layers.layer(service_fn(answer))).await;
    }
}

async fn answer(request: Request<Incoming>) -> io::Result<Response<SiteBody>> {
    Ok(site::answer(request.into_parts().0).await)
}

/// Answers connections of HTTP/1 and HTTP/2 with a tower service.
pub(crate) async fn serve<S, B>(listener: TcpListener, service: S)
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = io::Error>,
    S: Clone + Send + 'static,
    S::Future: Send,
    B: http_body::Body<Data = Bytes, Error = io::Error> + Send + 'static,
{
    loop {
        let (connection, peer) = listener.accept().await.expect("a connection");
        let service = service.clone().map_request(move |mut request: Request<_>| {
            request.extensions_mut().insert(PeerAddress(peer));
            request
        });
        tokio::spawn(async move {
            let service = TowerToHyperService::new(service);
            // A connection that breaks is part of what the tests do.
            let _ = Builder::new(TokioExecutor::new())
                .serve_connection_with_upgrades(TokioIo::new(connection), service)
                .await;
        });
    }
}

mod http1 {
    use super::*;
    server_behaviours!(http1 Http1);
}

mod http2 {
    use super::*;
    server_behaviours!(Http2);
}

/// A server that fails instead of answering.
struct Failing;

impl Server for Failing {
    const HTTP2: bool = false;

    async fn serve(listener: TcpListener, layers: Layers) {
        let fail =
            async |_: Request<Incoming>| Err::<Response<SiteBody>, _>(io::Error::other("no stock"));
        serve(listener, layers.layer(service_fn(fail))).await;
    }
}

#[tokio::test]
async fn an_error_of_the_service_is_a_fault_with_its_text() {
    let mut shop = Shop::open::<Failing>().await;
    assert!(shop.send(shop.request("/hello")).await.is_err());
    shop.over().await;
    assert_eq!(shop.capture.tree(), "shop fault\n");
    let segment = shop.segment();
    let exception = &exceptions(&segment)[0];
    assert_eq!(exception.message.as_deref(), Some("no stock"));
    assert_eq!(exception.kind.as_deref(), Some("std::io::error::Error"));
    assert!(!is_aborted(&segment));
}

/// A server that gives a body to any request, with a length, and never says that it is over.
struct Careless;

impl Server for Careless {
    const HTTP2: bool = false;

    async fn serve(listener: TcpListener, layers: Layers) {
        let answer = async |_: Request<Incoming>| {
            let body = Script::new([Step::Chunk("one"), Step::Stall]).boxed_unsync();
            Response::builder()
                .header(CONTENT_LENGTH, 3)
                .body(body)
                .map_err(io::Error::other)
        };
        serve(listener, layers.layer(service_fn(answer))).await;
    }
}

#[tokio::test]
async fn a_body_that_nobody_sends_is_not_waited_for() {
    let shop = Shop::open::<Careless>().await;
    shop.exchange(shop.request("/hello").method(Method::HEAD))
        .await;
    // The body was not even asked for.
    assert_eq!(shop.capture.tree(), "shop 200\n");
    assert_eq!(content_length(&shop.segment()), None);
}

#[tokio::test]
async fn a_body_is_complete_when_its_announced_length_is_sent() {
    let mut shop = Shop::open::<Careless>().await;
    assert_eq!(shop.get("/hello").await.body(), "one");
    // The server lets go of the body without asking whether that was all.
    shop.over().await;
    assert_eq!(shop.capture.tree(), "shop 200\n  chunk\n");
    assert!(!is_aborted(&shop.segment()));
}

struct HyperClient(TracedClient<Legacy<HttpConnector, Empty<Bytes>>>);

impl Client for HyperClient {
    const CLOSES_WITH_BODY: bool = true;

    fn to(_: &str) -> Self {
        let client = Legacy::builder(TokioExecutor::new()).build_http();
        Self(ClientLayer::new().layer(client))
    }

    async fn send(&self, request: Request<()>) -> Result<Reply, BoxError> {
        let response = self
            .0
            .clone()
            .oneshot(request.map(|()| Empty::new()))
            .await?;
        Ok(response.map(|body| body.map_err(Into::into).boxed_unsync()))
    }

    fn is_refusal(error: &BoxError) -> bool {
        error.downcast_ref().is_some_and(Error::is_connect)
    }
}

mod client {
    use super::*;
    client_behaviours!(HyperClient);
}
