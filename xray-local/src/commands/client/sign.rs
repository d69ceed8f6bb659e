//! Signs requests as AWS's clients do, with the access key of the environment.

use std::env;
use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4::SigningParams;

/// An access key and what it is used for.
pub(crate) struct Signer {
    credentials: Credentials,
    region: String,
    service: &'static str,
}

impl Signer {
    /// With the key in `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`; `None` where there is none.
    pub(super) fn of_environment(host: &str) -> Option<Self> {
        let set = |name| {
            env::var(name)
                .ok()
                .filter(|value: &String| !value.is_empty())
        };
        let credentials = Credentials::new(
            set("AWS_ACCESS_KEY_ID")?,
            set("AWS_SECRET_ACCESS_KEY")?,
            set("AWS_SESSION_TOKEN"),
            None,
            "environment",
        );
        let region = set("AWS_REGION").or_else(|| set("AWS_DEFAULT_REGION"));
        let region = region.or_else(|| region_of(host).map(str::to_owned));
        let region = region.unwrap_or_else(|| "us-east-1".to_owned());
        Some(Self::new(credentials, region, "xray"))
    }

    /// With a key for a service, by the name that it has in signatures.
    pub(crate) fn new(
        credentials: Credentials,
        region: impl Into<String>,
        service: &'static str,
    ) -> Self {
        Self {
            credentials,
            region: region.into(),
            service,
        }
    }

    pub(super) fn key_id(&self) -> &str {
        self.credentials.access_key_id()
    }

    /// The headers that a request needs to be taken for one of the key's owner.
    pub(crate) fn headers(
        &self,
        method: &str,
        url: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Result<Vec<(String, String)>, String> {
        let unfit =
            |error: &dyn std::fmt::Display| format!("the request cannot be signed: {error}");
        let identity = self.credentials.clone().into();
        let parameters = SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name(self.service)
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()
            .map_err(|error| unfit(&error))?
            .into();
        let headers = headers.iter().copied();
        let request = SignableRequest::new(method, url, headers, SignableBody::Bytes(body))
            .map_err(|error| unfit(&error))?;
        let (signed, _) = sign(request, &parameters)
            .map_err(|error| unfit(&error))?
            .into_parts();
        let (headers, _) = signed.into_parts();
        let headers = headers.iter();
        Ok(headers
            .map(|header| (header.name().to_owned(), header.value().to_owned()))
            .collect())
    }
}

/// The region in the name of one of AWS's own hosts.
fn region_of(host: &str) -> Option<&str> {
    let (region, _) = host.strip_prefix("xray.")?.split_once(".amazonaws.com")?;
    Some(region)
}
