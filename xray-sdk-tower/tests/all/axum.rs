use std::net::SocketAddr;

use ::axum::Router;
use ::axum::extract::Request;
use ::axum::routing::get;
use tokio::net::TcpListener;
use tower::ServiceExt as _;
use xray_sdk::testing::Capture;
use xray_sdk_tower::ServerLayer;

use crate::expose::request;
use crate::server_behaviour::server_behaviours;
use crate::shop::{Layers, Server};
use crate::site;

struct Axum;

/// The site as one handler of axum.
pub(crate) fn router() -> Router {
    Router::new().fallback(async |request: Request| site::answer(request.into_parts().0).await)
}

impl Server for Axum {
    const HTTP2: bool = false;

    async fn serve(listener: TcpListener, layers: Layers) {
        let app = router().layer(layers);
        let app = app.into_make_service_with_connect_info::<SocketAddr>();
        ::axum::serve(listener, app).await.expect("a server");
    }
}

server_behaviours!(http1 Axum);

#[tokio::test]
async fn the_matched_route_is_an_annotation() {
    let capture = Capture::new("shop");
    let app = Router::new()
        .route("/items/{id}", get("an item"))
        .layer(ServerLayer::new(capture.recorder()));
    let asked = Request::get("http://shop/items/7").body(::axum::body::Body::empty());
    app.oneshot(asked.expect("a request"))
        .await
        .expect("an answer");
    let segment = capture.documents().remove(0);
    let route = segment.annotations["http_route"].as_text();
    assert_eq!(route, Some("/items/{id}"));
}

#[tokio::test]
async fn a_nested_router_records_the_path_that_was_asked_for() {
    let capture = Capture::new("shop");
    let nested = Router::new()
        .route("/items/{id}", get("an item"))
        .layer(ServerLayer::new(capture.recorder()));
    let asked = Request::get("http://shop/v1/items/7").body(::axum::body::Body::empty());
    let app = Router::new().nest("/v1", nested);
    app.oneshot(asked.expect("a request"))
        .await
        .expect("an answer");
    let segment = capture.documents().remove(0);
    let url = request(&segment).url.as_deref();
    assert_eq!(url, Some("http://shop/v1/items/7"));
    let route = segment.annotations["http_route"].as_text();
    assert_eq!(route, Some("/v1/items/{id}"));
}
