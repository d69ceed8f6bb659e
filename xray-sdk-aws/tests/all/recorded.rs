//! What is recorded of a call that went well.

use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_s3::primitives::ByteStream;
use serde_json::json;
use xray_sdk::testing::Capture;
use xray_sdk_aws::{Parameter, Parameters, XrayInterceptor, client};

use crate::canned::{Answer, Canned};
use crate::record::call;

const QUEUE: &str = "https://sqs.eu-west-1.amazonaws.com/123456789012/orders";

#[tokio::test]
async fn a_call_names_its_table_and_not_its_item() {
    let capture = Capture::new("shop");
    let canned = Canned::json(r#"{"ConsumedCapacity":{"TableName":"orders","CapacityUnits":1.0}}"#);
    let tables = client!(aws_sdk_dynamodb, &canned.config().build());
    let put = tables
        .put_item()
        .table_name("orders")
        .item("id", AttributeValue::S("SECRET".into()))
        .send();
    capture
        .recorder()
        .segment("shop")
        .run(put)
        .await
        .expect("is put");
    assert_eq!(
        call(&capture),
        json!({
            "name": "DynamoDB", "namespace": "aws",
            "http": {"response": {"status": 200}},
            "aws": {
                "operation": "PutItem", "region": "eu-west-1", "table_name": "orders", "retries": 0, "request_id": "REQUEST",
                "consumed_capacity": {"TableName": "orders", "CapacityUnits": 1.0},
            },
        })
    );
}

#[tokio::test]
async fn numbers_switches_and_lists_of_a_request_are_read_from_its_body() {
    let capture = Capture::new("shop");
    let canned = Canned::json(r#"{"Items":[{"id":{"S":"SECRET"}}],"Count":1,"ScannedCount":7}"#);
    let tables = client!(aws_sdk_dynamodb, &canned.config().build());
    let query = tables
        .query()
        .table_name("orders")
        .index_name("by_day")
        .consistent_read(true)
        .limit(5)
        .attributes_to_get("id")
        .key_condition_expression("id = :id")
        .expression_attribute_values(":id", AttributeValue::S("SECRET".into()))
        .send();
    capture
        .recorder()
        .segment("shop")
        .run(query)
        .await
        .expect("an answer");
    assert_eq!(
        call(&capture)["aws"],
        json!({
            "operation": "Query", "region": "eu-west-1", "table_name": "orders", "index_name": "by_day", "consistent_read": true,
            "limit": 5, "attributes_to_get": ["id"], "count": 1, "scanned_count": 7, "retries": 0, "request_id": "REQUEST",
        })
    );
}

#[tokio::test]
async fn a_batch_names_its_tables() {
    let capture = Capture::new("shop");
    let canned = Canned::json("{}");
    let tables = client!(aws_sdk_dynamodb, &canned.config().build());
    let keys = || {
        let key = [("id".to_owned(), AttributeValue::S("SECRET".into()))].into();
        let keys = aws_sdk_dynamodb::types::KeysAndAttributes::builder().keys(key);
        keys.build().expect("has keys")
    };
    let get = tables
        .batch_get_item()
        .request_items("orders", keys())
        .send();
    capture
        .recorder()
        .segment("shop")
        .run(get)
        .await
        .expect("an answer");
    assert_eq!(call(&capture)["aws"]["table_names"], json!(["orders"]));
}

#[tokio::test]
async fn a_message_names_its_queue_the_owner_and_its_id() {
    let capture = Capture::new("shop");
    let canned = Canned::json(r#"{"MessageId":"M","MD5OfMessageBody":"0"}"#);
    let queues = client!(aws_sdk_sqs, &canned.config().build());
    let text = aws_sdk_sqs::types::MessageAttributeValue::builder()
        .data_type("String")
        .string_value("SECRET");
    let send = queues
        .send_message()
        .queue_url(QUEUE)
        .message_body("SECRET")
        .delay_seconds(3)
        .message_attributes("tenant", text.build().expect("has a type"))
        .send();
    capture
        .recorder()
        .segment("shop")
        .run(send)
        .await
        .expect("is sent");
    assert_eq!(
        call(&capture),
        json!({
            "name": "SQS", "namespace": "aws",
            "http": {"response": {"status": 200}},
            "aws": {
                "operation": "SendMessage", "region": "eu-west-1", "account_id": "123456789012", "queue_url": QUEUE,
                "delay_seconds": 3, "message_attribute_names": ["tenant"], "message_id": "M", "retries": 0, "request_id": "REQUEST",
            },
        })
    );
}

#[tokio::test]
async fn received_messages_are_counted() {
    let capture = Capture::new("shop");
    let canned = Canned::json(r#"{"Messages":[{"Body":"SECRET"},{"Body":"SECRET"}]}"#);
    let queues = client!(aws_sdk_sqs, &canned.config().build());
    let receive = queues
        .receive_message()
        .queue_url(QUEUE)
        .max_number_of_messages(10)
        .send();
    let received = capture
        .recorder()
        .segment("shop")
        .run(receive)
        .await
        .expect("messages");
    assert_eq!(received.messages().len(), 2);
    let aws = &call(&capture)["aws"];
    assert_eq!(
        (&aws["message_count"], &aws["max_number_of_messages"]),
        (&json!(2), &json!(10))
    );
}

#[tokio::test]
async fn an_object_names_its_bucket_and_key_and_both_ids_and_nothing_of_its_content() {
    let capture = Capture::new("shop");
    let canned = Canned::new(|_, _| Answer::xml(200, "").header("content-length", "0"));
    let objects = client!(aws_sdk_s3, &canned.config().build());
    let put = objects
        .put_object()
        .bucket("receipts")
        .key("2026/7.txt")
        .content_type("application/json")
        .body(ByteStream::from_static(
            br#"{"Prefix":"SECRET","VersionId":"SECRET"}"#,
        ))
        .send();
    capture
        .recorder()
        .segment("shop")
        .run(put)
        .await
        .expect("is put");
    assert_eq!(
        call(&capture),
        json!({
            "name": "S3", "namespace": "aws",
            "http": {"response": {"status": 200, "content_length": 0}},
            "aws": {
                "operation": "PutObject", "region": "eu-west-1", "bucket_name": "receipts", "key": "2026/7.txt",
                "retries": 0, "request_id": "S3-REQUEST", "id_2": "S3-HOST",
            },
        })
    );
}

#[tokio::test]
async fn a_publication_names_its_topic_and_the_owner() {
    let capture = Capture::new("shop");
    let canned = Canned::new(|_, _| {
        let body = "<PublishResponse><PublishResult><MessageId>M</MessageId></PublishResult></PublishResponse>";
        Answer::new(
            200,
            &[
                ("content-type", "text/xml"),
                ("x-amzn-requestid", "REQUEST"),
            ],
            body,
        )
    });
    let topics = client!(aws_sdk_sns, &canned.config().build());
    let topic = "arn:aws:sns:eu-west-1:123456789012:orders";
    let publish = topics.publish().topic_arn(topic).message("SECRET").send();
    capture
        .recorder()
        .segment("shop")
        .run(publish)
        .await
        .expect("is published");
    assert_eq!(
        call(&capture)["aws"],
        json!({
            "operation": "Publish", "region": "eu-west-1", "account_id": "123456789012", "topic_arn": topic,
            "retries": 0, "request_id": "REQUEST",
        })
    );
}

#[tokio::test]
async fn the_table_of_parameters_can_be_extended_and_replaced() {
    for (parameters, expected) in [
        (
            Parameters::default().record(
                "dynamodb",
                "PutItem",
                Parameter::request("ConditionExpression").named("condition"),
            ),
            json!({"table_name": "orders", "condition": "attribute_exists(id)"}),
        ),
        (Parameters::none(), json!({})),
    ] {
        let capture = Capture::new("shop");
        let canned = Canned::json("{}");
        let interceptor = XrayInterceptor::new().parameters(parameters);
        let tables = client!(aws_sdk_dynamodb, &canned.config().build(), interceptor);
        let put = tables
            .put_item()
            .table_name("orders")
            .item("id", AttributeValue::S("7".into()))
            .condition_expression("attribute_exists(id)")
            .send();
        capture
            .recorder()
            .segment("shop")
            .run(put)
            .await
            .expect("is put");
        let mut aws = call(&capture)["aws"].clone();
        for always in ["operation", "region", "retries", "request_id"] {
            aws.as_object_mut().expect("an object").remove(always);
        }
        assert_eq!(aws, expected);
    }
}

#[tokio::test]
async fn what_the_program_asks_of_the_crate_for_itself_it_still_gets() {
    let capture = Capture::new("shop");
    let canned = Canned::json("{}");
    let config = aws_sdk_dynamodb::config::Builder::from(&canned.config().build())
        .interceptor(XrayInterceptor::new())
        .emit_input_attributes(["ConditionExpression"])
        .build();
    let tables = aws_sdk_dynamodb::Client::from_conf(config);
    let get = tables
        .get_item()
        .table_name("orders")
        .key("id", AttributeValue::S("7".into()))
        .send();
    capture
        .recorder()
        .segment("shop")
        .run(get)
        .await
        .expect("an answer");
    assert_eq!(call(&capture)["aws"]["table_name"], "orders");
}

#[tokio::test]
async fn each_page_is_a_call() {
    let capture = Capture::new("shop");
    let canned = Canned::new(|number, _| match number {
        0 => Answer::json(
            200,
            r#"{"TableNames":["a","b"],"LastEvaluatedTableName":"b"}"#,
        ),
        _ => Answer::json(200, r#"{"TableNames":["c"]}"#),
    });
    let tables = client!(aws_sdk_dynamodb, &canned.config().build());
    let names = async {
        let pages = tables.list_tables().into_paginator().items().send();
        pages.collect::<Result<Vec<_>, _>>().await
    };
    let names = capture
        .recorder()
        .segment("shop")
        .run(names)
        .await
        .expect("names");
    assert_eq!(names, ["a", "b", "c"]);
    let documents = crate::record::documents(&capture);
    let counts: Vec<_> = documents[0]["subsegments"]
        .as_array()
        .expect("calls")
        .iter()
        .map(|call| {
            (
                &call["aws"]["table_count"],
                &call["aws"]["exclusive_start_table_name"],
            )
        })
        .collect();
    assert_eq!(
        counts,
        [(&json!(2), &json!(null)), (&json!(1), &json!("b"))]
    );
}

#[tokio::test]
async fn each_question_of_a_waiter_is_a_call() {
    let capture = Capture::new("shop");
    let canned = Canned::new(|number, _| match number {
        0 => Answer::json(200, r#"{"Table":{"TableStatus":"CREATING"}}"#),
        _ => Answer::json(200, r#"{"Table":{"TableStatus":"ACTIVE"}}"#),
    });
    let tables = client!(aws_sdk_dynamodb, &canned.config().build());
    use aws_sdk_dynamodb::client::Waiters as _;
    let wait = tables
        .wait_until_table_exists()
        .table_name("orders")
        .wait(std::time::Duration::from_secs(60));
    capture
        .recorder()
        .segment("shop")
        .run(wait)
        .await
        .expect("it exists");
    assert_eq!(capture.tree(), "shop\n  DynamoDB 200\n  DynamoDB 200\n");
}
