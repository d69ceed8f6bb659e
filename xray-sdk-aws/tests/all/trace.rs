//! Where a call stands in its trace, and what it passes on.

use xray_sdk::testing::Capture;
use xray_sdk::{InSubsegment as _, Sampled, TraceHeader};
use xray_sdk_aws::client;

use crate::canned::{Answer, Canned};
use crate::record::documents;

const CALLER: &str = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1;Lineage=a87bd80c:1|68fd508a:5";

#[tokio::test]
async fn the_call_stands_below_what_is_current_and_is_the_parent_of_what_is_called() {
    let capture = Capture::new("shop");
    let canned = Canned::json("{}");
    let tables = client!(aws_sdk_dynamodb, &canned.config().build());
    let work = tables.list_tables().send().in_subsegment("look");
    let segment = capture
        .recorder()
        .segment("shop")
        .continuing(TraceHeader::parse(CALLER));
    segment.run(work).await.expect("an answer");
    assert_eq!(capture.tree(), "shop\n  look\n    DynamoDB 200\n");
    let documents = documents(&capture);
    let id = documents[0]["subsegments"][0]["subsegments"][0]["id"]
        .as_str()
        .expect("an id");
    assert_eq!(
        canned.trace_header(0).as_deref(),
        Some(CALLER.replace("53995c3f42cd8ad8", id).as_str()),
        "the lineage is passed on"
    );
}

#[tokio::test]
async fn the_header_is_no_part_of_the_signature() {
    let capture = Capture::new("shop");
    let canned = Canned::json("{}");
    let tables = client!(aws_sdk_dynamodb, &canned.config().build());
    let list = tables.list_tables().send();
    capture
        .recorder()
        .segment("shop")
        .run(list)
        .await
        .expect("an answer");
    let requests = canned.requests();
    let signature = requests[0]
        .headers()
        .get("authorization")
        .expect("is signed");
    assert!(
        signature.contains("SignedHeaders=") && !signature.contains("trace"),
        "{signature}"
    );
}

#[tokio::test]
async fn every_attempt_carries_the_header() {
    let capture = Capture::new("shop");
    let canned = Canned::new(|number, _| Answer::json(if number == 0 { 500 } else { 200 }, "{}"));
    let tables = client!(aws_sdk_dynamodb, &canned.config().build());
    let list = tables.list_tables().send();
    capture
        .recorder()
        .segment("shop")
        .run(list)
        .await
        .expect("an answer");
    assert_eq!(canned.requests().len(), 2);
    assert!(canned.trace_header(0).is_some());
    assert_eq!(canned.trace_header(0), canned.trace_header(1));
}

#[tokio::test]
async fn a_trace_that_is_not_sampled_is_passed_on_as_such_and_records_nothing() {
    let capture = Capture::new("shop");
    let canned = Canned::json("{}");
    let tables = client!(aws_sdk_dynamodb, &canned.config().build());
    let list = tables.list_tables().send();
    let header = TraceHeader::parse(CALLER).with_sampled(Sampled::No);
    let segment = capture.recorder().segment("shop").continuing(header);
    segment.run(list).await.expect("an answer");
    assert!(capture.bytes().is_empty());
    let sent = TraceHeader::parse(&canned.trace_header(0).expect("a header"));
    assert_eq!(sent.sampled(), Sampled::No);
    assert_eq!(sent.root(), TraceHeader::parse(CALLER).root());
}

#[tokio::test]
async fn outside_of_a_segment_a_call_goes_as_it_would_without_tracing() {
    let canned = Canned::json("{}");
    let tables = client!(aws_sdk_dynamodb, &canned.config().build());
    tables.list_tables().send().await.expect("an answer");
    assert_eq!(canned.trace_header(0), None);
}

#[tokio::test]
async fn presigning_is_no_call_and_stays_as_it_is() {
    let capture = Capture::new("shop");
    let canned = Canned::json("{}");
    let config = canned.config().build();
    let traced = client!(aws_sdk_s3, &config);
    let plain = aws_sdk_s3::Client::new(&config);
    let expiry = std::time::Duration::from_secs(60);
    let start = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_800_000_000);
    let presigning = aws_sdk_s3::presigning::PresigningConfig::builder()
        .start_time(start)
        .expires_in(expiry);
    let presigning = presigning.build().expect("is complete");
    let presign = async {
        let mut requests = Vec::new();
        for objects in [&traced, &plain] {
            let get = objects.get_object().bucket("b").key("k");
            let request = get.presigned(presigning.clone()).await.expect("a request");
            let headers: Vec<_> = request
                .headers()
                .map(|(name, value)| format!("{name}: {value}"))
                .collect();
            requests.push((request.uri().to_owned(), headers));
        }
        requests
    };
    let requests = capture.recorder().segment("shop").run(presign).await;
    assert_eq!(requests[0], requests[1]);
    assert_eq!(capture.tree(), "shop\n");
}

#[tokio::test]
async fn two_interceptors_record_one_call_once() {
    let capture = Capture::new("shop");
    let canned = Canned::json("{}");
    let interceptor = xray_sdk_aws::XrayInterceptor::new().attempts(true);
    let config = aws_sdk_dynamodb::config::Builder::from(&canned.config().build())
        .interceptor(interceptor.clone())
        .interceptor(interceptor)
        .build();
    let list = aws_sdk_dynamodb::Client::from_conf(config)
        .list_tables()
        .send();
    capture
        .recorder()
        .segment("shop")
        .run(list)
        .await
        .expect("an answer");
    assert_eq!(capture.tree(), "shop\n  DynamoDB 200\n    attempt 200\n");
}

#[tokio::test]
async fn two_interceptors_record_a_call_that_is_not_sent_once() {
    let capture = Capture::new("shop");
    let canned = Canned::json("{}");
    let interceptor = xray_sdk_aws::XrayInterceptor::new();
    let config = aws_sdk_s3::config::Builder::from(&canned.config().build())
        .interceptor(interceptor.clone())
        .interceptor(interceptor)
        .build();
    let objects = aws_sdk_s3::Client::from_conf(config);
    let get = objects.get_object().bucket("b").send();
    let segment = capture.recorder().segment("shop");
    segment.run(get).await.expect_err("has no key");
    assert_eq!(capture.tree(), "shop\n  S3 fault\n");
}
