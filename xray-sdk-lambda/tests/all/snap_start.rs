//! A function that is restored from a snapshot.

use std::sync::Arc;

use lambda_runtime::{Error, LambdaEvent, Runtime, service_fn};
use serde_json::json;
use xray_sdk_lambda::{LambdaLayer, SnapStart, traced};

use crate::process::{self, Function};
use crate::runtime_api::Event;

#[test]
#[ignore = "is run by the test below, as a process of its own"]
fn restored() {
    process::main(async {
        let recorder = xray_sdk_lambda::recorder()?;
        let function = service_fn(async |event: LambdaEvent<u64>| Ok::<_, Error>(event.payload));
        Runtime::new(traced(function))
            .layer(LambdaLayer::new(&recorder))
            .register_snapstart_resource(Arc::new(SnapStart::new(&recorder)))
            .run()
            .await
    });
}

#[test]
fn a_restored_function_records_its_invocations() {
    let snap_start = ("AWS_LAMBDA_INITIALIZATION_TYPE", "snap-start");
    let mut function = Function::start("snap_start::restored", &[snap_start]);
    assert_eq!(function.event(), Event::Restored);
    for number in 1..=2 {
        function.invoke(&json!(number));
        assert_eq!(function.answer(), Ok(json!(number)));
        let documents = function.sent();
        assert_eq!(documents.len(), 1, "{documents:?}");
        let is_cold = &documents[0]["annotations"]["ColdStart"];
        assert_eq!(*is_cold, number == 1);
    }
}
