use std::borrow::Cow;

use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::telemetry::CapturedTelemetryAttributes;

use crate::describe::Operation;
use crate::resource;

/// What a signed request of the SDK tells of the call it belongs to.
pub(crate) struct Wire {
    service: Cow<'static, str>,
    operation: String,
    region: Option<String>,
    captured: CapturedTelemetryAttributes,
}

impl Wire {
    /// `None` for what is no call of a service: requests for credentials. `operation` is its name where the service's crate tells it.
    pub(crate) fn read(request: &HttpRequest, operation: Option<&'static str>) -> Option<Self> {
        let headers = request.headers();
        let service = headers
            .get("x-amz-user-agent")
            .and_then(api)
            .or_else(|| headers.get("user-agent").and_then(api))?;
        let service = named(service)?;
        let target = headers.get("x-amz-target");
        let operation = operation
            .or_else(|| Some(target?.rsplit_once('.')?.1))
            .or_else(|| action(request.body().bytes()?))
            .unwrap_or_default();
        Some(Self {
            captured: resource::captured(&service, request),
            service,
            operation: operation.to_owned(),
            region: headers
                .get("authorization")
                .and_then(region)
                .map(str::to_owned),
        })
    }

    pub(crate) fn service(&self) -> &str {
        &self.service
    }

    pub(crate) fn operation(&self) -> Operation<'_> {
        Operation {
            service: &self.service,
            name: &self.operation,
            region: self.region.as_deref(),
            captured: Some(&self.captured),
        }
    }
}

/// The service that a user agent names: `… api/sqs/1.119.0 …`.
fn api(agent: &str) -> Option<&str> {
    let rest = agent
        .split(' ')
        .find_map(|part| part.strip_prefix("api/"))?;
    rest.split(['/', '#'])
        .next()
        .filter(|name| !name.is_empty())
}

/// As the service is called by interceptors, where that is known: the user agent has it in small letters.
fn named(service: &str) -> Option<Cow<'static, str>> {
    Some(Cow::Borrowed(match service {
        "imds" => return None,
        "bedrockruntime" => "Bedrock Runtime",
        "cloudwatchlogs" => "CloudWatch Logs",
        "dynamodb" => "DynamoDB",
        "eventbridge" => "EventBridge",
        "firehose" => "Firehose",
        "kinesis" => "Kinesis",
        "kms" => "KMS",
        "lambda" => "Lambda",
        "s3" => "S3",
        "secretsmanager" => "Secrets Manager",
        "sfn" => "SFN",
        "sns" => "SNS",
        "sqs" => "SQS",
        "ssm" => "SSM",
        "sso" => "SSO",
        "ssooidc" => "SSO OIDC",
        "sts" => "STS",
        other => return Some(Cow::Owned(other.to_owned())),
    }))
}

/// The operation in the body of a query: `Action=Publish&…`.
fn action(body: &[u8]) -> Option<&str> {
    let rest = body.strip_prefix(b"Action=")?;
    let end = rest
        .iter()
        .position(|byte| *byte == b'&')
        .unwrap_or(rest.len());
    std::str::from_utf8(&rest[..end]).ok()
}

/// The region in the scope of a signature: `Credential=key/date/region/service/aws4_request`.
fn region(authorization: &str) -> Option<&str> {
    let (_, scope) = authorization.split_once("Credential=")?;
    scope.split(',').next()?.split('/').nth(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_user_agent_names_the_service() {
        for (agent, service) in [
            (
                "aws-sdk-rust/1.3.1 ua/2.1 api/sqs/1.119.0 os/linux",
                Some("sqs"),
            ),
            ("aws-sdk-rust/1.3.1 api/dynamodb#1.1", Some("dynamodb")),
            ("aws-sdk-rust/1.3.1 os/linux", None),
            ("api/", None),
        ] {
            assert_eq!(api(agent), service, "{agent}");
        }
    }

    #[test]
    fn the_signature_tells_the_region_and_nothing_else_is_read_of_it() {
        let signed = "AWS4-HMAC-SHA256 Credential=AKID/20261122/eu-west-1/sqs/aws4_request, SignedHeaders=host, Signature=00";
        assert_eq!(region(signed), Some("eu-west-1"));
        assert_eq!(region("Bearer token"), None);
    }

    #[test]
    fn a_query_names_its_operation() {
        assert_eq!(action(b"Action=Publish&TopicArn=a"), Some("Publish"));
        assert_eq!(action(b"Action=ListTopics"), Some("ListTopics"));
        assert_eq!(action(b"{}"), None);
    }
}
