//! Makes the signature once more, with the client's own code (`aws-sigv4`), and compares.

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4::SigningParams;
use axum::http::request::Parts;

use super::{Authorization, Denial};

/// The signer writes this one itself.
const DATE: &str = "x-amz-date";

pub(super) fn verify(
    authorization: &Authorization<'_>,
    secret: &str,
    head: &Parts,
    body: &[u8],
) -> Result<(), Denial> {
    let made = make(authorization, secret, head, body)?;
    match is_same(made.as_bytes(), authorization.signature.as_bytes()) {
        true => Ok(()),
        false => Err(Denial::other_signature()),
    }
}

fn make(
    authorization: &Authorization<'_>,
    secret: &str,
    head: &Parts,
    body: &[u8],
) -> Result<String, Denial> {
    let unfit = |problem: &dyn std::fmt::Display| {
        Denial::incomplete(format!("the request cannot be signed: {problem}"))
    };
    let mut headers = Vec::new();
    for name in &authorization.signed_headers {
        if *name == DATE {
            continue;
        }
        let mut values = head.headers.get_all(*name).iter().peekable();
        if values.peek().is_none() {
            return Err(Denial::incomplete(format!(
                "SignedHeaders names {name:?}, and the request has no such header"
            )));
        }
        for value in values {
            headers.push((*name, value.to_str().map_err(|error| unfit(&error))?));
        }
    }
    let mut settings = SigningSettings::default();
    // What the client signed counts, also where other clients would not sign it.
    settings.excluded_headers = None;
    let identity = Credentials::new(authorization.key_id, secret, None, None, "keys").into();
    let parameters = SigningParams::builder()
        .identity(&identity)
        .region(authorization.region)
        .name("xray")
        .time(authorization.time)
        .settings(settings)
        .build()
        .map_err(|error| unfit(&error))?
        .into();
    let uri = head.uri.to_string();
    let request = SignableRequest::new(
        head.method.as_str(),
        uri,
        headers.into_iter(),
        SignableBody::Bytes(body),
    )
    .map_err(|error| unfit(&error))?;
    let signed = sign(request, &parameters).map_err(|error| unfit(&error))?;
    Ok(signed.signature().to_owned())
}

/// Compares in a time that does not tell how much is alike.
fn is_same(one: &[u8], other: &[u8]) -> bool {
    let differences = one.iter().zip(other).fold(0, |all, (a, b)| all | (a ^ b));
    one.len() == other.len() && differences == 0
}
