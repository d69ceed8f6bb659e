//! Compares the table with the lists of the official SDKs, where those lie beside the repository, and with PARAMETERS.md.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde_json::Value;

use super::*;
use crate::parameter::{Source, Take};

/// What the official SDKs record and this crate does not, or does under another name: service, operation, member, and why.
const OTHERWISE: &[(&str, &str, &str, &str)] = &[
    (
        "DynamoDB",
        EVERY,
        "ItemCollectionMetrics",
        "left out: it holds keys of items",
    ),
    (
        "SQS",
        "ChangeMessageVisibilityBatch",
        "Failed",
        "counted as `failed_count`: its entries quote the messages of errors",
    ),
    (
        "SQS",
        "DeleteMessageBatch",
        "Failed",
        "counted as `failed_count`: its entries quote the messages of errors",
    ),
    (
        "SQS",
        "CreateQueue",
        "Attributes",
        "their names only, as `attribute_names`: a value may be a policy",
    ),
    (
        "SQS",
        "GetQueueAttributes",
        "Attributes",
        "their names only, as `attribute_names`: a value may be a policy",
    ),
    (
        "SQS",
        "ListDeadLetterSourceQueues",
        "QueueUrls",
        "recorded: the member is called `queueUrls` on the wire",
    ),
    (
        "S3",
        "CopyObject",
        "SourceBucketName",
        "part of `copy_source`",
    ),
    ("S3", "CopyObject", "SourceKey", "part of `copy_source`"),
    (
        "S3",
        "CopyObject",
        "DestinationBucketName",
        "recorded as `bucket_name`",
    ),
    ("S3", "CopyObject", "DestinationKey", "recorded as `key`"),
    (
        "S3",
        "CopyPart",
        "SourceBucketName",
        "part of `copy_source`; the operation is `UploadPartCopy`",
    ),
    (
        "S3",
        "CopyPart",
        "SourceKey",
        "part of `copy_source`; the operation is `UploadPartCopy`",
    ),
    (
        "S3",
        "CopyPart",
        "DestinationBucketName",
        "recorded as `bucket_name`",
    ),
    ("S3", "CopyPart", "DestinationKey", "recorded as `key`"),
    ("S3", "GeneratePresignedUrl", "Bucket", PRESIGNED),
    ("S3", "GeneratePresignedUrl", "Key", PRESIGNED),
    ("S3", "GeneratePresignedUrl", "VersionId", PRESIGNED),
    (
        "Lambda",
        "Invoke",
        "InvocationType",
        "recorded, from the request's header",
    ),
    (
        "Lambda",
        "Invoke",
        "LogType",
        "recorded, from the request's header",
    ),
    (
        "Lambda",
        "Invoke",
        "FunctionError",
        "recorded, from the response's header",
    ),
    (
        "Lambda",
        "Invoke",
        "StatusCode",
        "it is the status of the response",
    ),
    (
        "Lambda",
        "InvokeAsync",
        "Status",
        "it is the status of the response",
    ),
];

const PRESIGNED: &str = "not recorded: presigning is no call";

/// What cannot be recorded at all, for PARAMETERS.md.
const LIMITS: &str = "\
- Lists, numbers and counts of services that do not speak JSON (SNS, S3): their requests and responses are queries and XML, which are not read. So \
`PublishBatch` does not tell how many messages it holds.
- Members that a service's crate does not offer to telemetry, and that are in no JSON: lists and members that its model calls sensitive.
- Anything in a request or response of more than 64 kB, and in a body that is streamed.
";

/// The SDK ids of services whose names the lists write otherwise.
fn sdk_id(listed: &str) -> &str {
    match listed {
        "DynamoDb" => "DynamoDB",
        "Sqs" => "SQS",
        "Sns" => "SNS",
        "SageMakerRuntime" => "SageMaker Runtime",
        other => other,
    }
}

/// What is done about a member that the official SDKs record.
enum Here {
    Recorded(String),
    /// The number of its reason in [`OTHERWISE`].
    Otherwise(usize),
    Missing,
}

impl Here {
    fn of(service: &str, operation: &str, member: &str, take: Take, name: Option<&str>) -> Self {
        let otherwise = OTHERWISE.iter().position(|(other, only, left_out, _)| {
            *other == service && (*only == operation || *only == EVERY) && *left_out == member
        });
        match otherwise {
            Some(reason) => Self::Otherwise(reason),
            None => recorded_as(service, operation, member, take, name)
                .map_or(Self::Missing, Self::Recorded),
        }
    }
}

/// The name under which the table takes `member` of an operation, where it does so in the way and under the name that is wanted.
fn recorded_as(
    service: &str,
    operation: &str,
    member: &str,
    take: Take,
    name: Option<&str>,
) -> Option<String> {
    let parameters = Parameters::default();
    let mut of_operation = parameters.of(service, operation);
    let recorded = of_operation.find(|parameter| {
        parameter.member == member
            && parameter.take == take
            && name.is_none_or(|name| parameter.name() == name)
    })?;
    Some(recorded.name().to_owned())
}

/// The lists of the official SDKs, where they lie beside the repository.
fn lists() -> Option<Value> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../shared/data/aws-operation-parameters.json");
    let text = fs::read_to_string(file).ok()?;
    Some(serde_json::from_str(&text).expect("is JSON"))
}

/// Each operation of the lists, with the SDK id of its service.
fn operations(lists: &Value) -> impl Iterator<Item = (&str, &String, &Value)> {
    let services = lists["services"].as_object().expect("services");
    services.iter().flat_map(|(service, listed)| {
        let operations = listed["operations"].as_object().expect("operations");
        operations
            .iter()
            .map(move |(operation, listed)| (sdk_id(service), operation, listed))
    })
}

#[test]
fn what_the_official_sdks_record_is_recorded_or_is_left_out_for_a_reason() {
    let Some(lists) = lists() else { return };
    let mut used = vec![false; OTHERWISE.len()];
    let (mut missing, mut fields) = (Vec::new(), 0);
    for (service, operation, listed) in operations(&lists) {
        for (member, take, name) in members(listed) {
            fields += 1;
            match Here::of(service, operation, member, take, name) {
                Here::Otherwise(reason) => used[reason] = true,
                Here::Recorded(_) => {}
                Here::Missing => missing.push(format!("{service} {operation} {member}")),
            }
        }
    }
    assert!(fields > 150, "only {fields} fields were read");
    assert_eq!(missing, [""; 0]);
    assert_eq!(used, vec![true; OTHERWISE.len()], "a reason for nothing");
}

/// The members that a list names for an operation, what is taken of them, and under which name.
fn members(listed: &Value) -> Vec<(&str, Take, Option<&str>)> {
    let plain = ["request_parameters", "response_parameters"]
        .into_iter()
        .flat_map(|list| {
            let names = listed[list].as_array().into_iter().flatten();
            names.map(|name| (name.as_str().expect("a name"), Take::Value, None))
        });
    let described = ["request_descriptors", "response_descriptors"]
        .into_iter()
        .flat_map(|list| {
            let members = listed[list].as_object().into_iter().flatten();
            members.map(|(member, how)| {
                let take = match (&how["get_keys"], &how["get_count"]) {
                    (Value::Bool(true), _) => Take::Keys,
                    (_, Value::Bool(true)) => Take::Count,
                    _ => Take::Value,
                };
                (member.as_str(), take, how["rename_to"].as_str())
            })
        });
    plain.chain(described).collect()
}

#[test]
fn the_table_is_written_down_in_parameters_md() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("PARAMETERS.md");
    let lists = lists();
    let mut expected = written_down();
    if let Some(lists) = &lists {
        expected.push_str(&operation_by_operation(lists));
    }
    if std::env::var_os("UPDATE_PARAMETERS").is_some() {
        assert!(lists.is_some(), "the lists are needed for that");
        fs::write(&file, &expected).expect("can be written");
    }
    let found = fs::read_to_string(&file).unwrap_or_default();
    let (known, _) = found.split_once(OPERATION_BY_OPERATION).unwrap_or_default();
    assert!(
        found == expected || lists.is_none() && known == expected,
        "PARAMETERS.md is out of date: run this test with UPDATE_PARAMETERS=1"
    );
}

/// What follows is made of the lists, and so can be written only where they lie beside the repository.
const OPERATION_BY_OPERATION: &str = "\n## The official SDKs' lists, operation by operation\n\n";

fn operation_by_operation(lists: &Value) -> String {
    let mut text = String::from(OPERATION_BY_OPERATION);
    text.push_str(
        "Some names of S3 are those of the Java SDK (`SetBucketAcl`, `ListVersions`): what is called is recorded by its name in the API (`PutBucketAcl`, `ListObjectVersions`).\n\n\
         | service | operation | recorded | otherwise |\n| --- | --- | --- | --- |\n",
    );
    for (service, operation, listed) in operations(lists) {
        let (mut recorded, mut otherwise) = (Vec::new(), Vec::new());
        for (member, take, name) in members(listed) {
            match Here::of(service, operation, member, take, name) {
                Here::Recorded(name) => recorded.push(format!("`{name}`")),
                Here::Otherwise(reason) => {
                    otherwise.push(format!("`{member}`: {}", OTHERWISE[reason].3));
                }
                Here::Missing => otherwise.push(format!("`{member}`: missing")),
            }
        }
        let (recorded, otherwise) = (recorded.join(", "), otherwise.join("; "));
        writeln!(
            text,
            "| {service} | {operation} | {recorded} | {otherwise} |"
        )
        .expect("a string grows");
    }
    text
}

fn written_down() -> String {
    let mut text = String::from(
        "# What is recorded of calls\n\n\
         Besides the operation, the region, the request's ids and the retries, the `aws` block of a call has these fields. Written by a test from \
         `src/table.rs`; `Parameters` adds to it or replaces it.\n\n\
         | service | operation | field | from |\n| --- | --- | --- | --- |\n",
    );
    for (service, operations) in SERVICES {
        let mut rows: BTreeMap<&str, Vec<Parameter>> = BTreeMap::new();
        for (names, parameters) in *operations {
            for name in *names {
                let resolved = parameters.iter().cloned().map(Parameter::resolved);
                rows.entry(name).or_default().extend(resolved);
            }
        }
        for (operation, parameters) in rows {
            let operation = if operation == EVERY {
                "every"
            } else {
                operation
            };
            for parameter in parameters {
                let (name, from) = (parameter.name(), from(&parameter));
                writeln!(text, "| {service} | {operation} | `{name}` | {from} |")
                    .expect("a string grows");
            }
        }
    }
    text.push_str("\n## What the official SDKs record, and this crate does not or does otherwise\n\n| service | operation | member | here |\n| --- | --- | --- | --- |\n");
    for (service, operation, member, why) in OTHERWISE {
        let operation = if *operation == EVERY {
            "every"
        } else {
            operation
        };
        writeln!(text, "| {service} | {operation} | `{member}` | {why} |").expect("a string grows");
    }
    write!(text, "\nPresigning is no call: nothing is sent, and nothing recorded.\n\n## What cannot be recorded\n\n{LIMITS}").expect("a string grows");
    text
}

fn from(parameter: &Parameter) -> String {
    let place = match parameter.source {
        Source::Request => "request",
        Source::RequestHeader => "header of the request",
        Source::Response => "response",
        Source::ResponseHeader => "header of the response",
    };
    let take = match parameter.take {
        Take::Value => "",
        Take::Count => ", number of elements",
        Take::Keys => ", keys only",
    };
    format!("`{}` of the {place}{take}", parameter.member).replace("of the header of", "header of")
}
