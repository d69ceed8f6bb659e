//! A function that streams its response.

use lambda_runtime::streaming::{Body, Response, channel};
use lambda_runtime::{Error, LambdaEvent, Runtime, service_fn};
use serde_json::json;
use xray_sdk::{InSubsegment as _, current};
use xray_sdk_lambda::{LambdaLayer, traced};

use crate::process::{self, Function};

#[test]
#[ignore = "is run by the test below, as a process of its own"]
fn streamed() {
    process::main(async {
        let recorder = xray_sdk_lambda::recorder()?;
        Runtime::new(traced(service_fn(stream)))
            .layer(LambdaLayer::new(&recorder))
            .run()
            .await
    });
}

async fn stream(event: LambdaEvent<u32>) -> Result<Response<Body>, Error> {
    let (mut sender, stream) = channel();
    let parts = async move {
        for number in 0..event.payload {
            let part = async {
                current().annotate("number", number);
            };
            part.in_subsegment("part").await;
            let text = format!("{number} ");
            if sender.send_data(text.into()).await.is_err() {
                return;
            }
        }
    };
    tokio::spawn(parts.in_current());
    Ok(Response::from(stream))
}

#[test]
fn an_invocation_lasts_until_its_response_is_streamed() {
    const PARTS: usize = 20;
    let mut function = Function::start("streaming::streamed", &[]);
    function.invoke(&json!(PARTS));
    let answer = function.answer().expect("a response");
    let text = answer.as_str().expect("no JSON");
    assert!(
        text.ends_with("\0\u{0}0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 "),
        "{text:?}"
    );
    let documents = function.sent();
    assert_eq!(documents.len(), 1, "{documents:?}");
    let parts = documents[0]["subsegments"].as_array().map(Vec::len);
    assert_eq!(parts, Some(PARTS));
    assert_eq!(documents[0].get("in_progress"), None);
}
