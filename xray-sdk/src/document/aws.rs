use serde::Serialize;
use serde::de::MapAccess;
use serde_json::{Map, Value};

use super::lenient::{Block, Field};

/// On a segment: the AWS resource on which the program runs. On a subsegment: the AWS call that was made.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Aws {
    /// The account that owns the resource, when it is not the account that the segment is sent to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_id: Option<String>,
    /// The region of the called service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// The API operation that was called, for example `PutItem`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// The id that the called service gave the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// How many times the call was repeated after it had failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retries: Option<i64>,
    /// For Amazon SQS: the queue.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue_url: Option<String>,
    /// For Amazon DynamoDB: the table.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub table_name: Option<String>,
    /// The names of all resources that the call touched.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub resource_names: Vec<String>,
    /// The EC2 instance that the program runs on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ec2: Option<Ec2>,
    /// The ECS container that the program runs in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ecs: Option<Ecs>,
    /// The Kubernetes pod that the program runs in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub eks: Option<Eks>,
    /// The Elastic Beanstalk environment that the program belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub elastic_beanstalk: Option<ElasticBeanstalk>,
    /// The log groups that the program writes to.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cloudwatch_logs: Vec<LogGroup>,
    /// The SDK that recorded the segment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub xray: Option<Instrumentation>,
    /// All other fields, as they came: SDKs record request and response parameters here (`bucket_name`, `topic_arn`, …).
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// An EC2 instance.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Ec2 {
    /// The id of the instance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance_id: Option<String>,
    /// The availability zone that it runs in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub availability_zone: Option<String>,
    /// The instance type. Also read from `instance_type`, as two SDKs spell it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance_size: Option<String>,
    /// The id of the machine image.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ami_id: Option<String>,
}

/// A container of Amazon ECS.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Ecs {
    /// The host name of the container.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub container: Option<String>,
    /// The full id of the container.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub container_id: Option<String>,
    /// The ARN of the container.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub container_arn: Option<String>,
}

/// A pod of Amazon EKS.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Eks {
    /// The name of the cluster.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster_name: Option<String>,
    /// The host name of the pod.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pod: Option<String>,
    /// The full id of the container.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub container_id: Option<String>,
}

/// An environment of Elastic Beanstalk.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ElasticBeanstalk {
    /// The name of the environment. Also read from `environment`, as one SDK spells it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment_name: Option<String>,
    /// The version of the application.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version_label: Option<String>,
    /// The number of the last successful deployment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deployment_id: Option<i64>,
}

/// A log group of CloudWatch Logs.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct LogGroup {
    /// The name of the group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_group: Option<String>,
    /// The ARN of the group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arn: Option<String>,
}

/// What recorded a segment, and why.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Instrumentation {
    /// The name of the SDK.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sdk: Option<String>,
    /// The version of the SDK.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sdk_version: Option<String>,
    /// Whether the program was instrumented from outside, without changes to its code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto_instrumentation: Option<bool>,
    /// The sampling rule that chose the request. Also read from `rule_name`, as two SDKs spell it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sampling_rule_name: Option<String>,
}

impl Block for Aws {
    fn field<'de, A: MapAccess<'de>>(
        &mut self,
        key: &str,
        value: Field<'_, A>,
    ) -> Result<(), A::Error> {
        match key {
            "account_id" => value.read(&mut self.account_id),
            "region" => value.read(&mut self.region),
            "operation" => value.read(&mut self.operation),
            "request_id" => value.read(&mut self.request_id),
            "retries" => value.read(&mut self.retries),
            "queue_url" => value.read(&mut self.queue_url),
            "table_name" => value.read(&mut self.table_name),
            "resource_names" => value.fill(&mut self.resource_names),
            "ec2" => value.read(&mut self.ec2),
            "ecs" => value.read(&mut self.ecs),
            "eks" => value.read(&mut self.eks),
            "elastic_beanstalk" => value.read(&mut self.elastic_beanstalk),
            "cloudwatch_logs" => value.fill(&mut self.cloudwatch_logs),
            "xray" => value.read(&mut self.xray),
            _ => value.keep(key, &mut self.rest),
        }
    }
}

impl Block for Ec2 {
    fn field<'de, A: MapAccess<'de>>(
        &mut self,
        key: &str,
        value: Field<'_, A>,
    ) -> Result<(), A::Error> {
        match key {
            "instance_id" => value.read(&mut self.instance_id),
            "availability_zone" => value.read(&mut self.availability_zone),
            "instance_size" | "instance_type" => value.read(&mut self.instance_size),
            "ami_id" => value.read(&mut self.ami_id),
            _ => value.skip(),
        }
    }
}

impl Block for Ecs {
    fn field<'de, A: MapAccess<'de>>(
        &mut self,
        key: &str,
        value: Field<'_, A>,
    ) -> Result<(), A::Error> {
        match key {
            "container" => value.read(&mut self.container),
            "container_id" => value.read(&mut self.container_id),
            "container_arn" => value.read(&mut self.container_arn),
            _ => value.skip(),
        }
    }
}

impl Block for Eks {
    fn field<'de, A: MapAccess<'de>>(
        &mut self,
        key: &str,
        value: Field<'_, A>,
    ) -> Result<(), A::Error> {
        match key {
            "cluster_name" => value.read(&mut self.cluster_name),
            "pod" => value.read(&mut self.pod),
            "container_id" => value.read(&mut self.container_id),
            _ => value.skip(),
        }
    }
}

impl Block for ElasticBeanstalk {
    fn field<'de, A: MapAccess<'de>>(
        &mut self,
        key: &str,
        value: Field<'_, A>,
    ) -> Result<(), A::Error> {
        match key {
            "environment_name" | "environment" => value.read(&mut self.environment_name),
            "version_label" => value.read(&mut self.version_label),
            "deployment_id" => value.read(&mut self.deployment_id),
            _ => value.skip(),
        }
    }
}

impl Block for LogGroup {
    fn field<'de, A: MapAccess<'de>>(
        &mut self,
        key: &str,
        value: Field<'_, A>,
    ) -> Result<(), A::Error> {
        match key {
            "log_group" => value.read(&mut self.log_group),
            "arn" => value.read(&mut self.arn),
            _ => value.skip(),
        }
    }
}

impl Block for Instrumentation {
    fn field<'de, A: MapAccess<'de>>(
        &mut self,
        key: &str,
        value: Field<'_, A>,
    ) -> Result<(), A::Error> {
        match key {
            "sdk" => value.read(&mut self.sdk),
            "sdk_version" => value.read(&mut self.sdk_version),
            "auto_instrumentation" => value.read(&mut self.auto_instrumentation),
            "sampling_rule_name" | "rule_name" => value.read(&mut self.sampling_rule_name),
            _ => value.skip(),
        }
    }
}
