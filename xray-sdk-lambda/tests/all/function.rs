//! A function that serves one invocation after the other.

use std::time::Duration;

use lambda_runtime::{Error, LambdaEvent, Runtime, service_fn};
use serde_json::{Value, json};
use xray_sdk::{InSubsegment as _, current};
use xray_sdk_lambda::{LambdaLayer, traced};

use crate::process::{self, Function, header};
use crate::runtime_api::ARN;

const NAME: &str = "function::sequential";

#[test]
#[ignore = "is run by the tests below, as a process of its own"]
fn sequential() {
    process::main(async {
        let recorder = xray_sdk_lambda::recorder()?;
        Runtime::new(traced(service_fn(resize)))
            .layer(LambdaLayer::new(&recorder))
            .run()
            .await
    });
}

async fn resize(event: LambdaEvent<Value>) -> Result<Value, Error> {
    let wanted = event.payload["wanted"].as_str().unwrap_or_default();
    current().annotate("wanted", wanted);
    async {
        current().metadata("event", &event.payload);
        tokio::task::yield_now().await;
    }
    .in_subsegment("load")
    .await;
    match wanted {
        "error" => Err("no such picture".into()),
        "panic" => panic!("no picture of {}", event.context.request_id),
        "header" => Ok(json!(current().header().map(|header| header.to_string()))),
        wanted => Ok(json!(wanted)),
    }
}

#[test]
fn an_invocation_is_there_before_the_function_can_be_frozen() {
    let mut function = Function::start(NAME, &[]);
    for number in 1..=3_u32 {
        function.invoke(&json!({"wanted": "small"}));
        assert_eq!(function.answer(), Ok(json!("small")));
        let documents = function.sent();
        assert_eq!(documents.len(), 1, "{documents:?}");
        let document = &documents[0];
        assert_eq!(document["name"], "resize");
        assert_eq!(document["type"], "subsegment");
        assert_eq!(document["trace_id"], format!("1-5759e988-{number:024x}"));
        assert_eq!(document["parent_id"], format!("{number:016x}"));
        assert_eq!(
            document["annotations"],
            json!({"ColdStart": number == 1, "wanted": "small"})
        );
        let aws = json!({
            "request_id": number.to_string(),
            "function_arn": ARN,
            "function_version": "$LATEST",
            "account_id": "123456789012",
            "region": "eu-west-1",
        });
        assert_eq!(document["aws"], aws);
        assert_eq!(document["subsegments"][0]["name"], "load");
        assert_eq!(document.get("fault"), None);
    }
}

#[test]
fn errors_and_panics_are_recorded_and_handed_on() {
    let mut function = Function::start(NAME, &[]);
    function.invoke(&json!({"wanted": "error"}));
    let answer = function.answer().expect_err("an error");
    assert_eq!(answer["errorMessage"], "no such picture");
    function.invoke(&json!({"wanted": "panic"}));
    let answer = function.answer().expect_err("a panic");
    assert_eq!(answer["errorMessage"], "Lambda panicked: no picture of 2");
    function.invoke(&json!({"wanted": "small"}));
    assert_eq!(function.answer(), Ok(json!("small")), "it goes on");

    let documents = function.sent();
    assert_eq!(documents.len(), 3, "{documents:?}");
    let exceptions = |number: usize| documents[number]["cause"]["exceptions"].clone();
    assert_eq!(documents[0]["fault"], true);
    assert_eq!(exceptions(0)[0]["message"], "no such picture");
    assert_eq!(documents[1]["fault"], true);
    assert_eq!(exceptions(1).as_array().map(Vec::len), Some(1));
    assert_eq!(exceptions(1)[0]["type"], "panic");
    assert_eq!(exceptions(1)[0]["message"], "no picture of 2");
    assert_eq!(documents[2].get("fault"), None);
}

#[test]
fn what_lambda_does_not_record_is_passed_on_as_it_came() {
    let mut function = Function::start(NAME, &[]);
    let unsampled = header(1).replace("Sampled=1", "Sampled=0");
    let root_only = "Root=1-5759e988-bd862e3fe1be46a994272793;Lineage=a87bd80c:1";
    for header in [Some(unsampled.as_str()), Some(root_only), None] {
        let text = header.map(str::to_owned);
        function.invoke_with(text, Duration::from_secs(900), &json!({"wanted": "header"}));
        assert_eq!(function.answer(), Ok(json!(header)));
    }
    assert_eq!(function.sent(), [Value::Null; 0]);
    function.invoke(&json!({"wanted": "small"}));
    assert_eq!(function.answer(), Ok(json!("small")));
    let document = &function.sent()[0];
    assert_eq!(document["annotations"]["ColdStart"], false);
}

#[test]
fn what_the_runtime_cannot_read_is_still_an_invocation() {
    let mut function = Function::start("function::picky", &[]);
    function.invoke(&json!("no number"));
    assert!(function.answer().is_err());
    assert_eq!(function.sent()[0]["name"], "sizes");
}

#[test]
#[ignore = "is run by the test above, as a process of its own"]
fn picky() {
    process::main(async {
        let recorder = xray_sdk_lambda::recorder()?;
        let function = service_fn(async |event: LambdaEvent<u64>| Ok::<_, Error>(event.payload));
        Runtime::new(traced(function))
            .layer(LambdaLayer::new(&recorder).name("sizes"))
            .run()
            .await
    });
}

#[test]
fn functions_that_do_not_start_cold_say_so() {
    let ahead = ("AWS_LAMBDA_INITIALIZATION_TYPE", "provisioned-concurrency");
    let mut function = Function::start(NAME, &[ahead]);
    function.invoke(&json!({}));
    assert!(function.answer().is_ok());
    assert_eq!(function.sent()[0]["annotations"]["ColdStart"], false);
}

#[test]
fn a_switch_turns_recording_off() {
    let mut function = Function::start(NAME, &[("AWS_XRAY_SDK_ENABLED", "false")]);
    function.invoke(&json!({"wanted": "header"}));
    assert_eq!(function.answer(), Ok(json!(header(1))));
    assert_eq!(function.sent(), [Value::Null; 0]);
}

#[test]
fn messages_from_sqs_are_linked_with_their_senders() {
    let mut function = Function::start(NAME, &[]);
    let message = |trace: u32, sampled: u8| {
        let header = format!("Root=1-5759e988-{trace:024x};Parent={trace:016x};Sampled={sampled}");
        json!({"eventSource": "aws:sqs", "body": "{}", "attributes": {"AWSTraceHeader": header}})
    };
    // The second one was not recorded, and the last one is of the trace that Lambda gave to the invocation.
    let records = [
        message(7, 1),
        message(8, 0),
        message(9, 1),
        message(7, 1),
        message(1, 1),
    ];
    function.invoke(&json!({"Records": records}));
    assert!(function.answer().is_ok());
    let document = &function.sent()[0];
    let link = |trace: u32| json!({"trace_id": format!("1-5759e988-{trace:024x}"), "id": format!("{trace:016x}")});
    assert_eq!(document["links"], json!([link(7), link(9)]));
    assert_eq!(document["trace_id"], format!("1-5759e988-{:024x}", 1));
}
