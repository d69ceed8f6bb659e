//! A function that serves many invocations at a time, as on Lambda Managed Instances.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use lambda_runtime::{Error, LambdaEvent, Runtime, service_fn};
use serde_json::{Value, json};
use tokio::sync::Barrier;
use xray_sdk::{InSubsegment as _, current};
use xray_sdk_lambda::{LambdaLayer, traced};

use crate::process::{self, Function};
use crate::runtime_api::Event;

const AT_A_TIME: u32 = 10;
const ROUNDS: u32 = 5;

#[test]
#[ignore = "is run by the test below, as a process of its own"]
fn concurrently() {
    process::main(async {
        let recorder = xray_sdk_lambda::recorder()?;
        let meeting = Arc::new(Barrier::new(AT_A_TIME as usize));
        let function = move |event: LambdaEvent<u32>| resize(event, meeting.clone());
        Runtime::new(traced(service_fn(function)))
            .layer(LambdaLayer::new(&recorder))
            .run_concurrent()
            .await
    });
}

/// All invocations of a round are in here at the same time.
async fn resize(event: LambdaEvent<u32>, meeting: Arc<Barrier>) -> Result<Value, Error> {
    let number = event.payload;
    current().annotate("number", number);
    meeting.wait().await;
    let spawned = async move {
        current().annotate("spawned", number);
    };
    tokio::spawn(spawned.in_subsegment("spawned")).await?;
    async {
        meeting.wait().await;
        current().annotate("loaded", number);
        tokio::task::yield_now().await;
    }
    .in_subsegment("load")
    .await;
    meeting.wait().await;
    match number % 3 {
        0 => Err(number.to_string().into()),
        1 => panic!("{number}"),
        _ => Ok(json!(current().trace_id().map(|trace| trace.to_string()))),
    }
}

#[test]
fn concurrent_invocations_never_mix() {
    let limit = AT_A_TIME.to_string();
    // Read by nobody: with `run` it would be that of the last invocation.
    let stray = "Root=1-5759e988-ffffffffffffffffffffffff;Parent=ffffffffffffffff;Sampled=1";
    let variables = [
        ("AWS_LAMBDA_MAX_CONCURRENCY", limit.as_str()),
        ("_X_AMZN_TRACE_ID", stray),
    ];
    let mut function = Function::start("concurrent::concurrently", &variables);
    let mut cold = HashSet::new();
    for round in 0..ROUNDS {
        let numbers: Vec<u32> = (1..=AT_A_TIME).map(|n| round * AT_A_TIME + n).collect();
        for number in &numbers {
            assert_eq!(function.invoke(&json!(number)), *number);
        }
        let mut answered = 0;
        while answered < AT_A_TIME {
            match function.event() {
                Event::Ready => {}
                Event::Responded { request_id, body } => {
                    let number: u32 = request_id.parse().expect("a number");
                    assert_eq!(body, format!("\"{}\"", trace(number)));
                    answered += 1;
                }
                Event::Failed { request_id, body } => {
                    assert!(body.contains(&request_id), "{body}");
                    answered += 1;
                }
                event => panic!("{event:?}"),
            }
        }
        let documents: HashMap<_, _> = (0..AT_A_TIME)
            .map(|_| function.document())
            .map(|document| (document["trace_id"].as_str().map(str::to_owned), document))
            .collect();
        for number in numbers {
            let document = &documents[&Some(trace(number))];
            check(number, document);
            if document["annotations"]["ColdStart"] == true {
                cold.insert(number);
            }
        }
    }
    assert_eq!(cold.len(), 1, "one invocation is the first: {cold:?}");
}

fn trace(number: u32) -> String {
    format!("1-5759e988-{number:024x}")
}

fn check(number: u32, document: &Value) {
    assert_eq!(document["parent_id"], format!("{number:016x}"));
    assert_eq!(document["aws"]["request_id"], number.to_string());
    assert_eq!(document["annotations"]["number"], number);
    let mut inner: Vec<_> = document["subsegments"]
        .as_array()
        .expect("subsegments")
        .iter()
        .map(|inner| (inner["name"].clone(), inner["annotations"].clone()))
        .collect();
    inner.sort_by_key(|(name, _)| name.to_string());
    assert_eq!(
        inner,
        [
            (json!("load"), json!({"loaded": number})),
            (json!("spawned"), json!({"spawned": number})),
        ]
    );
    let fails = number % 3 != 2;
    assert_eq!(document.get("fault").is_some(), fails);
    if fails {
        let exception = &document["cause"]["exceptions"][0];
        assert_eq!(exception["message"], number.to_string());
    }
}
