use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType,
    ReturnConsumedCapacity, ScalarAttributeType,
};
use xray_sdk::testing::Capture;
use xray_sdk_aws::{XrayInterceptor, client};

use super::{moto, unique};
use crate::record::documents;

async fn create(tables: &Client, name: &str) {
    let attribute = AttributeDefinition::builder()
        .attribute_name("id")
        .attribute_type(ScalarAttributeType::S);
    let key = KeySchemaElement::builder()
        .attribute_name("id")
        .key_type(KeyType::Hash);
    tables
        .create_table()
        .table_name(name)
        .attribute_definitions(attribute.build().expect("is complete"))
        .key_schema(key.build().expect("is complete"))
        .billing_mode(BillingMode::PayPerRequest)
        .send()
        .await
        .expect("a table");
}

fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

#[tokio::test]
async fn items_are_put_found_and_refused() {
    let capture = Capture::new("shop");
    let tables = client!(aws_sdk_dynamodb, &moto());
    let table = unique("orders");
    let work = async {
        create(&tables, &table).await;
        let put = tables
            .put_item()
            .table_name(&table)
            .item("id", text("SECRET"));
        let put = put.return_consumed_capacity(ReturnConsumedCapacity::Total);
        put.clone().send().await.expect("is put");
        let again = put
            .condition_expression("attribute_not_exists(id)")
            .send()
            .await;
        again.expect_err("it is there");
        let query = tables
            .query()
            .table_name(&table)
            .key_condition_expression("id = :id");
        let found = query
            .expression_attribute_values(":id", text("SECRET"))
            .send()
            .await
            .expect("an answer");
        assert_eq!(found.count(), 1);
        let missing = tables
            .get_item()
            .table_name("no-such-table")
            .key("id", text("1"))
            .send()
            .await;
        missing.expect_err("no such table");
    };
    capture.recorder().segment("shop").run(work).await;
    assert_eq!(
        capture.tree(),
        "shop\n  DynamoDB 200\n  DynamoDB 200\n  DynamoDB 400 error\n  DynamoDB 200\n  DynamoDB 400 error\n"
    );
    let documents = documents(&capture);
    let calls = &documents[0]["subsegments"];
    assert_eq!(calls[1]["aws"]["table_name"], table.as_str());
    assert!(
        calls[1]["aws"]["consumed_capacity"].is_object(),
        "{}",
        calls[1]
    );
    assert!(calls[1]["aws"]["request_id"].is_string(), "{}", calls[1]);
    assert_eq!(
        calls[2]["cause"]["exceptions"][0]["type"],
        "ConditionalCheckFailedException"
    );
    assert_eq!(calls[3]["aws"]["count"], 1);
    assert_eq!(
        calls[4]["cause"]["exceptions"][0]["type"],
        "ResourceNotFoundException"
    );
}

#[tokio::test]
async fn an_attempt_tells_how_long_its_answer_took() {
    let capture = Capture::new("shop");
    let tables = client!(
        aws_sdk_dynamodb,
        &moto(),
        XrayInterceptor::new().attempts(true)
    );
    let list = tables.list_tables().send();
    let segment = capture.recorder().segment("shop");
    segment.run(list).await.expect("an answer");
    let documents = documents(&capture);
    let attempt = &documents[0]["subsegments"][0]["subsegments"][0];
    let taken = &attempt["metadata"]["aws"]["connection"]["answered_in"];
    assert!(taken.as_f64() > Some(0.0), "{attempt}");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_a_fault() {
    let socket = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = format!("http://{}", socket.local_addr().expect("has an address"));
    drop(socket);
    let capture = Capture::new("shop");
    let retries = aws_smithy_types::retry::RetryConfig::disabled();
    let config = moto()
        .to_builder()
        .endpoint_url(address)
        .retry_config(retries)
        .build();
    let tables = client!(aws_sdk_dynamodb, &config);
    let list = tables.list_tables().send();
    capture
        .recorder()
        .segment("shop")
        .run(list)
        .await
        .expect_err("nobody is there");
    assert_eq!(capture.tree(), "shop\n  DynamoDB fault\n");
    let documents = documents(&capture);
    let exceptions = &documents[0]["subsegments"][0]["cause"]["exceptions"];
    assert_eq!(exceptions[0]["type"], "DispatchFailure");
    assert!(exceptions.to_string().contains("refused"), "{exceptions}");
}
