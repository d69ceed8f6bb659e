//! What a caller is told who is not let in.

use crate::access::Denial;

impl Denial {
    /// The request is not signed.
    pub(super) fn unsigned() -> Self {
        Self::new(
            "MissingAuthenticationTokenException",
            "this server takes signed requests only: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY to one of its keys, and call it with an AWS client",
        )
    }

    /// The signature lacks a part, or a part makes no sense.
    pub(super) fn incomplete(problem: impl Into<String>) -> Self {
        Self::new("IncompleteSignatureException", problem)
    }

    /// Nobody has this key here.
    pub(super) fn unknown_key(id: &str) -> Self {
        Self::new(
            "UnrecognizedClientException",
            format!("no key of this server has the id {id:?}: look into its file of keys"),
        )
    }

    /// It was signed too long ago, or will be.
    pub(super) fn not_now(date: &str, apart: u64, allowed: u64) -> Self {
        Self::new(
            "InvalidSignatureException",
            format!(
                "the request was signed at {date}, {apart} s away from the clock of this server: {allowed} s are allowed; set the clocks"
            ),
        )
    }

    /// The signature is another than the key makes of this request.
    pub(super) fn other_signature() -> Self {
        Self::new(
            "InvalidSignatureException",
            "the signature is not the one that the key makes of this request: is the secret the right one, and was the request changed on its way?",
        )
    }

    /// The key may not do this.
    pub(super) fn not_permitted(id: &str, operation: &str) -> Self {
        Self::new(
            "AccessDeniedException",
            format!("the key {id:?} may not do xray:{operation}: its actions do not name it"),
        )
    }

    fn new(name: &'static str, message: impl Into<String>) -> Self {
        Self {
            name,
            message: message.into(),
        }
    }
}
