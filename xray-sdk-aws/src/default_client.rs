//! The HTTP client that services' crates bring along.

use aws_smithy_runtime_api::client::http::SharedHttpClient;

/// The same one as the SDK makes where a configuration has none.
#[cfg(feature = "default-https-client")]
pub(crate) fn default_client() -> Option<SharedHttpClient> {
    use aws_smithy_http_client::Builder;
    use aws_smithy_http_client::tls::Provider;
    use aws_smithy_http_client::tls::rustls_provider::CryptoMode;

    let tls = Provider::Rustls(CryptoMode::AwsLc);
    Some(Builder::new().tls_provider(tls).build_https())
}

/// There is none.
#[cfg(not(feature = "default-https-client"))]
pub(crate) fn default_client() -> Option<SharedHttpClient> {
    None
}
