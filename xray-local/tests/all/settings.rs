//! Encryption, destination, indexing, resource policies and daemons' reports over the API.

use std::fs;

use serde_json::{Value, json};
use xray_local::Server;

use crate::client::{assert_refused, call, options, post, request, server, with};
use crate::folder::Folder;

fn policy() -> String {
    json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": ["xray:PutTraceSegments"], "Resource": "*",
    }]})
    .to_string()
}

fn put(server: &Server, name: &str, more: Value) -> Value {
    let input = with(
        json!({"PolicyName": name, "PolicyDocument": policy()}),
        more,
    );
    call(server, "/PutResourcePolicy", &input)["ResourcePolicy"].clone()
}

#[test]
fn the_encryption_is_told_as_it_is() {
    let server = server();
    let none = json!({"EncryptionConfig": {"Status": "ACTIVE", "Type": "NONE"}});
    assert_eq!(call(&server, "/EncryptionConfig", &json!({})), none);
    assert_eq!(
        call(&server, "/PutEncryptionConfig", &json!({"Type": "NONE"})),
        none
    );
    for (input, part) in [
        (json!({}), "Type is required"),
        (
            json!({"Type": "AES"}),
            "Type: unknown variant `AES`, expected `NONE` or `KMS`",
        ),
        (
            json!({"Type": "KMS"}),
            "KeyId is required where Type is KMS",
        ),
        (
            json!({"Type": "KMS", "KeyId": "alias/mine"}),
            "made without a key",
        ),
        (
            json!({"Type": "NONE", "KeyId": "alias/mine"}),
            "expected no KeyId",
        ),
        (json!({"Type": "KMS", "KeyId": ""}), "KeyId: invalid value"),
    ] {
        let answer = post(&server, "/PutEncryptionConfig", &input);
        assert_refused(&answer, 400, "InvalidRequestException", part);
    }
    assert_eq!(call(&server, "/EncryptionConfig", &json!({})), none);
}

#[test]
fn destination_and_indexing_are_kept_and_told_as_they_are() {
    let folder = Folder::new();
    let start = || Server::start(options().rules(folder.file())).expect("a free port");
    {
        let server = start();
        let told = call(&server, "/GetTraceSegmentDestination", &json!({}));
        assert_eq!(told, json!({"Destination": "XRay", "Status": "ACTIVE"}));
        let logs = json!({"Destination": "CloudWatchLogs"});
        let told = call(&server, "/UpdateTraceSegmentDestination", &logs);
        assert_eq!(
            told,
            json!({"Destination": "CloudWatchLogs", "Status": "PENDING"})
        );
        let rule = json!({"Name": "Default", "Rule": {"Probabilistic": {"DesiredSamplingPercentage": 12.5}}});
        call(&server, "/UpdateIndexingRule", &rule);
    }
    let server = start();
    let told = call(&server, "/GetTraceSegmentDestination", &json!({}));
    assert_eq!(told["Destination"], "CloudWatchLogs");
    let rules = call(&server, "/GetIndexingRules", &json!({}))["IndexingRules"].clone();
    assert_eq!(rules.as_array().expect("a list").len(), 1);
    assert_eq!(
        rules[0]["Rule"],
        json!({"Probabilistic": {"DesiredSamplingPercentage": 12.5, "ActualSamplingPercentage": 100.0}})
    );
    for (path, input, status, name, part) in [
        (
            "/UpdateTraceSegmentDestination",
            json!({"Destination": "S3"}),
            400,
            "InvalidRequestException",
            "Destination: unknown variant `S3`",
        ),
        (
            "/UpdateTraceSegmentDestination",
            json!({"Destination": "XRay", "CloudWatchLogsConfiguration": {}}),
            400,
            "InvalidRequestException",
            "expected no configuration",
        ),
        (
            "/UpdateIndexingRule",
            json!({"Name": "Default"}),
            400,
            "InvalidRequestException",
            "Rule is required",
        ),
        (
            "/UpdateIndexingRule",
            json!({"Name": "Default", "Rule": {"Probabilistic": {"DesiredSamplingPercentage": 101}}}),
            400,
            "InvalidRequestException",
            "Rule.Probabilistic.DesiredSamplingPercentage: invalid value: integer `101`, expected a number from 0 to 100",
        ),
        (
            "/UpdateIndexingRule",
            json!({"Name": "Other", "Rule": {"Probabilistic": {"DesiredSamplingPercentage": 1}}}),
            404,
            "ResourceNotFoundException",
            "no indexing rule \"Other\"",
        ),
        (
            "/GetIndexingRules",
            json!({"NextToken": "x"}),
            400,
            "InvalidRequestException",
            "NextToken",
        ),
    ] {
        assert_refused(&post(&server, path, &input), status, name, part);
    }
}

#[test]
fn policies_have_revisions_and_are_there_again_after_a_restart() {
    let folder = Folder::new();
    let start = || Server::start(options().rules(folder.file())).expect("a free port");
    let second = {
        let server = start();
        let first = put(&server, "sns", json!({"PolicyRevisionId": "0"}));
        assert_eq!(first["PolicyDocument"], policy());
        put(
            &server,
            "sns",
            json!({"PolicyRevisionId": first["PolicyRevisionId"]}),
        )
    };
    let server = start();
    let listed = call(&server, "/ListResourcePolicies", &json!({}));
    assert_eq!(listed, json!({"ResourcePolicies": [second]}));
    let stale = json!({"PolicyName": "sns", "PolicyDocument": policy(), "PolicyRevisionId": "0"});
    assert_refused(
        &post(&server, "/PutResourcePolicy", &stale),
        400,
        "InvalidPolicyRevisionIdException",
        "expected \"2\"",
    );
    let stale = json!({"PolicyName": "sns", "PolicyRevisionId": "1"});
    assert_refused(
        &post(&server, "/DeleteResourcePolicy", &stale),
        400,
        "InvalidPolicyRevisionIdException",
        "expected \"2\"",
    );
    let current = json!({"PolicyName": "sns", "PolicyRevisionId": "2"});
    assert_eq!(call(&server, "/DeleteResourcePolicy", &current), json!({}));
    assert_refused(
        &post(
            &server,
            "/DeleteResourcePolicy",
            &json!({"PolicyName": "sns"}),
        ),
        400,
        "InvalidRequestException",
        "no resource policy \"sns\"",
    );
}

#[test]
fn policies_that_are_none_are_too_large_too_many_or_lock_out_are_refused() {
    let server = server();
    let deny = json!({"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Principal": "*", "Action": "xray:*"}});
    for (input, name, part) in [
        (
            json!({"PolicyName": "a b", "PolicyDocument": "{}"}),
            "InvalidRequestException",
            "PolicyName: invalid value: string \"a b\"",
        ),
        (
            json!({"PolicyName": "a"}),
            "InvalidRequestException",
            "PolicyDocument is required",
        ),
        (
            json!({"PolicyName": "a", "PolicyDocument": "nonsense"}),
            "MalformedPolicyDocumentException",
            "PolicyDocument is no policy",
        ),
        (
            json!({"PolicyName": "a", "PolicyDocument": policy() + &" ".repeat(5120)}),
            "PolicySizeLimitExceededException",
            "expected at most 5120",
        ),
        (
            json!({"PolicyName": "a", "PolicyDocument": deny.to_string()}),
            "LockoutPreventionException",
            "BypassPolicyLockoutCheck",
        ),
    ] {
        assert_refused(
            &post(&server, "/PutResourcePolicy", &input),
            400,
            name,
            part,
        );
    }
    let bypass = json!({"PolicyDocument": deny.to_string(), "BypassPolicyLockoutCheck": true});
    for policy in ["a", "b", "c", "d", "e"] {
        put(&server, policy, bypass.clone());
    }
    let sixth = json!({"PolicyName": "f", "PolicyDocument": policy()});
    assert_refused(
        &post(&server, "/PutResourcePolicy", &sixth),
        400,
        "PolicyCountLimitExceededException",
        "there are 5 resource policies",
    );
    assert_refused(
        &post(&server, "/ListResourcePolicies", &json!({"NextToken": "x"})),
        400,
        "InvalidRequestException",
        "NextToken",
    );
}

#[test]
fn a_file_of_settings_that_holds_something_else_is_an_error_and_stays_as_it_is() {
    for file in [
        "groups.json",
        "tags.json",
        "resource-policies.json",
        "settings.json",
    ] {
        let folder = Folder::new();
        fs::write(folder.path().join(file), "[7]").expect("can be written");
        let started = Server::start(options().rules(folder.file()));
        let error = started.err().expect("is refused");
        assert!(error.is_kept_file(), "{error}");
        assert!(error.to_string().contains(file), "{error}");
        let left = fs::read_to_string(folder.path().join(file)).expect("is there");
        assert_eq!(left, "[7]");
    }
}

#[test]
fn what_daemons_report_stands_on_the_front_page() {
    let server = server();
    let record = json!({"Timestamp": 1, "SegmentsReceivedCount": 7, "SegmentsSpilloverCount": 2});
    call(
        &server,
        "/TelemetryRecords",
        &json!({"Hostname": "here", "TelemetryRecords": [record]}),
    );
    let front = request(server.address(), "GET", "/", &[], "").body;
    assert!(
        front.contains(
            "The daemon on here: 7 segments received, 0 sent, 2 dropped for lack of room"
        ),
        "{front}"
    );
    for (input, part) in [
        (
            json!({"TelemetryRecords": [{"Timestamp": 1, "SegmentsSentCount": -1}]}),
            "TelemetryRecords[0].SegmentsSentCount: invalid value: integer `-1`",
        ),
        (
            json!({"TelemetryRecords": [], "EC2InstanceId": "x".repeat(21)}),
            "expected a text of at most 20 characters",
        ),
    ] {
        assert_refused(
            &post(&server, "/TelemetryRecords", &input),
            400,
            "InvalidRequestException",
            part,
        );
    }
}
