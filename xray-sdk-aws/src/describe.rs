//! What is recorded of a call besides how it ended.

use std::borrow::Cow;

use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, Metadata};
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::telemetry::CapturedTelemetryAttributes;
use aws_types::region::{Region, SigningRegion};
use xray_sdk::{Entity, Text};

use crate::parameter::{Parameter, Source, Take};
use crate::parameters::Parameters;
use crate::select::{self, Found};

/// What is called.
pub(crate) struct Operation<'a> {
    pub(crate) service: &'a str,
    /// Empty where it is not known.
    pub(crate) name: &'a str,
    pub(crate) region: Option<&'a str>,
    /// What the service's crate tells of the request.
    pub(crate) captured: Option<&'a CapturedTelemetryAttributes>,
}

impl<'a> Operation<'a> {
    /// As the SDK's state of a call has it.
    pub(crate) fn of(cfg: &'a ConfigBag) -> Self {
        let metadata = cfg.load::<Metadata>();
        Self {
            service: metadata.map_or("AWS", Metadata::service),
            name: metadata.map_or("", Metadata::name),
            region: region(cfg),
            captured: cfg.load::<CapturedTelemetryAttributes>(),
        }
    }
}

/// Records the operation and the region.
pub(crate) fn operation(entity: &mut Entity, operation: &Operation<'_>) {
    if !operation.name.is_empty() {
        entity.aws("operation", operation.name);
    }
    if let Some(region) = operation.region {
        entity.aws("region", region);
    }
}

/// Records the parameters of the request, as far as there is one: a call may fail before.
pub(crate) fn request(
    entity: &mut Entity,
    request: Option<&HttpRequest>,
    operation: &Operation<'_>,
    parameters: &Parameters,
) {
    let captured = operation.captured;
    let mut account = None;
    let mut in_body = Vec::new();
    for parameter in parameters.of(operation.service, operation.name) {
        match parameter.source {
            Source::RequestHeader => {
                let headers = request.map(HttpRequest::headers);
                if let Some(value) = headers.and_then(|headers| headers.get(&*parameter.member)) {
                    entity.aws(name(parameter), value);
                }
            }
            Source::Request => {
                let value = captured.and_then(|captured| captured.get(&parameter.member));
                match value {
                    Some(value) if parameter.take == Take::Value => {
                        entity.aws(name(parameter), &*without_user(value));
                        account = account.or_else(|| owner(value));
                    }
                    _ => in_body.push(parameter),
                }
            }
            Source::Response | Source::ResponseHeader => {}
        }
    }
    if let Some(account) = account {
        entity.aws("account_id", account);
    }
    if let Some(request) = request
        && is_json(request.headers().get("content-type"))
    {
        members(entity, request.body().bytes(), &in_body);
    }
}

/// Records the ids, the status, the length and the parameters of the response. `counted` is the length of its body where it does not declare one.
pub(crate) fn response(
    entity: &mut Entity,
    response: &HttpResponse,
    counted: u64,
    operation: &Operation<'_>,
    parameters: &Parameters,
) {
    entity.http_status(response.status().as_u16());
    ids(entity, response);
    let length = declared_length(response).or((counted > 0).then_some(counted));
    if let Some(length) = length {
        entity.content_length(length);
    }
    let mut in_body = Vec::new();
    for parameter in parameters.of(operation.service, operation.name) {
        match parameter.source {
            Source::ResponseHeader => {
                if let Some(value) = response.headers().get(&*parameter.member) {
                    entity.aws(name(parameter), value);
                }
            }
            Source::Response => in_body.push(parameter),
            Source::Request | Source::RequestHeader => {}
        }
    }
    if response.status().is_success() && is_json(response.headers().get("content-type")) {
        members(entity, response.body().bytes(), &in_body);
    }
}

/// Records the ids that AWS gave the request; the second is S3's.
pub(crate) fn ids(entity: &mut Entity, response: &HttpResponse) {
    let headers = response.headers();
    let id = headers
        .get("x-amzn-requestid")
        .or_else(|| headers.get("x-amzn-request-id"))
        .or_else(|| headers.get("x-amz-request-id"));
    if let Some(id) = id {
        entity.aws("request_id", id);
    }
    if let Some(id) = headers.get("x-amz-id-2") {
        entity.aws("id_2", id);
    }
}

/// The length of the body, in bytes, as the response's head declares it.
pub(crate) fn declared_length(response: &HttpResponse) -> Option<u64> {
    response
        .headers()
        .get("content-length")?
        .trim()
        .parse()
        .ok()
}

/// The region that the client is made for; else that for which the request is signed.
fn region(cfg: &ConfigBag) -> Option<&str> {
    match cfg.load::<Region>() {
        Some(region) => Some(region.as_ref()),
        None => Some(cfg.load::<SigningRegion>()?.as_ref()),
    }
}

/// Whether a body is that of AWS's JSON protocols, whose members are parameters. Plain `application/json` may be the program's own: the
/// object that is put into a bucket, the payload of a function.
fn is_json(content_type: Option<&str>) -> bool {
    content_type.is_some_and(|content_type| content_type.starts_with("application/x-amz-json"))
}

fn members(entity: &mut Entity, body: Option<&[u8]>, wanted: &[&Parameter]) {
    let Some(body) = body else { return };
    select::members(body, wanted, |parameter, found| {
        match found {
            Found::Value(value) => entity.aws(name(parameter), value),
            Found::Count(count) => entity.aws(name(parameter), &count),
            Found::Keys(keys) => entity.aws(name(parameter), &keys),
        };
    });
}

fn name(parameter: &Parameter) -> Text<'_> {
    Text::copied(parameter.name())
}

/// A URL, as that of a queue may be, without its user information.
fn without_user(value: &str) -> Cow<'_, str> {
    let Some((scheme, rest)) = value.split_once("://") else {
        return Cow::Borrowed(value);
    };
    let path = rest.find('/').unwrap_or(rest.len());
    match rest[..path].rfind('@') {
        Some(at) => Cow::Owned(format!("{scheme}://{}", &rest[at + 1..])),
        None => Cow::Borrowed(value),
    }
}

/// The account that owns a resource, where its ARN or the URL of a queue names one.
fn owner(resource: &str) -> Option<&str> {
    let account = match resource.strip_prefix("arn:") {
        // arn:partition:service:region:account:resource
        Some(rest) => rest.split(':').nth(3)?,
        // https://sqs.eu-west-1.amazonaws.com/account/name
        None => resource.strip_prefix("http")?.split('/').nth(3)?,
    };
    (account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit())).then_some(account)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_told_without_its_user() {
        for (value, expected) in [
            (
                "https://me:S3cret@queue:9324/1/orders",
                "https://queue:9324/1/orders",
            ),
            ("https://S3cret@queue", "https://queue"),
            ("https://queue/1/me@orders", "https://queue/1/me@orders"),
            ("me@orders", "me@orders"),
        ] {
            assert_eq!(without_user(value), expected);
        }
    }

    #[test]
    fn the_owner_is_read_from_arns_and_queue_urls() {
        for (resource, expected) in [
            (
                "arn:aws:sns:eu-west-1:123456789012:orders",
                Some("123456789012"),
            ),
            (
                "arn:aws-cn:dynamodb:cn-north-1:123456789012:table/orders",
                Some("123456789012"),
            ),
            ("arn:aws:s3:::bucket", None),
            (
                "https://sqs.eu-west-1.amazonaws.com/123456789012/orders",
                Some("123456789012"),
            ),
            (
                "http://127.0.0.1:5000/123456789012/orders",
                Some("123456789012"),
            ),
            ("http://localhost/orders", None),
            ("https://queue/1234/orders", None),
            ("123456789012", None),
            ("orders", None),
        ] {
            assert_eq!(owner(resource), expected, "{resource}");
        }
    }
}
