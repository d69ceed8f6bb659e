//! The services as moto plays them: a server of its own, that `scripts/test` starts.

mod objects;
mod queues;
mod tables;
mod topics;

use aws_sdk_sqs::config::{BehaviorVersion, Credentials, Region, SharedCredentialsProvider};
use aws_types::SdkConfig;

/// A configuration for moto's server.
///
/// # Panics
///
/// When the variable is missing that names its address: these tests run only where the server is meant to be there.
fn moto() -> SdkConfig {
    let address = std::env::var("XRAY_TEST_MOTO")
        .expect("XRAY_TEST_MOTO is the URL of moto's server, which scripts/test starts");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .endpoint_url(address)
        .credentials_provider(SharedCredentialsProvider::new(Credentials::new(
            "AKIDEXAMPLE",
            "wJalrXUtnFEMI-SECRET",
            None,
            None,
            "test",
        )))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build()
}

/// A name that no other run has used on the same server.
fn unique(name: &str) -> String {
    format!("{name}-{}", std::process::id())
}
