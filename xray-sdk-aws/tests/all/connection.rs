//! The wait for a connection, with the HTTP client of the SDK and a server on loopback.

use aws_smithy_types::retry::RetryConfig;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use xray_sdk::testing::Capture;
use xray_sdk_aws::{XrayInterceptor, client, trace_http};

use crate::canned::Canned;
use crate::record::documents;

/// A configuration for a server at `address`, with an HTTP client of the SDK.
fn config(address: &str) -> aws_types::SdkConfig {
    let config = Canned::json("{}").config();
    config
        .endpoint_url(format!("http://{address}"))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .retry_config(RetryConfig::disabled())
        .build()
}

/// Answers each request that comes by this connection.
async fn serve(mut connection: TcpStream) {
    let mut seen = Vec::new();
    while let Ok(1..) = connection.read_buf(&mut seen).await {
        // The body of these requests is two bytes: no tables are asked for by name.
        if seen.ends_with(b"\r\n\r\n{}") {
            seen.clear();
            let answer = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-type: application/x-amz-json-1.0\r\n\r\n{}";
            connection
                .write_all(answer.as_bytes())
                .await
                .expect("the client reads");
        }
    }
}

#[tokio::test]
async fn an_attempt_that_makes_its_connection_tells_and_one_that_finds_it_does_not() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("bound").to_string();
    let serving = tokio::spawn(async move {
        let (connection, _) = listener.accept().await.expect("the client comes");
        serve(connection).await;
    });
    let capture = Capture::new("shop");
    let interceptor = XrayInterceptor::new().attempts(true);
    let tables = client!(
        aws_sdk_dynamodb,
        &trace_http(&config(&address)),
        interceptor
    );
    let work = async {
        for _ in 0..2 {
            tables.list_tables().send().await.expect("an answer");
        }
    };
    capture.recorder().segment("shop").run(work).await;
    serving.abort();
    assert_eq!(
        capture.tree(),
        "shop\n  DynamoDB 200\n    attempt 200\n      connect\n  DynamoDB 200\n    attempt 200\n"
    );
    let attempt = &documents(&capture)[0]["subsegments"][0]["subsegments"][0];
    let end = |node: &Value| node["end_time"].as_f64().expect("a time");
    assert!(end(&attempt["subsegments"][0]) < end(attempt), "{attempt}");
}

#[tokio::test]
async fn a_connection_that_is_refused_is_where_the_call_failed() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("bound").to_string();
    drop(listener);
    let capture = Capture::new("shop");
    let interceptor = XrayInterceptor::new().attempts(true);
    let tables = client!(
        aws_sdk_dynamodb,
        &trace_http(&config(&address)),
        interceptor
    );
    let list = tables.list_tables().send();
    let segment = capture.recorder().segment("shop");
    segment.run(list).await.expect_err("nobody is there");
    assert_eq!(
        capture.tree(),
        "shop\n  DynamoDB fault\n    attempt fault\n      connect fault\n"
    );
}

/// An HTTP client that does not tell has no such subsegment, rather than a wrong one.
#[tokio::test]
async fn what_a_client_does_not_tell_is_not_recorded() {
    let capture = Capture::new("shop");
    let canned = Canned::json("{}");
    let interceptor = XrayInterceptor::new().attempts(true);
    let config = trace_http(&canned.config().build());
    let tables = client!(aws_sdk_dynamodb, &config, interceptor);
    let list = tables.list_tables().send();
    let segment = capture.recorder().segment("shop");
    segment.run(list).await.expect("an answer");
    assert_eq!(capture.tree(), "shop\n  DynamoDB 200\n    attempt 200\n");
}
