//! A configuration whose HTTP client records.

use serde_json::json;
use xray_sdk::testing::Capture;
use xray_sdk_aws::{client, trace_http};

use crate::canned::{Answer, Canned};
use crate::record::{call, documents};

const QUEUE: &str = "https://sqs.eu-west-1.amazonaws.com/123456789012/orders";
const TOPIC: &str = "arn:aws:sns:eu-west-1:123456789012:orders";

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
            .topic_arn(TOPIC)
            .message("SECRET")
            .send()
            .await
            .expect_err("is not there");
        let objects = aws_sdk_s3::Client::new(&config);
        objects
            .get_object()
            .bucket("b")
            .key("a b/k")
            .send()
            .await
            .expect_err("is not there");
    };
    capture.recorder().segment("shop").run(work).await;
    assert_eq!(capture.tree(), "shop\n  SNS 404 error\n  S3 404 error\n");
    let calls = &documents(&capture)[0]["subsegments"];
    assert_eq!(
        calls[0]["aws"],
        json!({"operation": "Publish", "region": "eu-west-1", "topic_arn": TOPIC, "account_id": "123456789012", "request_id": "S3-REQUEST", "id_2": "S3-HOST"})
    );
    assert_eq!(
        calls[1]["aws"],
        json!({"operation": "GetObject", "region": "eu-west-1", "bucket_name": "b", "key": "a b/k", "request_id": "S3-REQUEST", "id_2": "S3-HOST"})
    );
}

/// Requests of REST do not name their operation.
#[tokio::test]
async fn the_operations_of_s3_are_known() {
    let capture = Capture::new("shop");
    let canned = Canned::new(|_, _| Answer::xml(200, "<x/>"));
    let objects = aws_sdk_s3::Client::new(&trace_http(&canned.config().build()));
    let work = async {
        let (bucket, key) = ("receipts", "7.txt");
        let _ = objects.list_buckets().send().await;
        let _ = objects.create_bucket().bucket(bucket).send().await;
        let _ = objects.put_object().bucket(bucket).key(key).send().await;
        let _ = objects.head_object().bucket(bucket).key(key).send().await;
        let _ = objects.list_objects_v2().bucket(bucket).send().await;
        let begin = objects.create_multipart_upload().bucket(bucket).key(key);
        let _ = begin.send().await;
        let part = objects.upload_part().bucket(bucket).key(key).upload_id("u");
        let _ = part.part_number(1).send().await;
        let acl = objects.get_object_acl().bucket(bucket).key(key);
        let _ = acl.send().await;
    };
    capture.recorder().segment("shop").run(work).await;
    let documents = documents(&capture);
    let calls = documents[0]["subsegments"].as_array().expect("calls");
    let told: Vec<_> = calls
        .iter()
        .map(|call| {
            let told = |field: &str| call["aws"][field].as_str().unwrap_or_default();
            (told("operation"), told("bucket_name"), told("key"))
        })
        .collect();
    let bucket = "receipts";
    assert_eq!(
        told,
        [
            ("ListBuckets", "", ""),
            ("CreateBucket", bucket, ""),
            ("PutObject", bucket, "7.txt"),
            ("HeadObject", bucket, "7.txt"),
            ("ListObjectsV2", bucket, ""),
            ("CreateMultipartUpload", bucket, "7.txt"),
            ("UploadPart", bucket, "7.txt"),
            ("GetObjectAcl", bucket, "7.txt"),
        ]
    );
}

#[tokio::test]
async fn a_configuration_that_is_traced_twice_is_recorded_once() {
    let capture = Capture::new("shop");
    let canned = Canned::json("{}");
    let config = trace_http(&trace_http(&canned.config().build()));
    let tables = aws_sdk_dynamodb::Client::new(&config);
    let list = tables.list_tables().send();
    let segment = capture.recorder().segment("shop");
    segment.run(list).await.expect("an answer");
    assert_eq!(capture.tree(), "shop\n  DynamoDB 200\n");
}

/// As `aws_config` loads it: each service's crate would bring its own client.
#[test]
fn a_configuration_without_a_client_is_traced_where_one_can_be_made() {
    let config = trace_http(&aws_types::SdkConfig::builder().build());
    assert_eq!(
        config.http_client().is_some(),
        cfg!(feature = "default-https-client")
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
