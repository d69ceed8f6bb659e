//! The ARN of what the program runs on, as samplers see it.

use serde_json::json;
use xray_sdk::Origins;
use xray_sdk::sampling::{Decision, Sampler, SamplingRequest};
use xray_sdk::testing::{Capture, Surroundings};

use super::endpoint::{Endpoint, Reply};
use super::{record, record_until};

const CONTAINER: &str = "arn:aws:ecs:eu-west-1:111122223333:container/shop/cd18/0596";
const TASK: &str = "arn:aws:ecs:eu-west-1:111122223333:task/shop/cd18";

/// Names the ARN that it sees as its rule.
struct Shows;

impl Sampler for Shows {
    fn decide(&self, request: &SamplingRequest<'_>) -> Decision {
        Decision::sampled().with_rule(request.resource_arn.unwrap_or("none"))
    }
}

fn seen(capture: &Capture, request: &SamplingRequest<'_>) -> String {
    let decision = capture.recorder().explain(request);
    decision.rule().expect("an ARN, or none").to_owned()
}

fn capture(surroundings: &Surroundings) -> Capture {
    let origins = Origins::detect_in(surroundings);
    Capture::with("checkout", |builder| {
        builder.sampler(Shows).origins(origins)
    })
}

/// What is seen once the endpoint has answered.
fn seen_in(surroundings: &Surroundings) -> String {
    let capture = capture(surroundings);
    let is_answered = |aws: &xray_sdk::document::Aws| {
        let ecs = aws.ecs.as_ref().and_then(|ecs| ecs.container_id.as_ref());
        let ec2 = aws.ec2.as_ref().and_then(|ec2| ec2.instance_id.as_ref());
        ecs.or(ec2).is_some()
    };
    record_until(&capture, |document, _| {
        document.aws.as_deref().is_some_and(is_answered)
    });
    let seen = seen(&capture, &SamplingRequest::default());
    // What decides on the next segment sees the same.
    let document = record(&capture);
    let rule = document.aws.and_then(|aws| aws.xray?.sampling_rule_name);
    let recorded: String = seen.chars().take(32).collect();
    assert_eq!(rule, Some(recorded), "names of rules are no longer");
    seen
}

fn container(metadata: serde_json::Value) -> String {
    let endpoint = Endpoint::new(move |_| Reply::Body(metadata.to_string()));
    let surroundings = Surroundings::new()
        .variable("ECS_CONTAINER_METADATA_URI_V4", &endpoint.url("/v4/0a-1"))
        .patience(super::DEADLINE);
    seen_in(&surroundings)
}

#[test]
fn on_ecs_it_is_the_containers_or_else_the_tasks() {
    let labels = json!({"com.amazonaws.ecs.task-arn": TASK});
    let both = json!({"DockerId": "cd18", "ContainerARN": CONTAINER, "Labels": labels});
    assert_eq!(container(both), CONTAINER);
    assert_eq!(
        container(json!({"DockerId": "cd18", "Labels": labels})),
        TASK
    );
    assert_eq!(container(json!({"DockerId": "cd18"})), "none");
}

fn instance(identity: serde_json::Value) -> String {
    let endpoint = Endpoint::new(move |_| Reply::Body(identity.to_string()));
    let surroundings = Surroundings::new()
        .variable("AWS_EC2_METADATA_SERVICE_ENDPOINT", &endpoint.url("/"))
        .patience(super::DEADLINE);
    seen_in(&surroundings)
}

#[test]
fn on_ec2_it_is_made_of_the_instances_identity() {
    let whole =
        json!({"instanceId": "i-0a1b", "region": "cn-north-1", "accountId": "111122223333"});
    assert_eq!(
        instance(whole),
        "arn:aws-cn:ec2:cn-north-1:111122223333:instance/i-0a1b"
    );
    assert_eq!(instance(json!({"instanceId": "i-0a1b"})), "none");
}

#[test]
fn what_is_said_wins_over_what_was_found() {
    let capture = Capture::with("checkout", |builder| {
        builder.sampler(Shows).resource_arn(TASK)
    });
    assert_eq!(seen(&capture, &SamplingRequest::default()), TASK);
    let request = SamplingRequest {
        resource_arn: Some(CONTAINER),
        ..SamplingRequest::default()
    };
    assert_eq!(seen(&capture, &request), CONTAINER);
}
