//! A configuration whose HTTP client records.

use serde_json::json;
use xray_sdk::testing::Capture;
use xray_sdk_aws::{client, trace_http};

use crate::canned::{Answer, Canned};
use crate::record::{call, documents};

const QUEUE: &str = "https://sqs.eu-west-1.amazonaws.com/123456789012/orders";

#[tokio::test]
async fn every_client_of_the_configuration_is_recorded() {
    let capture = Capture::new("shop");
    let canned = Canned::json(r#"{"MessageId":"M"}"#);
    let config = trace_http(&canned.config().build());
    let queues = aws_sdk_sqs::Client::new(&config);
    let send = queues
        .send_message()
        .queue_url(QUEUE)
        .message_body("SECRET")
        .send();
    capture
        .recorder()
        .segment("shop")
        .run(send)
        .await
        .expect("is sent");
    let documents = documents(&capture);
    let id = documents[0]["subsegments"][0]["id"]
        .as_str()
        .expect("an id");
    assert!(
        canned
            .trace_header(0)
            .expect("a header")
            .contains(&format!("Parent={id}"))
    );
    assert_eq!(
        call(&capture),
        json!({
            "name": "SQS", "namespace": "aws",
            "http": {"response": {"status": 200}},
            "aws": {
                "operation": "SendMessage", "region": "eu-west-1", "queue_url": QUEUE, "message_id": "M", "request_id": "REQUEST",
            },
        })
    );
}

#[tokio::test]
async fn a_query_and_an_object_are_recorded_too() {
    let capture = Capture::new("shop");
    let canned = Canned::new(|_, _| Answer::xml(404, "<Error><Code>NotFound</Code></Error>"));
    let config = trace_http(&canned.config().build());
    let work = async {
        let topics = aws_sdk_sns::Client::new(&config);
        topics
            .publish()
            .topic_arn("arn:aws:sns:a:b:c")
            .message("SECRET")
            .send()
            .await
            .expect_err("is not there");
        let objects = aws_sdk_s3::Client::new(&config);
        objects
            .get_object()
            .bucket("b")
            .key("k")
            .send()
            .await
            .expect_err("is not there");
    };
    capture.recorder().segment("shop").run(work).await;
    assert_eq!(capture.tree(), "shop\n  SNS 404 error\n  S3 404 error\n");
    assert_eq!(
        documents(&capture)[0]["subsegments"][0]["aws"]["operation"],
        "Publish"
    );
}

#[tokio::test]
async fn a_client_with_an_interceptor_is_recorded_by_that_alone() {
    let capture = Capture::new("shop");
    let canned = Canned::json("{}");
    let tables = client!(aws_sdk_dynamodb, &trace_http(&canned.config().build()));
    let list = tables.list_tables().send();
    capture
        .recorder()
        .segment("shop")
        .run(list)
        .await
        .expect("an answer");
    assert_eq!(capture.tree(), "shop\n  DynamoDB 200\n");
    assert_eq!(call(&capture)["aws"]["retries"], 0);
}

#[tokio::test]
async fn each_request_that_is_refused_or_dropped_is_closed() {
    let capture = Capture::new("shop");
    let canned = Canned::new(|number, _| {
        if number == 0 {
            Answer::Refused
        } else {
            Answer::Never
        }
    });
    let timeouts = aws_smithy_types::timeout::TimeoutConfig::builder()
        .operation_attempt_timeout(std::time::Duration::from_secs(1));
    let config = trace_http(&canned.config().timeout_config(timeouts.build()).build());
    let tables = aws_sdk_dynamodb::Client::new(&config);
    let list = tables.list_tables().send();
    capture
        .recorder()
        .segment("shop")
        .run(list)
        .await
        .expect_err("too long");
    let documents = documents(&capture);
    let calls = documents[0]["subsegments"].as_array().expect("requests");
    assert!(calls.len() > 1, "{calls:?}");
    assert_eq!(
        calls[0]["cause"]["exceptions"][0]["type"],
        "DispatchFailure"
    );
    assert_eq!(calls[1]["metadata"], json!({"xray": {"aborted": true}}));
}
