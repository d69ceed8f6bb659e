//! When a segment closes, and what it says then.

use http::header::{CONNECTION, UPGRADE};
use http::{Method, StatusCode};
use http_body_util::BodyExt as _;
use hyper_util::rt::TokioIo;
use tokio::io::AsyncReadExt as _;

use crate::expose::{content_length, exceptions, is_aborted};
use crate::shop::{Server, Shop};

pub(crate) async fn a_streamed_body_is_part_of_the_segment<S: Server>() {
    let shop = Shop::open::<S>().await;
    let response = shop.get("/chunks").await;
    assert_eq!(response.body(), "onetwo");
    assert_eq!(shop.capture.tree(), "shop 200\n  chunk\n  chunk\n");
    // Nobody knew the length beforehand: it was counted.
    assert_eq!(content_length(&shop.segment()), Some(6));
}

pub(crate) async fn an_answer_without_a_body_ends_with_its_head<S: Server>() {
    for (method, path, tree) in [
        (Method::HEAD, "/hello", "shop 200\n  greet\n"),
        (Method::GET, "/empty", "shop 204\n"),
        (Method::GET, "/unchanged", "shop 304\n"),
        (Method::GET, "/status/200", "shop 200\n"),
    ] {
        let shop = Shop::open::<S>().await;
        shop.exchange(shop.request(path).method(method)).await;
        assert_eq!(shop.capture.tree(), tree);
        assert!(!is_aborted(&shop.segment()), "{path}");
    }
}

pub(crate) async fn a_panic_of_the_handler_is_a_fault<S: Server>() {
    let mut shop = Shop::open::<S>().await;
    let answer = shop.send(shop.request("/panic")).await;
    assert!(answer.is_err(), "{answer:?}");
    shop.over().await;
    assert_eq!(shop.capture.tree(), "shop fault\n");
    assert!(!is_aborted(&shop.segment()));
}

pub(crate) async fn a_panic_of_the_body_is_a_fault<S: Server>() {
    let mut shop = Shop::open::<S>().await;
    let answer = shop.send(shop.request("/panicking-body")).await;
    if let Ok(response) = answer {
        assert!(response.into_body().collect().await.is_err());
    }
    shop.over().await;
    assert_eq!(shop.capture.tree(), "shop 200 fault\n  chunk\n");
    assert!(!is_aborted(&shop.segment()));
}

pub(crate) async fn a_body_that_fails_is_a_fault_with_its_text<S: Server>() {
    let mut shop = Shop::open::<S>().await;
    let answer = shop.send(shop.request("/broken")).await;
    if let Ok(response) = answer {
        assert!(response.into_body().collect().await.is_err());
    }
    shop.over().await;
    assert_eq!(shop.capture.tree(), "shop 200 fault\n  chunk\n");
    let segment = shop.segment();
    // A framework may add words of its own.
    let text = exceptions(&segment)[0].message.as_deref();
    assert!(
        text.is_some_and(|text| text.contains("the shelf is empty")),
        "{text:?}"
    );
    assert!(!is_aborted(&segment));
}

pub(crate) async fn a_caller_that_goes_away_before_the_answer_ends_the_segment<S: Server>() {
    let mut shop = Shop::open::<S>().await;
    let calling = tokio::spawn(shop.send(shop.request("/hang")));
    shop.called().await;
    calling.abort();
    shop.over().await;
    assert_eq!(shop.capture.tree(), "shop\n");
    assert!(is_aborted(&shop.segment()));
}

pub(crate) async fn a_caller_that_goes_away_half_way_ends_the_segment<S: Server>() {
    let mut shop = Shop::open::<S>().await;
    let mut response = shop.send(shop.request("/endless")).await.expect("a head");
    let frame = response.body_mut().frame().await.expect("a frame");
    assert!(frame.expect("which is good").is_data());
    assert_eq!(shop.capture.tree(), "", "the segment is still open");
    drop(response);
    shop.over().await;
    assert_eq!(shop.capture.tree(), "shop 200\n  chunk\n");
    let segment = shop.segment();
    assert!(is_aborted(&segment));
    assert_eq!(
        content_length(&segment),
        Some(3),
        "what was sent until then"
    );
}

pub(crate) async fn an_upgraded_connection_ends_the_segment_with_the_head<S: Server>() {
    let shop = Shop::open::<S>().await;
    let asked = shop
        .request("/upgrade")
        .header(CONNECTION, "upgrade")
        .header(UPGRADE, "echo");
    let response = shop.send(asked).await.expect("an answer");
    assert_eq!(response.status(), StatusCode::SWITCHING_PROTOCOLS);
    assert_eq!(shop.capture.tree(), "shop 101\n");

    let connection = ::hyper::upgrade::on(response).await.expect("an upgrade");
    let mut said = String::new();
    let read = TokioIo::new(connection).read_to_string(&mut said).await;
    read.expect("the other end writes");
    assert_eq!(said, "no longer http");
    assert!(!is_aborted(&shop.segment()));
}
