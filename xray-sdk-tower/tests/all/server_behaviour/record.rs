//! What is recorded of a request and of its answer.

use http::header::USER_AGENT;
use xray_sdk::testing::Capture;
use xray_sdk_tower::{Naming, ServerLayer};

use crate::expose::{content_length, flags, request};
use crate::shop::{Server, Shop};

pub(crate) async fn a_request_has_a_segment_and_what_runs_for_it_stands_below<S: Server>() {
    let shop = Shop::open::<S>().await;
    let response = shop.get("/hello").await;
    assert_eq!(response.body(), "hello");
    assert_eq!(
        response.headers()["content-length"],
        "5",
        "known to the server as before"
    );
    assert_eq!(shop.capture.tree(), "shop 200\n  greet\n");
    assert_eq!(content_length(&shop.segment()), Some(5));
}

pub(crate) async fn method_url_and_user_agent_are_recorded_without_the_query<S: Server>() {
    let shop = Shop::open::<S>().await;
    let asked = shop
        .request("/hello?card=4111111111111111")
        .header(USER_AGENT, "probe/1.0");
    shop.exchange(asked).await;
    let segment = shop.segment();
    assert_eq!(request(&segment).method.as_deref(), Some("GET"));
    assert_eq!(request(&segment).url, Some(shop.url("/hello")));
    assert_eq!(request(&segment).user_agent.as_deref(), Some("probe/1.0"));
}

pub(crate) async fn a_segment_can_be_named_by_the_host<S: Server>() {
    for (pattern, expected) in [
        ("127.0.0.?", "127.0.0.1 200\n"),
        ("*.example.com", "shop 200\n"),
    ] {
        let capture = Capture::new("shop");
        let layer = ServerLayer::new(capture.recorder()).naming(Naming::by_host(pattern));
        let shop = Shop::open_with::<S>(capture, layer).await;
        shop.get("/status/200").await;
        assert_eq!(shop.capture.tree(), expected);
    }
}

pub(crate) async fn the_first_forwarded_address_is_the_callers<S: Server>() {
    let shop = Shop::open::<S>().await;
    let asked = shop
        .request("/hello")
        .header("X-Forwarded-For", " 203.0.113.7 , 10.0.0.1");
    shop.exchange(asked).await;
    let segment = shop.segment();
    assert_eq!(request(&segment).client_ip.as_deref(), Some("203.0.113.7"));
    assert!(request(&segment).x_forwarded_for);
}

pub(crate) async fn without_a_proxy_the_connection_tells_the_callers_address<S: Server>() {
    let shop = Shop::open::<S>().await;
    shop.get("/hello").await;
    let segment = shop.segment();
    assert_eq!(request(&segment).client_ip.as_deref(), Some("127.0.0.1"));
    assert!(!request(&segment).x_forwarded_for);
}

pub(crate) async fn a_load_balancer_tells_the_scheme<S: Server>() {
    let shop = Shop::open::<S>().await;
    let asked = shop.request("/hello").header("X-Forwarded-Proto", "https");
    shop.exchange(asked).await;
    let expected = shop.url("/hello").replace("http://", "https://");
    assert_eq!(request(&shop.segment()).url, Some(expected));
}

pub(crate) async fn each_status_sets_its_flags<S: Server>() {
    for (status, expected) in [
        (200, (false, false, false)),
        (302, (false, false, false)),
        (404, (true, false, false)),
        (429, (true, false, true)),
        (500, (false, true, false)),
        (503, (false, true, false)),
    ] {
        let shop = Shop::open::<S>().await;
        let response = shop.get(&format!("/status/{status}")).await;
        assert_eq!(response.status(), status);
        let segment = shop.segment();
        assert_eq!(segment.status(), Some(status));
        assert_eq!(
            flags(&segment),
            expected,
            "error, fault and throttle of {status}"
        );
    }
}
