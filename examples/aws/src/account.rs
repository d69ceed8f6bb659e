use aws_config::{BehaviorVersion, ConfigLoader, SdkConfig};

/// The configuration that the environment gives: `AWS_REGION`, `AWS_ENDPOINT_URL`, credentials and so on.
pub async fn config() -> SdkConfig {
    with_http_client(aws_config::defaults(BehaviorVersion::latest()))
        .load()
        .await
}

/// The SDK's own client, which speaks TLS.
#[cfg(feature = "https")]
fn with_http_client(loader: ConfigLoader) -> ConfigLoader {
    loader
}

/// A client for plain HTTP, as a server on this machine speaks it.
#[cfg(not(feature = "https"))]
fn with_http_client(loader: ConfigLoader) -> ConfigLoader {
    loader.http_client(aws_smithy_http_client::Builder::new().build_http())
}
