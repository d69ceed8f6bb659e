/// Makes a client of an AWS service that records its calls: `client!(aws_sdk_sqs, &config)`.
///
/// It is `aws_sdk_sqs::Client::from_conf` of the given `SdkConfig`, with an [`XrayInterceptor`](crate::XrayInterceptor). A third argument is
/// the interceptor to install instead of [`XrayInterceptor::new()`](crate::XrayInterceptor::new).
///
/// ```
/// # let config = aws_types::SdkConfig::builder()
/// #     .behavior_version(aws_smithy_runtime_api::client::behavior_version::BehaviorVersion::latest())
/// #     .build();
/// use xray_sdk_aws::{XrayInterceptor, client};
///
/// let tables = client!(aws_sdk_dynamodb, &config);
/// let objects = client!(aws_sdk_s3, &config, XrayInterceptor::new().attempts(true));
/// # let _ = (tables, objects);
/// ```
///
/// A macro, because the crates of the services share no trait: each has a `Client` and a `config::Builder` of its own.
#[macro_export]
macro_rules! client {
    ($($service:ident)::+, $config:expr $(,)?) => {
        $crate::client!($($service)::+, $config, $crate::XrayInterceptor::new())
    };
    ($($service:ident)::+, $config:expr, $interceptor:expr $(,)?) => {
        $($service)::+::Client::from_conf(
            $($service)::+::config::Builder::from($config)
                .interceptor($interceptor)
                .build(),
        )
    };
}
