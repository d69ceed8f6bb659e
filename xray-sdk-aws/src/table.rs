//! What is recorded of which operation.
//!
//! The resource of a call is recorded for every operation of its service. What the official SDKs record beyond that is named for each operation,
//! but for what may hold contents: values of queue attributes (policies), and metrics of item collections (keys of items).

use crate::parameter::{Parameter, Source, Take};
use crate::parameters::{EVERY, Parameters};

const fn request(member: &'static str) -> Parameter {
    request_as(member, "")
}

const fn request_as(member: &'static str, name: &'static str) -> Parameter {
    Parameter::constant(member, Source::Request, Take::Value, name)
}

const fn request_count(member: &'static str, name: &'static str) -> Parameter {
    Parameter::constant(member, Source::Request, Take::Count, name)
}

const fn request_keys(member: &'static str, name: &'static str) -> Parameter {
    Parameter::constant(member, Source::Request, Take::Keys, name)
}

const fn request_header(header: &'static str, name: &'static str) -> Parameter {
    Parameter::constant(header, Source::RequestHeader, Take::Value, name)
}

const fn response(member: &'static str) -> Parameter {
    response_as(member, "")
}

const fn response_as(member: &'static str, name: &'static str) -> Parameter {
    Parameter::constant(member, Source::Response, Take::Value, name)
}

const fn response_count(member: &'static str, name: &'static str) -> Parameter {
    Parameter::constant(member, Source::Response, Take::Count, name)
}

const fn response_keys(member: &'static str, name: &'static str) -> Parameter {
    Parameter::constant(member, Source::Response, Take::Keys, name)
}

const fn response_header(header: &'static str, name: &'static str) -> Parameter {
    Parameter::constant(header, Source::ResponseHeader, Take::Value, name)
}

/// Operations and what is recorded of them.
type Operations = &'static [(&'static [&'static str], &'static [Parameter])];

const DYNAMODB: Operations = &[
    (&[EVERY], &[request("TableName"), request("IndexName")]),
    (
        &["BatchGetItem", "BatchWriteItem"],
        &[
            request_keys("RequestItems", "table_names"),
            response("ConsumedCapacity"),
        ],
    ),
    (
        &["TransactGetItems", "TransactWriteItems"],
        &[
            request_count("TransactItems", "item_count"),
            response("ConsumedCapacity"),
        ],
    ),
    (
        &["CreateTable"],
        &[
            request("GlobalSecondaryIndexes"),
            request("LocalSecondaryIndexes"),
            request("ProvisionedThroughput"),
        ],
    ),
    (
        &["UpdateTable"],
        &[
            request("AttributeDefinitions"),
            request("GlobalSecondaryIndexUpdates"),
            request("ProvisionedThroughput"),
        ],
    ),
    (
        &["GetItem"],
        &[
            request("ConsistentRead"),
            request("ProjectionExpression"),
            response("ConsumedCapacity"),
        ],
    ),
    (
        &["PutItem", "UpdateItem", "DeleteItem"],
        &[response("ConsumedCapacity")],
    ),
    (
        &["ListTables"],
        &[
            request("ExclusiveStartTableName"),
            request("Limit"),
            response_count("TableNames", "table_count"),
        ],
    ),
    (
        &["Query", "Scan"],
        &[
            request("AttributesToGet"),
            request("ConsistentRead"),
            request("Limit"),
            request("ProjectionExpression"),
            request("Select"),
            response("ConsumedCapacity"),
            response("Count"),
            response("ScannedCount"),
        ],
    ),
    (&["Query"], &[request("ScanIndexForward")]),
    (&["Scan"], &[request("Segment"), request("TotalSegments")]),
];

const SQS: Operations = &[
    (&[EVERY], &[request("QueueUrl")]),
    (&["AddPermission"], &[request("Label")]),
    (
        &["ChangeMessageVisibility"],
        &[request("VisibilityTimeout")],
    ),
    (
        &["ChangeMessageVisibilityBatch", "DeleteMessageBatch"],
        &[
            request_count("Entries", "message_count"),
            response_count("Failed", "failed_count"),
        ],
    ),
    (
        &["CreateQueue"],
        &[
            request("QueueName"),
            request_keys("Attributes", "attribute_names"),
        ],
    ),
    (
        &["GetQueueAttributes"],
        &[response_keys("Attributes", "attribute_names")],
    ),
    (
        &["GetQueueUrl"],
        &[
            request("QueueName"),
            request("QueueOwnerAWSAccountId"),
            response("QueueUrl"),
        ],
    ),
    // The one response of SQS whose member begins with a small letter.
    (
        &["ListDeadLetterSourceQueues"],
        &[response_as("queueUrls", "queue_urls")],
    ),
    (
        &["ListQueues"],
        &[
            request("QueueNamePrefix"),
            response_count("QueueUrls", "queue_count"),
        ],
    ),
    (
        &["ReceiveMessage"],
        &[
            request("AttributeNames"),
            request("MaxNumberOfMessages"),
            request("MessageAttributeNames"),
            request("VisibilityTimeout"),
            request("WaitTimeSeconds"),
            response_count("Messages", "message_count"),
        ],
    ),
    (
        &["SendMessage"],
        &[
            request("DelaySeconds"),
            request_keys("MessageAttributes", "message_attribute_names"),
            response("MessageId"),
        ],
    ),
    (
        &["SendMessageBatch"],
        &[
            request_count("Entries", "message_count"),
            response_count("Failed", "failed_count"),
            response_count("Successful", "successful_count"),
        ],
    ),
    (
        &["SetQueueAttributes"],
        &[request_keys("Attributes", "attribute_names")],
    ),
];

const SNS: Operations = &[(&[EVERY], &[request("TopicArn"), request("TargetArn")])];

const S3: Operations = &[
    (
        &[EVERY],
        &[
            request_as("Bucket", "bucket_name"),
            request("Key"),
            request("Prefix"),
            request("VersionId"),
        ],
    ),
    (&["CopyObject", "UploadPartCopy"], &[request("CopySource")]),
];

const LAMBDA: Operations = &[
    (&[EVERY], &[request("FunctionName"), request("Qualifier")]),
    (
        &["Invoke"],
        &[
            request_header("x-amz-invocation-type", "invocation_type"),
            request_header("x-amz-log-type", "log_type"),
            response_header("x-amz-function-error", "function_error"),
        ],
    ),
];

const SERVICES: &[(&str, Operations)] = &[
    ("DynamoDB", DYNAMODB),
    ("SQS", SQS),
    ("SNS", SNS),
    ("S3", S3),
    ("Lambda", LAMBDA),
    ("Bedrock Runtime", &[(&[EVERY], &[request("modelId")])]),
    ("CloudWatch Logs", &[(&[EVERY], &[request("logGroupName")])]),
    (
        "EventBridge",
        &[(&["PutEvents"], &[request_count("Entries", "event_count")])],
    ),
    ("Firehose", &[(&[EVERY], &[request("DeliveryStreamName")])]),
    (
        "Kinesis",
        &[(&[EVERY], &[request("StreamName"), request("StreamARN")])],
    ),
    ("KMS", &[(&[EVERY], &[request("KeyId")])]),
    (
        "SageMaker Runtime",
        &[(&[EVERY], &[request("EndpointName")])],
    ),
    ("Secrets Manager", &[(&[EVERY], &[request("SecretId")])]),
    (
        "SFN",
        &[(
            &[EVERY],
            &[request("stateMachineArn"), request("executionArn")],
        )],
    ),
];

impl Default for Parameters {
    /// What stands in the table here.
    fn default() -> Self {
        let mut parameters = Self::none();
        for (service, operations) in SERVICES {
            for (names, recorded) in *operations {
                for operation in *names {
                    for parameter in *recorded {
                        parameters = parameters.record(service, operation, parameter.clone());
                    }
                }
            }
        }
        parameters
    }
}

#[cfg(test)]
mod tests;
