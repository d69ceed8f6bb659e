use std::time::Duration;

use serde_json::{Value, json};
use xray_sdk::document::Document;
use xray_sdk::testing::Surroundings;

use super::endpoint::{Endpoint, Reply};
use super::{AGENT, BEANSTALK, capture, record, record_until, told};

const PUT_TOKEN: &str = "PUT /latest/api/token HTTP/1.1\r\n";
const GET_DOCUMENT: &str = "GET /latest/dynamic/instance-identity/document HTTP/1.1\r\n";
const TOKEN: &str = "AQAEAEKCvWR7gXhQ7Y==";

/// As the EC2 user guide shows it, shortened.
fn identity() -> Reply {
    let identity = json!({
        "accountId": "123456789012", "architecture": "x86_64", "availabilityZone": "us-gov-west-1b",
        "billingProducts": null, "imageId": "ami-5fb8c835", "instanceId": "i-1234567890abcdef0",
        "instanceType": "t2.micro", "kernelId": null, "region": "us-gov-west-1", "version": "2017-09-30",
    });
    Reply::Body(identity.to_string())
}

fn block() -> Value {
    json!({
        "instance_id": "i-1234567890abcdef0", "availability_zone": "us-gov-west-1b",
        "instance_size": "t2.micro", "ami_id": "ami-5fb8c835",
    })
}

fn instance(endpoint: &Endpoint) -> Surroundings {
    Surroundings::new()
        .file("/sys/devices/virtual/dmi/id/sys_vendor", "Amazon EC2\n")
        .variable("AWS_EC2_METADATA_SERVICE_ENDPOINT", &endpoint.url("/"))
        .patience(super::DEADLINE)
}

fn is_whole(document: &Document) -> bool {
    document.aws.as_ref().is_some_and(|aws| aws.ec2.is_some())
}

#[track_caller]
fn assert_whole(endpoint: &Endpoint) {
    let capture = capture(&instance(endpoint));
    let document = record_until(&capture, |document, _| is_whole(document));
    let told_all = (Some("AWS::EC2::Instance"), json!({"ec2": block()}));
    assert_eq!(told(&document), told_all);
    let notices = capture.recorder().health().notices;
    assert!(notices.is_empty(), "{notices:?}");
}

#[test]
fn ec2_is_told_from_the_identity_that_a_token_opens() {
    let endpoint = Endpoint::new(|request| {
        if request.starts_with(PUT_TOKEN)
            && request.contains("\r\nX-aws-ec2-metadata-token-ttl-seconds: 60\r\n")
        {
            Reply::Body(TOKEN.into())
        } else if request.starts_with(GET_DOCUMENT)
            && request.contains(&format!("\r\nX-aws-ec2-metadata-token: {TOKEN}\r\n"))
        {
            identity()
        } else {
            Reply::Status(401)
        }
    });
    assert_whole(&endpoint);
}

#[test]
fn the_first_version_is_asked_where_there_is_no_usable_token() {
    for answer in [
        "403",
        "an answer that\r\nX-Splits: the request",
        "",
        " \u{1} ",
    ] {
        let endpoint = Endpoint::new(move |request| {
            if request.starts_with("PUT") {
                return match answer.parse() {
                    Ok(status) => Reply::Status(status),
                    Err(_) => Reply::Body(answer.to_owned()),
                };
            }
            let is_plain = request.starts_with(GET_DOCUMENT) && !request.contains("metadata-token");
            if is_plain {
                identity()
            } else {
                Reply::Status(400)
            }
        });
        assert_whole(&endpoint);
    }
}

#[test]
fn a_token_that_never_comes_leaves_time_for_the_first_version() {
    let endpoint = Endpoint::new(|request| match request.starts_with("PUT") {
        true => Reply::Nothing,
        false => identity(),
    });
    let surroundings = instance(&endpoint).patience(Duration::from_secs(2));
    let capture = capture(&surroundings);
    record_until(&capture, |document, _| is_whole(document));
}

#[test]
fn the_origin_is_known_before_the_instance_is() {
    let endpoint = Endpoint::new(|_| Reply::Nothing);
    let capture = capture(&instance(&endpoint));
    assert!(endpoint.request().starts_with(PUT_TOKEN));
    for _ in 0..100 {
        let document = record(&capture);
        assert_eq!(told(&document), (Some("AWS::EC2::Instance"), json!({})));
    }
    // Nobody has given up.
    assert!(capture.recorder().health().notices.is_empty());
}

#[test]
fn without_the_makers_name_the_answer_tells_the_origin() {
    let endpoint = Endpoint::new(|request| match request.starts_with("PUT") {
        true => Reply::Body(TOKEN.into()),
        false => identity(),
    });
    let surroundings = Surroundings::new()
        .variable("IMDS_ENDPOINT", &endpoint.url(""))
        .patience(super::DEADLINE);
    let capture = capture(&surroundings);
    let document = record_until(&capture, |document, _| is_whole(document));
    assert_eq!(document.origin.as_deref(), Some("AWS::EC2::Instance"));
}

#[test]
fn an_instance_of_elastic_beanstalk_tells_both_and_where_its_logs_are() {
    let endpoint = Endpoint::new(|request| match request.starts_with("PUT") {
        true => Reply::Body(TOKEN.into()),
        false => identity(),
    });
    let surroundings = instance(&endpoint)
        .file(BEANSTALK, r#"{"environment_name":"shop-prod"}"#)
        .file(AGENT, r#"{"log_configs":[{"log_group_name":"web.log"}]}"#);
    let capture = capture(&surroundings);
    let document = record_until(&capture, |document, _| is_whole(document));
    let blocks = json!({
        "elastic_beanstalk": {"environment_name": "shop-prod"},
        "ec2": block(),
        "cloudwatch_logs": [{
            "log_group": "web.log",
            "arn": "arn:aws-us-gov:logs:us-gov-west-1:123456789012:log-group:web.log",
        }],
    });
    let origin = Some("AWS::ElasticBeanstalk::Environment");
    assert_eq!(told(&document), (origin, blocks));
}

#[test]
fn a_silent_metadata_service_is_told_once_with_the_cure() {
    for (body, reason) in [
        (None, "HTTP status 404"),
        (Some("not JSON"), "not about an instance"),
        (Some("{}"), "not about an instance"),
    ] {
        let endpoint = Endpoint::new(move |_| match body {
            Some(body) => Reply::Body(body.to_owned()),
            None => Reply::Status(404),
        });
        let capture = capture(&instance(&endpoint));
        let document = record_until(&capture, |_, recorder| {
            !recorder.health().notices.is_empty()
        });
        assert_eq!(told(&document), (Some("AWS::EC2::Instance"), json!({})));
        let notices = capture.recorder().health().notices;
        assert_eq!(notices.len(), 1, "{notices:?}");
        assert!(notices[0].contains(reason), "{notices:?}");
        assert!(
            notices[0].contains("AWS_EC2_METADATA_DISABLED=true"),
            "{notices:?}"
        );
    }
}

/// Where the endpoint tells nothing: the origin is told alone, and the cause once.
#[track_caller]
fn assert_untold(surroundings: &Surroundings, cause: &str) {
    let capture = capture(surroundings);
    let document = record_until(&capture, |_, recorder| {
        !recorder.health().notices.is_empty()
    });
    assert_eq!(told(&document).0, Some("AWS::EC2::Instance"));
    let notices = capture.recorder().health().notices;
    assert_eq!(notices.len(), 1, "{notices:?}");
    assert!(notices[0].contains(cause), "{notices:?}");
}

#[test]
fn a_service_that_does_not_answer_at_all_is_given_up() {
    let endpoint = Endpoint::new(|_| Reply::Nothing);
    let silent = instance(&endpoint).patience(Duration::from_millis(50));
    assert_untold(&silent, "");
}

#[test]
fn a_service_that_refuses_connections_is_given_up() {
    let absent = Surroundings::new()
        .file("/sys/devices/virtual/dmi/id/sys_vendor", "Amazon EC2\n")
        .variable("AWS_EC2_METADATA_SERVICE_ENDPOINT", &Endpoint::absent())
        .patience(super::DEADLINE);
    assert_untold(&absent, "refused");
}
