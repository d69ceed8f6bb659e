//! Keys as AWS has them: an id, a secret that signs requests (Signature Version 4), and the actions that it may do.

mod action;
mod authorization;
mod denial;
mod error;
mod file;
mod signature;

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use axum::http::request::Parts;

use super::{Admission, Denial};
use action::Actions;
use authorization::Authorization;
pub use error::KeysError;

/// What SDKs ask an X-Ray daemon for, which signs it for them. So they do not, and need not here.
const UNSIGNED: [&str; 2] = ["GetSamplingRules", "GetSamplingTargets"];

/// How far the clocks of caller and server may be apart, as with AWS.
const SKEW_SECONDS: u64 = 300;

/// The keys whose owners may call a server. With keys, a request must be signed with one of them, as AWS's clients sign with their
/// access key; only what SDKs ask about sampling may come unsigned. Segments over UDP bear no signature.
///
/// Keys are read from a file, or from text of the same form:
///
/// ```
/// let keys = xray_local::Keys::parse(r#"{
///     "keys": [
///         {"access_key_id": "DAEMON", "secret_access_key": "one of 16 letters or more", "policies": ["AWSXRayDaemonWriteAccess"]},
///         {"access_key_id": "VIEWER", "secret_access_key": "another of such a length", "actions": ["xray:Get*", "xray:BatchGet*"]}
///     ]
/// }"#)?;
/// let options = xray_local::Options::default().keys(keys);
/// # Ok::<(), xray_local::KeysError>(())
/// ```
///
/// Actions are named as in IAM, `xray:` and an operation, with `*` and `?`; `xray:DeleteTraces`, which AWS does not have, is for `xray-local traces rm`. Policies are those that AWS manages: AWSXRayDaemonWriteAccess,
/// AWSXrayWriteOnlyAccess, AWSXrayReadOnlyAccess, AWSXrayFullAccess.
#[derive(Clone)]
pub struct Keys {
    by_id: Arc<HashMap<String, Key>>,
}

struct Key {
    secret: String,
    actions: Actions,
}

impl Keys {
    /// How many there are.
    pub fn count(&self) -> usize {
        self.by_id.len()
    }

    fn find(&self, id: &str) -> Result<&Key, Denial> {
        self.by_id.get(id).ok_or_else(|| Denial::unknown_key(id))
    }
}

impl Key {
    fn permit(&self, id: &str, operation: &str) -> Result<(), Denial> {
        match self.actions.permit(operation) {
            true => Ok(()),
            false => Err(Denial::not_permitted(id, operation)),
        }
    }
}

impl Admission for Keys {
    fn recognise(
        &self,
        head: &Parts,
        operation: Option<&str>,
        now: SystemTime,
    ) -> Result<(), Denial> {
        let Some(authorization) = Authorization::of(head)? else {
            let is_open = operation.is_some_and(|operation| UNSIGNED.contains(&operation));
            return if is_open {
                Ok(())
            } else {
                Err(Denial::unsigned())
            };
        };
        let key = self.find(authorization.key_id)?;
        let apart = authorization.seconds_from(now);
        if apart > SKEW_SECONDS {
            return Err(Denial::not_now(authorization.date, apart, SKEW_SECONDS));
        }
        operation.map_or(Ok(()), |operation| {
            key.permit(authorization.key_id, operation)
        })
    }

    fn permit(&self, head: &Parts, operation: &str) -> Result<(), Denial> {
        match Authorization::of(head)? {
            Some(Authorization { key_id, .. }) => self.find(key_id)?.permit(key_id, operation),
            None => Err(Denial::unsigned()),
        }
    }

    fn verify(&self, head: &Parts, body: &[u8]) -> Result<(), Denial> {
        let Some(authorization) = Authorization::of(head)? else {
            return Ok(());
        };
        let key = self.find(authorization.key_id)?;
        signature::verify(&authorization, &key.secret, head, body)
    }

    fn key<'a>(&self, head: &'a Parts) -> Option<&'a str> {
        let authorization = Authorization::of(head).ok().flatten()?;
        Some(authorization.key_id)
    }

    fn permits(&self, key: &str, operation: &str) -> bool {
        self.find(key)
            .is_ok_and(|key| key.actions.permit(operation))
    }
}

/// Tells the ids, and no secret.
impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.by_id.keys()).finish()
    }
}

#[cfg(test)]
mod tests;
