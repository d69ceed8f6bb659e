//! Responses whose bodies the program reads itself.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll};

use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use http_body::Frame;
use serde_json::json;
use xray_sdk::testing::Capture;
use xray_sdk_aws::client;

use crate::canned::{Answer, Canned};
use crate::record::call;

/// A body in parts, of no known length.
struct Parts(VecDeque<Result<&'static [u8], &'static str>>);

impl http_body::Body for Parts {
    type Data = Bytes;
    type Error = Box<dyn std::error::Error + Send + Sync>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        Poll::Ready(self.0.pop_front().map(|part| match part {
            Ok(bytes) => Ok(Frame::data(Bytes::from_static(bytes))),
            Err(error) => Err(error.into()),
        }))
    }
}

fn parts<const N: usize>(parts: [Result<&'static [u8], &'static str>; N]) -> SdkBody {
    SdkBody::from_body_1_x(Parts(parts.into()))
}

fn object(body: impl Fn() -> SdkBody + Send + Sync + 'static) -> aws_sdk_s3::Client {
    let canned = Canned::new(move |_, _| Answer::new(200, &[("x-amz-request-id", "R")], body()));
    client!(aws_sdk_s3, &canned.config().build())
}

#[tokio::test]
async fn the_call_ends_when_the_body_is_read() {
    let capture = Capture::new("shop");
    let objects = object(|| parts([Ok(b"one"), Ok(b"two")]));
    let get = async {
        let got = objects
            .get_object()
            .bucket("b")
            .key("k")
            .send()
            .await
            .expect("a head");
        xray_sdk::subsegment("meanwhile").run(|_| ());
        let body = got.body.collect().await.expect("a body");
        assert_eq!(body.into_bytes(), "onetwo");
    };
    capture.recorder().segment("shop").run(get).await;
    let documents = crate::record::documents(&capture);
    let nodes = documents[0]["subsegments"].as_array().expect("two");
    let end = |name: &str| {
        let node = nodes
            .iter()
            .find(|node| node["name"] == name)
            .expect("is there");
        node["end_time"].as_f64().expect("a time")
    };
    assert!(end("S3") >= end("meanwhile"), "{nodes:?}");
    let call = nodes
        .iter()
        .find(|node| node["name"] == "S3")
        .expect("the call");
    assert_eq!(
        call["http"],
        json!({"response": {"status": 200, "content_length": 6}})
    );
    assert_eq!(call.get("metadata"), None);
}

#[tokio::test]
async fn a_body_that_is_dropped_closes_its_call_and_is_marked() {
    let capture = Capture::new("shop");
    let objects = object(|| parts([Ok(b"one"), Ok(b"two")]));
    let get = async {
        let mut got = objects
            .get_object()
            .bucket("b")
            .key("k")
            .send()
            .await
            .expect("a head");
        assert_eq!(
            got.body.next().await.expect("a part").expect("is read"),
            "one"
        );
    };
    capture.recorder().segment("shop").run(get).await;
    let call = call(&capture);
    assert_eq!(call["metadata"], json!({"xray": {"aborted": true}}));
    assert_eq!(call["http"]["response"]["content_length"], 3);
}

#[tokio::test]
async fn a_body_that_is_all_there_when_it_is_dropped_is_complete() {
    let capture = Capture::new("shop");
    let canned = Canned::new(|_, _| {
        Answer::new(
            200,
            &[("content-length", "6")],
            parts([Ok(b"one"), Ok(b"two")]),
        )
    });
    let objects = client!(aws_sdk_s3, &canned.config().build());
    let get = async {
        let mut got = objects
            .get_object()
            .bucket("b")
            .key("k")
            .send()
            .await
            .expect("a head");
        for _ in 0..2 {
            got.body.next().await.expect("a part").expect("is read");
        }
    };
    capture.recorder().segment("shop").run(get).await;
    let call = call(&capture);
    assert_eq!(call.get("metadata"), None);
    assert_eq!(call["http"]["response"]["content_length"], 6);
}

#[tokio::test]
async fn a_body_that_breaks_off_is_a_fault() {
    let capture = Capture::new("shop");
    let objects = object(|| parts([Ok(b"one"), Err("connection reset")]));
    let get = async {
        let got = objects
            .get_object()
            .bucket("b")
            .key("k")
            .send()
            .await
            .expect("a head");
        got.body.collect().await.expect_err("breaks off");
    };
    capture.recorder().segment("shop").run(get).await;
    let call = call(&capture);
    assert_eq!(call["fault"], true);
    assert_eq!(
        call["cause"]["exceptions"],
        json!([{"type": "ResponseError", "message": "connection reset"}])
    );
}

#[tokio::test]
async fn a_body_that_outlives_its_segment_is_still_recorded() {
    let capture = Capture::new("shop");
    let objects = object(|| parts([Ok(b"one")]));
    let get = objects.get_object().bucket("b").key("k").send();
    let got = capture
        .recorder()
        .segment("shop")
        .run(get)
        .await
        .expect("a head");
    assert_eq!(
        got.body.collect().await.expect("a body").into_bytes(),
        "one"
    );
    assert_eq!(capture.tree(), "shop\n  S3 200\n");
}

#[tokio::test]
async fn a_body_that_the_sdk_reads_ends_with_the_call() {
    let capture = Capture::new("shop");
    let canned = Canned::new(|_, _| {
        let body = parts([Ok(b"{\"TableNames\":"), Ok(b"[\"a\"]}")]);
        Answer::new(200, &[("content-type", "application/x-amz-json-1.0")], body)
    });
    let tables = client!(aws_sdk_dynamodb, &canned.config().build());
    let list = tables.list_tables().send();
    capture
        .recorder()
        .segment("shop")
        .run(list)
        .await
        .expect("names");
    let call = call(&capture);
    assert_eq!(call["aws"]["table_count"], 1);
    assert_eq!(call["http"]["response"]["content_length"], 20);
}

#[tokio::test]
async fn an_error_in_place_of_a_body_ends_with_the_call() {
    let capture = Capture::new("shop");
    let canned = Canned::new(|_, _| {
        let body = parts([
            Ok(b"<Error><Code>NoSuchKey</Code>"),
            Ok(b"<Message>m</Message></Error>"),
        ]);
        Answer::new(404, &[], body)
    });
    let objects = client!(aws_sdk_s3, &canned.config().build());
    let get = objects.get_object().bucket("b").key("k").send();
    capture
        .recorder()
        .segment("shop")
        .run(get)
        .await
        .expect_err("no such key");
    assert_eq!(
        call(&capture)["cause"]["exceptions"][0]["type"],
        "NoSuchKey"
    );
}

#[tokio::test]
async fn an_attempt_that_failed_leaves_nothing_of_its_body_behind() {
    for last in [0, 200] {
        let capture = Capture::new("shop");
        let canned = Canned::new(move |number, _| match number {
            // Its length is known only when it is read.
            0 => Answer::new(
                500,
                &[],
                parts([Ok(b"{\"__type\":\"InternalServerError\"}")]),
            ),
            _ if last == 0 => Answer::Refused,
            _ => Answer::json(last, ""),
        });
        let tables = client!(aws_sdk_dynamodb, &canned.config().build());
        let list = tables.list_tables().send();
        let listed = capture.recorder().segment("shop").run(list).await;
        assert_eq!(listed.is_ok(), last == 200);
        let http = match last {
            0 => serde_json::Value::Null,
            _ => json!({"response": {"status": last}}),
        };
        assert_eq!(call(&capture)["http"], http);
    }
}
