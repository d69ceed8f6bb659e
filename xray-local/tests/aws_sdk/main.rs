//! AWS's SDK for Rust against a server: every operation with valid and with invalid input, answers and errors read by its model.

mod invalid;
mod valid;

use std::fmt::Debug;

use aws_sdk_xray::Client;
use aws_sdk_xray::config::{BehaviorVersion, Config, Credentials, Region};
use aws_sdk_xray::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_xray::primitives::DateTime;
use serde_json::json;
use xray_local::{Options, Server};

const TRACE: &str = "1-581cf771-a006649127e371903a2de979";
const START: i64 = 1_478_293_361;

/// A server with one trace, in which a shop calls a table, and a client of it.
struct Shop {
    client: Client,
    _server: Server,
}

impl Shop {
    fn open() -> Self {
        let address = "127.0.0.1:0".parse().expect("an address");
        let server = Server::start(Options::default().bind(address)).expect("a free port");
        let document = json!({
            "name": "shop", "id": "1000000000000001", "trace_id": TRACE, "start_time": START, "end_time": START + 1,
            "user": "alice", "annotations": {"order": "o-17", "express": true, "basket": 3}, "fault": true,
            "http": {"request": {"method": "GET", "url": "http://shop.example.com/"}, "response": {"status": 500}},
            "subsegments": [{
                "name": "DynamoDB", "id": "1000000000000002", "namespace": "aws", "aws": {"table_name": "orders"},
                "start_time": START, "end_time": START + 1, "fault": true,
                "cause": {"exceptions": [{"id": "1000000000000003", "type": "Gone", "message": "gone"}]},
            }],
        });
        assert!(server.store().insert(&document.to_string()).is_empty());
        let config = Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .endpoint_url(server.url())
            .credentials_provider(Credentials::new("none", "none", None, None, "test"))
            .retry_config(aws_sdk_xray::config::retry::RetryConfig::disabled())
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .build();
        Self {
            client: Client::from_conf(config),
            _server: server,
        }
    }
}

fn start() -> DateTime {
    DateTime::from_secs(START - 60)
}

fn end() -> DateTime {
    DateTime::from_secs(START + 60)
}

/// Checks that a call failed with the error that the model calls so, and with a message that has this part.
fn refused<T: Debug, E: ProvideErrorMetadata + Debug>(
    answer: Result<T, SdkError<E>>,
    code: &str,
    part: &str,
) {
    let error = answer.expect_err(part);
    assert!(matches!(error, SdkError::ServiceError(_)), "{error:?}");
    assert_eq!(error.code(), Some(code), "{error:?}");
    let message = error.message().unwrap_or_default();
    assert!(
        message.contains(part),
        "{message:?} should tell of {part:?}"
    );
}
