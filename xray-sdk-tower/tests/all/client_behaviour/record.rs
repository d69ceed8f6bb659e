//! What is recorded of a call.

use http::Request;
use xray_sdk::document::Namespace;
use xray_sdk::testing::Capture;

use crate::errand::{Client, Errand, refusing_address};
use crate::expose::{content_length, exceptions, flags, is_aborted, request};

pub(crate) async fn a_call_has_a_remote_subsegment_with_the_name_of_the_host<C: Client>() {
    let errand = Errand::<C>::new().await;
    let response = errand.in_segment(errand.get("/hello")).await;
    assert_eq!(response.body(), "hello");
    assert_eq!(errand.capture.tree(), "checkout\n  127.0.0.1 200\n");
    let call = errand.call();
    assert_eq!(call.namespace, Some(Namespace::Remote));
    assert_eq!(request(&call).method.as_deref(), Some("GET"));
    assert_eq!(
        request(&call).url,
        Some(format!("{}/hello", errand.address))
    );
    assert_eq!(content_length(&call), Some(5));
    assert!(!is_aborted(&call));
}

pub(crate) async fn query_user_name_and_password_are_not_recorded<C: Client>() {
    let errand = Errand::<C>::new().await;
    let url = errand.address.replace("http://", "http://user:secret@");
    let asked = Request::get(format!("{url}/hello?card=4111111111111111")).body(());
    let asked = asked.expect("a request");
    errand.in_segment(errand.exchange(asked)).await;
    let url = format!("{}/hello", errand.address);
    assert_eq!(request(&errand.call()).url, Some(url));
}

pub(crate) async fn each_status_sets_its_flags<C: Client>() {
    for (status, expected) in [
        (200, (false, false, false)),
        (404, (true, false, false)),
        (429, (true, false, true)),
        (500, (false, true, false)),
    ] {
        let errand = Errand::<C>::new().await;
        errand
            .in_segment(errand.get(&format!("/status/{status}")))
            .await;
        let call = errand.call();
        assert_eq!(call.status(), Some(status));
        assert_eq!(
            flags(&call),
            expected,
            "error, fault and throttle of {status}"
        );
    }
}

pub(crate) async fn a_refused_connection_is_a_fault_with_its_causes_and_the_error_stays_untouched<
    C: Client,
>() {
    let capture = Capture::new("checkout");
    let address = refusing_address().await;
    let client = C::to(&address);
    let asked = Request::get(format!("{address}/hello"))
        .body(())
        .expect("a request");
    let segment = capture.recorder().segment("checkout");
    let Err(error) = segment.run(client.send(asked)).await else {
        panic!("nobody listens");
    };
    assert!(C::is_refusal(&error), "{error:?}");
    assert_eq!(capture.tree(), "checkout\n  127.0.0.1 fault\n");
    let segment = capture.documents().remove(0);
    let call = &segment.subsegments[0];
    let texts: Vec<_> = exceptions(call)
        .iter()
        .filter_map(|one| one.message.as_deref())
        .collect();
    assert!(texts.len() > 1, "{texts:?}");
    assert!(
        texts.last().is_some_and(|text| text.contains("refused")),
        "{texts:?}"
    );
    assert!(!is_aborted(call));
}
