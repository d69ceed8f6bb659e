use std::convert::Infallible;
use std::fmt;
use std::time::Duration;

use axum::http::Method;
use serde::Serialize;

use crate::access::Denial;
use crate::control::EditError;
use crate::group::GroupError;
use crate::policy::PolicyError;
use crate::sampling::RuleError;
use crate::setting::SettingError;
use crate::store::EngineError;

/// Why a call is refused, with the name that AWS's clients know it by.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ApiError {
    kind: Kind,
    message: String,
    /// The resource that the message is about, where the API has a place for it.
    resource: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    InvalidRequest,
    RuleLimitExceeded,
    ResourceNotFound,
    TooManyTags,
    InvalidPolicyRevisionId,
    LockoutPrevention,
    MalformedPolicyDocument,
    PolicyCountLimitExceeded,
    PolicySizeLimitExceeded,
    AccessDenied,
    /// By an [`Admission`](crate::access::Admission), with the name of its own.
    NotAdmitted(&'static str),
    UnknownOperation,
    MethodNotAllowed,
    RequestTooLarge,
    RequestTooSlow,
    Throttled,
    Internal,
    Unavailable,
}

impl Kind {
    /// The name, as AWS's clients know it, and the HTTP status.
    fn told(self) -> (&'static str, u16) {
        match self {
            Self::InvalidRequest => ("InvalidRequestException", 400),
            Self::RuleLimitExceeded => ("RuleLimitExceededException", 400),
            Self::ResourceNotFound => ("ResourceNotFoundException", 404),
            Self::TooManyTags => ("TooManyTagsException", 400),
            Self::InvalidPolicyRevisionId => ("InvalidPolicyRevisionIdException", 400),
            Self::LockoutPrevention => ("LockoutPreventionException", 400),
            Self::MalformedPolicyDocument => ("MalformedPolicyDocumentException", 400),
            Self::PolicyCountLimitExceeded => ("PolicyCountLimitExceededException", 400),
            Self::PolicySizeLimitExceeded => ("PolicySizeLimitExceededException", 400),
            Self::AccessDenied => ("AccessDeniedException", 403),
            Self::NotAdmitted(name) => (name, 403),
            Self::UnknownOperation => ("UnknownOperationException", 404),
            Self::MethodNotAllowed => ("MethodNotAllowedException", 405),
            Self::RequestTooLarge => ("RequestEntityTooLargeException", 413),
            Self::RequestTooSlow => ("RequestTimeoutException", 408),
            Self::Throttled => ("ThrottledException", 429),
            Self::Internal => ("InternalFailure", 500),
            Self::Unavailable => ("ServiceUnavailableException", 503),
        }
    }
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
            format!("no operation of the X-Ray API has the path {path}"),
        )
    }

    pub(crate) fn method_not_allowed(method: &Method, path: &str, expected: &Method) -> Self {
        Self::new(
            Kind::MethodNotAllowed,
            format!("{path} is called with {expected}, not {method}"),
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

    /// There is no room for more of something at present. AWS's clients try again by themselves.
    pub(crate) fn too_many(of: &str) -> Self {
        Self::new(
            Kind::Throttled,
            format!("there are too many {of} at present: try again in a moment"),
        )
    }

    pub(crate) fn internal(operation: &str) -> Self {
        Self::new(
            Kind::Internal,
            format!("the server failed in {operation}; its standard error says where"),
        )
    }

    /// There is no such resource; `name` is its ARN, token or name.
    pub(super) fn not_found(message: impl Into<String>, name: &str) -> Self {
        Self::about(Kind::ResourceNotFound, message, name)
    }

    /// An error about one resource.
    pub(super) fn about(kind: Kind, message: impl Into<String>, resource: &str) -> Self {
        Self {
            resource: Some(resource.to_owned()),
            ..Self::new(kind, message)
        }
    }

    fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            resource: None,
        }
    }

    /// The HTTP status.
    pub(crate) fn status(&self) -> u16 {
        self.kind.told().1
    }

    /// After how many seconds it is worth trying again, where it is.
    pub(crate) fn retry_after(&self) -> Option<u32> {
        matches!(self.kind, Kind::Throttled).then_some(1)
    }

    /// The name, which also goes into the header `x-amzn-ErrorType`.
    pub(crate) fn name(&self) -> &'static str {
        self.kind.told().0
    }

    /// The body. The model calls the text `Message`, some clients look for `message` only: both are there.
    pub(crate) fn body(&self) -> Vec<u8> {
        #[derive(Serialize)]
        struct Body<'a> {
            __type: &'a str,
            message: &'a str,
            #[serde(rename = "Message")]
            modelled: &'a str,
            #[serde(rename = "ResourceName", skip_serializing_if = "Option::is_none")]
            resource: Option<&'a str>,
        }
        super::wire::write(&Body {
            __type: self.name(),
            message: &self.message,
            modelled: &self.message,
            resource: self.resource.as_deref(),
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

impl From<GroupError> for ApiError {
    fn from(error: GroupError) -> Self {
        Self::invalid_request(error.to_string())
    }
}

impl From<PolicyError> for ApiError {
    fn from(error: PolicyError) -> Self {
        let kind = match error {
            PolicyError::Malformed(_) => Kind::MalformedPolicyDocument,
            PolicyError::TooLarge(_) => Kind::PolicySizeLimitExceeded,
            PolicyError::TooMany => Kind::PolicyCountLimitExceeded,
            PolicyError::Revision { .. } => Kind::InvalidPolicyRevisionId,
            PolicyError::LocksOut => Kind::LockoutPrevention,
            PolicyError::Unknown(_) => Kind::InvalidRequest,
        };
        Self::new(kind, error.to_string())
    }
}

impl From<SettingError> for ApiError {
    fn from(error: SettingError) -> Self {
        match &error {
            SettingError::UnknownRule(name) => Self::not_found(error.to_string(), name),
            _ => Self::invalid_request(error.to_string()),
        }
    }
}

impl From<Infallible> for ApiError {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

impl<E: Into<ApiError>> From<EditError<E>> for ApiError {
    fn from(error: EditError<E>) -> Self {
        match error {
            EditError::Refused(error) => error.into(),
            EditError::File(error) => {
                // There may be room later, as for documents.
                let kind = match error.is_full() {
                    true => Kind::Unavailable,
                    false => Kind::Internal,
                };
                let text = format!("all is as it was, for what is new cannot be kept: {error}");
                Self::new(kind, text)
            }
        }
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name(), self.message)
    }
}
