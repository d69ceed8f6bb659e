use std::time::Duration;

use serde::Serialize;

use crate::access::Denial;
use crate::control::EditError;
use crate::sampling::RuleError;
use crate::store::EngineError;

/// Why a call is refused, with the name that AWS's clients know it by.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ApiError {
    kind: Kind,
    message: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    InvalidRequest,
    RuleLimitExceeded,
    AccessDenied,
    /// By an [`Admission`](crate::access::Admission), with the name of its own.
    NotAdmitted(&'static str),
    UnknownOperation,
    MethodNotAllowed,
    RequestTooLarge,
    RequestTooSlow,
    Internal,
    Unavailable,
}

impl ApiError {
    pub(crate) fn invalid_request(message: impl Into<String>) -> Self {
        Self::new(Kind::InvalidRequest, message)
    }

    pub(crate) fn access_denied(message: impl Into<String>) -> Self {
        Self::new(Kind::AccessDenied, message)
    }

    pub(crate) fn unknown_operation(path: &str) -> Self {
        Self::new(
            Kind::UnknownOperation,
            format!(
                "no operation of the X-Ray API has the path {path}, or this server does not know it yet"
            ),
        )
    }

    pub(crate) fn method_not_allowed(method: &str, path: &str) -> Self {
        Self::new(
            Kind::MethodNotAllowed,
            format!("{path} is called with POST, not {method}"),
        )
    }

    pub(crate) fn request_too_large(limit: usize) -> Self {
        Self::new(
            Kind::RequestTooLarge,
            format!("a request body has at most {limit} bytes"),
        )
    }

    pub(crate) fn request_too_slow(limit: Duration) -> Self {
        Self::new(
            Kind::RequestTooSlow,
            format!("the request body did not come within {} s", limit.as_secs()),
        )
    }

    pub(crate) fn internal() -> Self {
        Self::new(
            Kind::Internal,
            "the server failed; its standard error says where",
        )
    }

    fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
        }
    }

    /// The HTTP status.
    pub(crate) fn status(&self) -> u16 {
        match self.kind {
            Kind::InvalidRequest | Kind::RuleLimitExceeded => 400,
            Kind::AccessDenied | Kind::NotAdmitted(_) => 403,
            Kind::UnknownOperation => 404,
            Kind::MethodNotAllowed => 405,
            Kind::RequestTooSlow => 408,
            Kind::RequestTooLarge => 413,
            Kind::Internal => 500,
            Kind::Unavailable => 503,
        }
    }

    /// The name, which also goes into the header `x-amzn-ErrorType`.
    pub(crate) fn name(&self) -> &'static str {
        match self.kind {
            Kind::InvalidRequest => "InvalidRequestException",
            Kind::RuleLimitExceeded => "RuleLimitExceededException",
            Kind::AccessDenied => "AccessDeniedException",
            Kind::NotAdmitted(name) => name,
            Kind::UnknownOperation => "UnknownOperationException",
            Kind::MethodNotAllowed => "MethodNotAllowedException",
            Kind::RequestTooLarge => "RequestEntityTooLargeException",
            Kind::RequestTooSlow => "RequestTimeoutException",
            Kind::Internal => "InternalFailure",
            Kind::Unavailable => "ServiceUnavailableException",
        }
    }

    /// The body. The model calls the text `Message`, some clients look for `message` only: both are there.
    pub(crate) fn body(&self) -> Vec<u8> {
        #[derive(Serialize)]
        struct Body<'a> {
            __type: &'a str,
            message: &'a str,
            #[serde(rename = "Message")]
            modelled: &'a str,
        }
        super::wire::write(&Body {
            __type: self.name(),
            message: &self.message,
            modelled: &self.message,
        })
    }
}

impl From<Denial> for ApiError {
    fn from(denial: Denial) -> Self {
        Self::new(Kind::NotAdmitted(denial.name), denial.message)
    }
}

/// Clients try again later, by themselves, when a call fails so.
impl From<EngineError> for ApiError {
    fn from(error: EngineError) -> Self {
        Self::new(Kind::Unavailable, error.to_string())
    }
}

impl From<RuleError> for ApiError {
    fn from(error: RuleError) -> Self {
        let kind = match error {
            RuleError::LimitReached => Kind::RuleLimitExceeded,
            _ => Kind::InvalidRequest,
        };
        Self::new(kind, error.to_string())
    }
}

impl From<EditError> for ApiError {
    fn from(error: EditError) -> Self {
        match error {
            EditError::Rule(error) => error.into(),
            EditError::File(error) => Self::new(
                Kind::Internal,
                format!("the rules are as they were, for the new ones cannot be kept: {error}"),
            ),
        }
    }
}
