//! Functions that run out of time.

use std::io::Write as _;
use std::net::TcpListener;
use std::time::Duration;

use lambda_runtime::{Error, LambdaEvent, Runtime, service_fn};
use serde_json::{Value, json};
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;
use xray_sdk::{InSubsegment as _, current, subsegment};
use xray_sdk_lambda::{LambdaLayer, traced};

use crate::process::{self, Function, header};

/// Half of it is what the function has until its documents are sent: the margin is longer than all of it.
const TIME: Duration = Duration::from_secs(4);
const NAME: &str = "deadline::slow";

#[test]
#[ignore = "is run by the tests below, as a process of its own"]
fn slow() {
    process::main(async {
        let recorder = xray_sdk_lambda::recorder()?;
        Runtime::new(traced(service_fn(wait)))
            .layer(LambdaLayer::new(&recorder).margin(Duration::from_secs(60)))
            .run()
            .await
    });
}

/// Waits for a byte from the test.
async fn wait(event: LambdaEvent<String>) -> Result<Value, Error> {
    current().annotate("kind", "slow");
    subsegment("prepare").run(|_| ());
    let mut call = subsegment("stock").remote().begin();
    call.http_request("GET", "http://stock/");
    let byte = async {
        current().annotate("waits", true);
        TcpStream::connect(&event.payload).await?.read_u8().await
    }
    .in_subsegment("wait")
    .await?;
    call.http_status(200);
    Ok(json!(byte))
}

fn names(document: &Value) -> Vec<&str> {
    let inner = document["subsegments"].as_array().into_iter().flatten();
    let mut names: Vec<_> = inner.filter_map(|inner| inner["name"].as_str()).collect();
    names.sort_unstable();
    names
}

#[test]
fn a_function_that_runs_out_of_time_has_said_where_it_was() {
    let gate = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = gate.local_addr().expect("bound").to_string();
    let mut function = Function::start(NAME, &[]);
    function.invoke_with(Some(header(1)), TIME, &json!(address));
    // Nobody answers it, and it has not answered when these are there.
    let mut documents = [function.document(), function.document()];
    documents.sort_by_key(|document| document["name"].to_string());
    let [done, open] = documents;
    assert_eq!(done["name"], "prepare");
    assert_eq!(done["parent_id"], open["id"]);
    assert_eq!(done.get("in_progress"), None);
    assert_eq!(open["name"], "resize");
    assert_eq!(open["in_progress"], true);
    assert_eq!(open["trace_id"], format!("1-5759e988-{:024x}", 1));
    assert_eq!(open["annotations"]["kind"], "slow");
    assert_eq!(names(&open), ["stock", "wait"]);
    for inner in open["subsegments"].as_array().expect("subsegments") {
        assert_eq!(inner["in_progress"], true);
    }
}

#[test]
fn a_function_that_is_done_just_in_time_is_told_of_again() {
    let gate = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = gate.local_addr().expect("bound").to_string();
    let mut function = Function::start(NAME, &[]);
    // The second one comes before the alarm, and is told of once.
    for is_late in [true, false] {
        let time = if is_late { TIME } else { TIME * 100 };
        function.invoke_with(Some(header(1)), time, &json!(address));
        let (mut waiting, _) = gate.accept().expect("the function comes");
        let open = is_late.then(|| {
            let documents = [function.document(), function.document()];
            let is_open = |document: &Value| document.get("in_progress").is_some();
            documents.into_iter().find(is_open).expect("one is open")
        });
        waiting.write_all(b"7").expect("the function reads");
        assert_eq!(function.answer(), Ok(json!(b'7')));
        let documents = function.sent();
        assert_eq!(documents.len(), 1, "{documents:?}");
        let last = &documents[0];
        assert_eq!(last.get("in_progress"), None);
        assert_eq!(last["annotations"]["kind"], "slow");
        match open {
            Some(open) => {
                assert_eq!(last["id"], open["id"]);
                assert_eq!(names(last), ["stock", "wait"]);
            }
            None => assert_eq!(names(last), ["prepare", "stock", "wait"]),
        }
        let inner = last["subsegments"].as_array().expect("subsegments");
        let stock = inner.iter().find(|inner| inner["name"] == "stock");
        assert_eq!(stock.expect("the call")["http"]["response"]["status"], 200);
    }
}
