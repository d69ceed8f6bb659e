//! What a call is about, where only its HTTP request is known: the names of resources as the service's crate would tell them.

use std::net::IpAddr;

use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::telemetry::CapturedTelemetryAttributes;
use percent_encoding::percent_decode_str;

/// The members of the request that its URL or form holds. JSON is read elsewhere.
pub(crate) fn captured(service: &str, request: &HttpRequest) -> CapturedTelemetryAttributes {
    let mut captured = CapturedTelemetryAttributes::default();
    let mut tell = |member: &str, value: Option<&str>| {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            captured.insert(member, percent_decode_str(value).decode_utf8_lossy());
        }
    };
    match service {
        "S3" => {
            let (bucket, key) = object(request.uri()).unwrap_or_default();
            tell("Bucket", Some(bucket));
            tell("Key", Some(key));
        }
        "Lambda" => tell("FunctionName", function(request.uri())),
        "SNS" => {
            for member in ["TopicArn", "TargetArn"] {
                tell(member, form_value(request.body().bytes(), member));
            }
        }
        _ => {}
    }
    captured
}

/// The bucket and the key in a URL of S3, percent-encoded.
///
/// The bucket stands in the host, or first in the path. Which it is can be told for hosts of AWS and for addresses.
fn object(uri: &str) -> Option<(&str, &str)> {
    let (host, path) = host_and_path(uri)?;
    let in_path = || path.split_once('/').unwrap_or((path, ""));
    if host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok() {
        return Some(in_path());
    }
    let (rest, _) = host.split_once(".amazonaws.com")?;
    if rest.starts_with("s3.") || rest.starts_with("s3-") || rest == "s3" {
        return Some(in_path());
    }
    // A bucket may have dots in its name, so the last one counts. Access points have names of their own.
    let service = [".s3.", ".s3-", ".s3express-"]
        .iter()
        .filter_map(|service| rest.rfind(service))
        .max()
        .or_else(|| rest.strip_suffix(".s3").map(str::len))?;
    let (bucket, service) = rest.split_at(service);
    let is_bucket =
        !service.starts_with(".s3-accesspoint") && !service.starts_with(".s3-object-lambda");
    is_bucket.then_some((bucket, path))
}

/// The function in a URL of Lambda, percent-encoded: `/2015-03-31/functions/NAME/invocations`.
fn function(uri: &str) -> Option<&str> {
    let (_, path) = host_and_path(uri)?;
    let mut parts = path.split('/').skip(1);
    (parts.next()? == "functions").then(|| parts.next())?
}

/// The host without its port, and the path without the slash it begins with.
fn host_and_path(uri: &str) -> Option<(&str, &str)> {
    let (_, rest) = uri.split_once("://")?;
    let rest = rest.split(['?', '#']).next()?;
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    };
    Some((host, path))
}

/// A value in a form, percent-encoded: `Action=Publish&TopicArn=…`.
fn form_value<'b>(body: Option<&'b [u8]>, name: &str) -> Option<&'b str> {
    let form = std::str::from_utf8(body?).ok()?;
    form.split('&')
        .find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_found_where_it_is_known_where_they_stand() {
        for (uri, expected) in [
            (
                "https://receipts.s3.eu-west-1.amazonaws.com/2026/a%20b.txt?x-id=PutObject",
                Some(("receipts", "2026/a%20b.txt")),
            ),
            (
                "https://s3.eu-west-1.amazonaws.com/receipts/7.txt",
                Some(("receipts", "7.txt")),
            ),
            (
                "https://receipts.s3.amazonaws.com/7",
                Some(("receipts", "7")),
            ),
            (
                "https://receipts.s3.cn-north-1.amazonaws.com.cn/7",
                Some(("receipts", "7")),
            ),
            (
                "https://my.s3.receipts.s3.eu-west-1.amazonaws.com/7",
                Some(("my.s3.receipts", "7")),
            ),
            (
                "https://receipts.s3-accelerate.amazonaws.com/7",
                Some(("receipts", "7")),
            ),
            (
                "https://r--usw2-az1--x-s3.s3express-usw2-az1.us-west-2.amazonaws.com/7",
                Some(("r--usw2-az1--x-s3", "7")),
            ),
            (
                "https://point-123456789012.s3-accesspoint.eu-west-1.amazonaws.com/7",
                None,
            ),
            (
                "http://127.0.0.1:5000/receipts/7.txt",
                Some(("receipts", "7.txt")),
            ),
            ("http://[::1]:5000/receipts", Some(("receipts", ""))),
            ("http://[::1]:5000/", Some(("", ""))),
            ("http://receipts.minio.example.com/7.txt", None),
            ("receipts", None),
            ("", None),
        ] {
            assert_eq!(object(uri), expected, "{uri}");
        }
    }

    #[test]
    fn functions_are_found_in_the_path() {
        let invoke = "https://lambda.eu-west-1.amazonaws.com/2015-03-31/functions/resize/invocations?Qualifier=live";
        assert_eq!(function(invoke), Some("resize"));
        for other in ["https://lambda/2015-03-31/layers/a", "https://lambda/", "x"] {
            assert_eq!(function(other), None, "{other}");
        }
    }

    #[test]
    fn what_the_names_hold_is_decoded() {
        let request = HttpRequest::get("http://127.0.0.1:1/receipts/a%20b%2Fc").expect("a URI");
        let captured = captured("S3", &request);
        assert_eq!(captured.get("Bucket"), Some("receipts"));
        assert_eq!(captured.get("Key"), Some("a b/c"));
    }

    #[test]
    fn a_form_is_asked_for_single_values() {
        let body = Some(&b"Action=Publish&TopicArn=arn%3Aaws&Message=TargetArn%3D"[..]);
        assert_eq!(form_value(body, "TopicArn"), Some("arn%3Aaws"));
        assert_eq!(form_value(body, "TargetArn"), None);
        assert_eq!(form_value(None, "TopicArn"), None);
        assert_eq!(form_value(Some(b"\xff"), "TopicArn"), None);
    }
}
