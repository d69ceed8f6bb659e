//! Where the program runs, as its documents tell it.

mod ec2;
mod ecs;
mod endpoint;
mod process;
mod resource;

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use xray_sdk::document::Document;
use xray_sdk::sampling::{Decision, Sampler, SamplingRequest};
use xray_sdk::testing::{Capture, Surroundings};
use xray_sdk::{Origins, Recorder};

use crate::schema;

/// Longer than anything takes that happens at all.
const DEADLINE: Duration = Duration::from_secs(30);

const BEANSTALK: &str = "/var/elasticbeanstalk/xray/environment.conf";
const TOKEN: &str = "/var/run/secrets/kubernetes.io/serviceaccount/token";
const AGENT: &str = "/opt/aws/amazon-cloudwatch-agent/etc/log-config.json";
const HOST_NAME: &str = "/proc/sys/kernel/hostname";
const CONTAINER: &str = "e857a4bf05a69080a759574949d7a0e69572e27647800fa7faff6a05a8332aa1";

/// A token that EKS issued, without the signature: `{"aud":["sts"],"iss":"https://oidc.eks.eu-west-1.amazonaws.com/id/0A1B"}`.
const EKS_TOKEN: &str = "eyJhbGciOiJSUzI1NiJ9.eyJhdWQiOlsic3RzIl0sImlzcyI6Imh0dHBzOi8vb2lkYy5la3MuZXUtd2VzdC0xLmFtYXpvbmF3cy5jb20vaWQvMEExQiJ9.c2ln";
/// The same of another Kubernetes: `{"iss":"https://kubernetes.default.svc.cluster.local"}`.
const OTHER_TOKEN: &str = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJodHRwczovL2t1YmVybmV0ZXMuZGVmYXVsdC5zdmMuY2x1c3Rlci5sb2NhbCJ9.c2ln";

fn capture(surroundings: &Surroundings) -> Capture {
    capture_by(Origins::detect_in(surroundings))
}

fn capture_by(origins: Origins) -> Capture {
    Capture::with("checkout", |builder| builder.origins(origins))
}

/// Records one segment, and returns its document, which is valid by the official schema.
fn record(capture: &Capture) -> Document {
    capture.recorder().segment("checkout").run_sync(|_| ());
    let bytes = capture.bytes();
    let last = bytes.last().expect("a document");
    assert_eq!(schema::problems(last), [""; 0]);
    Document::parse(last).expect("a document")
}

/// The origin and the blocks, without what tells of the SDK.
fn told(document: &Document) -> (Option<&str>, Value) {
    let mut aws = serde_json::to_value(&document.aws).expect("JSON");
    let sdk = aws.as_object_mut().and_then(|aws| aws.remove("xray"));
    assert!(sdk.is_some(), "the SDK is told always");
    (document.origin.as_deref(), aws)
}

/// What a document tells that is recorded in these surroundings, at once.
#[track_caller]
fn assert_told(surroundings: &Surroundings, origin: Option<&str>, aws: &Value) -> Vec<String> {
    let capture = capture(surroundings);
    let document = record(&capture);
    assert_eq!(told(&document), (origin, aws.clone()));
    capture.recorder().health().notices
}

/// Records segments until something is so; an answer from elsewhere has to come in between.
#[track_caller]
fn record_until(capture: &Capture, is_so: impl Fn(&Document, &Recorder) -> bool) -> Document {
    let until = Instant::now() + DEADLINE;
    loop {
        let document = record(capture);
        if is_so(&document, capture.recorder()) {
            return document;
        }
        assert!(Instant::now() < until, "never so: {document:?}");
    }
}

fn beanstalk() -> Surroundings {
    let environment =
        r#"{"environment_name":"shop-prod","version_label":"app-5a56-170119","deployment_id":32}"#;
    Surroundings::new().file(BEANSTALK, environment)
}

fn eks() -> Surroundings {
    Surroundings::new()
        .file(TOKEN, EKS_TOKEN)
        .file(HOST_NAME, "checkout-6f7c8\n")
        .file(
            "/proc/self/cgroup",
            &format!("11:cpu:/kubepods/pod7/{CONTAINER}\n"),
        )
}

#[test]
fn nothing_is_told_where_nothing_is_found() {
    assert!(assert_told(&Surroundings::new(), None, &json!({})).is_empty());
}

#[test]
fn elastic_beanstalk_is_told_from_its_file() {
    let block = json!({"elastic_beanstalk": {
        "environment_name": "shop-prod", "version_label": "app-5a56-170119", "deployment_id": 32,
    }});
    let origin = Some("AWS::ElasticBeanstalk::Environment");
    assert!(assert_told(&beanstalk(), origin, &block).is_empty());
}

#[test]
fn a_broken_file_of_elastic_beanstalk_is_told_once_and_costs_nothing_else() {
    for content in ["", "{", "[]", "\u{0}"] {
        let broken = Surroundings::new().file(BEANSTALK, content);
        let notices = assert_told(&broken, None, &json!({}));
        assert_eq!(notices.len(), 1, "{notices:?}");
        assert!(notices[0].starts_with(BEANSTALK), "{notices:?}");
    }
    let odd = r#"{"environment_name": 5, "version_label": null, "deployment_id": "32"}"#;
    let odd = Surroundings::new().file(BEANSTALK, odd);
    let block = json!({"elastic_beanstalk": {"deployment_id": 32}});
    assert_told(&odd, Some("AWS::ElasticBeanstalk::Environment"), &block);
}

#[test]
fn eks_is_told_by_its_token_and_the_cluster_by_a_variable() {
    let named = eks().variable("AWS_XRAY_EKS_CLUSTER_NAME", "shop");
    let block = json!({"eks": {
        "cluster_name": "shop", "pod": "checkout-6f7c8", "container_id": CONTAINER,
    }});
    assert!(assert_told(&named, Some("AWS::EKS::Container"), &block).is_empty());
}

#[test]
fn a_cluster_without_a_name_is_told_with_the_cure() {
    let block = json!({"eks": {"pod": "checkout-6f7c8", "container_id": CONTAINER}});
    let notices = assert_told(&eks(), Some("AWS::EKS::Container"), &block);
    assert_eq!(notices.len(), 1, "{notices:?}");
    assert!(
        notices[0].contains("set AWS_XRAY_EKS_CLUSTER_NAME"),
        "{notices:?}"
    );
}

#[test]
fn a_cluster_may_be_named_in_code_and_the_variable_wins() {
    let named_in_code = |surroundings: &Surroundings| {
        let capture = capture_by(Origins::detect_in(surroundings).cluster_name("of code"));
        let document = record(&capture);
        let eks = document.aws.and_then(|aws| aws.eks);
        eks.and_then(|eks| eks.cluster_name)
    };
    assert_eq!(named_in_code(&eks()).as_deref(), Some("of code"));
    let both = eks().variable("AWS_XRAY_EKS_CLUSTER_NAME", "of environment");
    assert_eq!(named_in_code(&both).as_deref(), Some("of environment"));
    assert_eq!(named_in_code(&Surroundings::new()), None);
}

#[test]
fn another_kubernetes_is_not_eks_unless_its_cluster_is_named() {
    let other = |token| Surroundings::new().file(TOKEN, token);
    for token in [OTHER_TOKEN, "", "a.b.c", "..", "\u{fffd}"] {
        assert!(assert_told(&other(token), None, &json!({})).is_empty());
    }
    let named = other(OTHER_TOKEN).variable("AWS_XRAY_EKS_CLUSTER_NAME", "shop");
    let block = json!({"eks": {"cluster_name": "shop"}});
    assert_told(&named, Some("AWS::EKS::Container"), &block);
    // Without a token, as a pod may be set up.
    let named = Surroundings::new()
        .variable("KUBERNETES_SERVICE_HOST", "10.100.0.1")
        .variable("AWS_XRAY_EKS_CLUSTER_NAME", "shop");
    assert_told(&named, Some("AWS::EKS::Container"), &block);
}

#[test]
fn log_groups_come_from_the_variable_from_code_and_from_the_agent() {
    let surroundings = Surroundings::new()
        .variable("AWS_LOG_GROUP", "/shop/all")
        .file(
            AGENT,
            r#"{"version":"1","log_configs":[{"log_group_name":"/var/log/a"},{"log_group_name":7},{"log_group_name":"/shop/all"}],"region":"eu-west-1"}"#,
        );
    let groups = |groups: &[&str]| {
        let group = |name: &&str| json!({"log_group": name});
        json!({"cloudwatch_logs": groups.iter().map(group).collect::<Vec<_>>()})
    };
    let notices = assert_told(&surroundings, None, &groups(&["/shop/all", "/var/log/a"]));
    assert!(notices.is_empty(), "{notices:?}");
    let capture = capture_by(Origins::none().log_group("/shop/checkout").log_group(""));
    let (origin, blocks) = (None, groups(&["/shop/checkout"]));
    assert_eq!(told(&record(&capture)), (origin, blocks));
}

#[test]
fn a_broken_file_of_the_agent_is_told_once() {
    for content in ["", "[]", r#"{"log_configs":{}}"#] {
        let broken = Surroundings::new().file(AGENT, content);
        let notices = assert_told(&broken, None, &json!({}));
        assert_eq!(notices.len(), 1, "{notices:?}");
    }
}

#[test]
fn in_a_lambda_function_nothing_is_looked_for() {
    let lambda = beanstalk()
        .variable("LAMBDA_TASK_ROOT", "/var/task")
        .variable("AWS_LOG_GROUP", "shop");
    let groups = json!({"cloudwatch_logs": [{"log_group": "shop"}]});
    assert_told(&lambda, None, &groups);
}

#[test]
fn an_origin_said_in_code_wins_and_the_blocks_stay() {
    let capture = Capture::with("checkout", |builder| {
        builder
            .origin("AWS::AppRunner::Service")
            .origins(Origins::detect_in(&beanstalk()))
    });
    let document = record(&capture);
    assert_eq!(document.origin.as_deref(), Some("AWS::AppRunner::Service"));
    assert!(
        document
            .aws
            .is_some_and(|aws| aws.elastic_beanstalk.is_some())
    );
}

#[test]
fn what_the_program_says_of_a_block_itself_is_written_once_instead() {
    let capture = capture(&beanstalk());
    capture.recorder().segment("checkout").run_sync(|segment| {
        segment.aws("elastic_beanstalk", &json!({"environment_name": "mine"}));
    });
    let bytes = capture.bytes();
    let text = String::from_utf8_lossy(&bytes[0]);
    assert_eq!(text.matches("elastic_beanstalk").count(), 1, "{text}");
    assert!(text.contains("mine"), "{text}");
}

/// Samples what runs on Elastic Beanstalk.
struct OnlyBeanstalk;

impl Sampler for OnlyBeanstalk {
    fn decide(&self, request: &SamplingRequest<'_>) -> Decision {
        match request.origin {
            Some("AWS::ElasticBeanstalk::Environment") => Decision::sampled(),
            _ => Decision::not_sampled(),
        }
    }
}

#[test]
fn the_sampler_sees_what_was_found() {
    for (surroundings, sampled) in [(beanstalk(), 1), (Surroundings::new(), 0)] {
        let capture = Capture::with("checkout", |builder| {
            builder
                .sampler(OnlyBeanstalk)
                .origins(Origins::detect_in(&surroundings))
        });
        capture.recorder().segment("checkout").run_sync(|_| ());
        assert_eq!(capture.documents().len(), sampled);
    }
}
