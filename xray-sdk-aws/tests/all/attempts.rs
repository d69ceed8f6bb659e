//! Attempts as subsegments of their own.

use serde_json::json;
use xray_sdk::testing::Capture;
use xray_sdk_aws::{XrayInterceptor, client};

use crate::canned::{Answer, Canned};
use crate::record::documents;

#[tokio::test]
async fn each_attempt_tells_how_it_went() {
    let capture = Capture::new("shop");
    let canned = Canned::new(|number, _| match number {
        0 => Answer::Refused,
        1 => Answer::json(500, r#"{"__type":"InternalServerError","message":"oh"}"#)
            .header("x-amzn-requestid", "TWO"),
        _ => Answer::json(200, "{}").header("x-amzn-requestid", "THREE"),
    });
    let interceptor = XrayInterceptor::new().attempts(true);
    let tables = client!(aws_sdk_dynamodb, &canned.config().build(), interceptor);
    let list = tables.list_tables().send();
    capture
        .recorder()
        .segment("shop")
        .run(list)
        .await
        .expect("an answer");
    assert_eq!(
        capture.tree(),
        "shop\n  DynamoDB 200\n    attempt fault\n    attempt 500 fault\n    attempt 200\n"
    );
    let documents = documents(&capture);
    let attempts = &documents[0]["subsegments"][0]["subsegments"];
    assert_eq!(attempts[1]["metadata"]["aws"]["number"], 2);
    assert_eq!(attempts[1]["aws"], json!({"request_id": "TWO"}));
    assert_eq!(
        attempts[1].get("namespace"),
        None,
        "it draws no node of its own"
    );
}
