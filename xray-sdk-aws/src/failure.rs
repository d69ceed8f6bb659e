//! Why a call failed: what the service answered, or why there was no answer.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;

use aws_smithy_runtime_api::client::interceptors::context::{
    Error, FinalizerInterceptorContextRef, InterceptorContext,
};
use aws_smithy_runtime_api::client::orchestrator::OrchestratorError;
use aws_smithy_runtime_api::client::retries::classifiers::{
    ClassifyRetry as _, RetryAction, RetryReason,
};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::error::ErrorMetadata;
use aws_smithy_types::retry::ErrorKind;
use xray_sdk::Entity;

use crate::quoted;

/// Records why a call, or one attempt of it, failed, if it did. The status of the response, where there was one, is recorded already.
pub(crate) fn record(
    entity: &mut Entity,
    context: &FinalizerInterceptorContextRef<'_>,
    components: &RuntimeComponents,
) {
    let Some(Err(error)) = context.output_or_error() else {
        return;
    };
    let Some(answered) = error.as_operation_error() else {
        entity.record_error_as(kind_without_answer(error, context), error);
        return;
    };
    let status = context
        .response()
        .map(|response| response.status().as_u16());
    match (Reported::read(answered), status) {
        (Some((kind, mut reported)), _) => {
            let kept = quoted::without_values(&reported.message);
            if let Cow::Owned(kept) = kept {
                // The program may record the same error too.
                entity.withhold(&reported.message, &kept);
                reported = Reported {
                    message: kept,
                    source: None,
                };
            }
            entity.record_remote_error(&kind, &reported);
        }
        (None, Some(status @ 400..)) => {
            // As `SdkError` calls it, where the service has no name for it.
            entity.record_remote_error("ServiceError", &Reported::unnamed(status));
        }
        (None, _) => {
            // An answer that the service's crate could not read.
            entity.record_error_as("ResponseError", answered);
            return;
        }
    }
    if is_throttled(context.inner(), components) {
        entity.throttle();
    } else if status.is_none_or(|status| status < 400) {
        // Some operations of S3 answer with an error and status 200.
        entity.fault();
    }
}

/// What `SdkError` calls a failure without an answer.
fn kind_without_answer(
    error: &OrchestratorError<Error>,
    context: &FinalizerInterceptorContextRef<'_>,
) -> &'static str {
    if error.is_timeout_error() {
        "TimeoutError"
    } else if error.is_connector_error() {
        "DispatchFailure"
    } else if error.is_response_error() {
        "ResponseError"
    } else if context.request().is_some() {
        // The request is complete, but for credentials or an endpoint.
        "DispatchFailure"
    } else {
        "ConstructionFailure"
    }
}

/// Whether one of the SDK's own classifiers takes it for throttling: DynamoDB says so with status 400, S3 with 503.
fn is_throttled(context: &InterceptorContext, components: &RuntimeComponents) -> bool {
    components.retry_classifiers().any(|classifier| {
        matches!(
            classifier.classify_retry(context),
            RetryAction::RetryIndicated(RetryReason::RetryableError {
                kind: ErrorKind::ThrottlingError,
                ..
            })
        )
    })
}

/// An error as the service reported it.
struct Reported<'a> {
    message: String,
    /// What lies behind it and says more.
    source: Option<&'a (dyn StdError + 'static)>,
}

impl<'a> Reported<'a> {
    /// An error of which only the status is known.
    fn unnamed(status: u16) -> Self {
        Self {
            message: format!("HTTP status {status}"),
            source: None,
        }
    }

    /// The error's code, as `ConditionalCheckFailedException`, and its message with what lies behind. `None` for an error without a code.
    fn read(error: &'a (dyn StdError + 'static)) -> Option<(String, Self)> {
        let chain = chain(error);
        let metadata = chain
            .clone()
            .find_map(<dyn StdError>::downcast_ref::<ErrorMetadata>);
        let text = error.to_string();
        let (code, message) = match metadata {
            Some(metadata) => (
                metadata.code()?.to_owned(),
                metadata.message().unwrap_or(&text).to_owned(),
            ),
            None => code_and_message(&text)?,
        };
        // The service's crate wraps each error once or twice, with the same text.
        let source = chain.skip(1).find(|source| {
            !source.is::<ErrorMetadata>() && {
                let says = source.to_string();
                says != text && says != message
            }
        });
        Some((code, Self { message, source }))
    }
}

/// An error and what lies behind it, outermost first.
fn chain<'a>(
    error: &'a (dyn StdError + 'static),
) -> impl Iterator<Item = &'a (dyn StdError + 'static)> + Clone {
    let mut next = Some(error);
    // A chain that is longer is a loop.
    (0..32).map_while(move |_| {
        let error = next?;
        next = error.source();
        Some(error)
    })
}

/// Errors that the service's crate knows print as `Code: message`, `Code [ShapeName]: message` or `Code`.
fn code_and_message(text: &str) -> Option<(String, String)> {
    let (head, message) = text.split_once(": ").unwrap_or((text, text));
    let code = match head.split_once(" [") {
        Some((code, _)) => code,
        None => head,
    };
    let is_code = !code.is_empty()
        && code
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'.');
    is_code.then(|| (code.to_owned(), message.to_owned()))
}

impl fmt::Display for Reported<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl fmt::Debug for Reported<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl StdError for Reported<'_> {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_is_read_from_what_the_crate_prints() {
        for (text, expected) in [
            ("NoSuchKey: it is gone", Some(("NoSuchKey", "it is gone"))),
            ("NotFound", Some(("NotFound", "NotFound"))),
            (
                "ExpiredToken [ExpiredTokenFault]: too old",
                Some(("ExpiredToken", "too old")),
            ),
            ("unhandled error", None),
            ("(odd)", None),
            ("", None),
        ] {
            let expected = expected.map(|(code, message)| (code.to_owned(), message.to_owned()));
            assert_eq!(code_and_message(text), expected, "{text}");
        }
    }

    #[test]
    fn an_error_that_the_crate_does_not_know_has_the_code_of_its_metadata() {
        let metadata = ErrorMetadata::builder()
            .code("AccessDenied")
            .message("not yours")
            .build();
        let (code, reported) = Reported::read(&metadata).expect("a code");
        assert_eq!(
            (code.as_str(), reported.to_string().as_str()),
            ("AccessDenied", "not yours")
        );
        assert!(reported.source().is_none());
    }
}
