//! The table, the queue and the bucket. Each is made unless it is there.

use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
};
use aws_sdk_s3::types::CreateBucketConfiguration;

use crate::error::Error;

/// A table whose items have an `id`; its name.
///
/// # Errors
///
/// When it cannot be made.
pub async fn table(tables: &aws_sdk_dynamodb::Client) -> Result<String, Error> {
    let name = "xray-sdk-example-orders".to_owned();
    let id = AttributeDefinition::builder()
        .attribute_name("id")
        .attribute_type(ScalarAttributeType::S)
        .build()?;
    let key = KeySchemaElement::builder()
        .attribute_name("id")
        .key_type(KeyType::Hash)
        .build()?;
    let created = tables
        .create_table()
        .table_name(&name)
        .attribute_definitions(id)
        .key_schema(key)
        .billing_mode(BillingMode::PayPerRequest)
        .send()
        .await;
    match created.map_err(aws_sdk_dynamodb::error::SdkError::into_service_error) {
        Err(error) if !error.is_resource_in_use_exception() => Err(error.into()),
        _ => Ok(name),
    }
}

/// A queue; its URL.
///
/// # Errors
///
/// When it cannot be made.
pub async fn queue(queues: &aws_sdk_sqs::Client) -> Result<String, Error> {
    let created = queues
        .create_queue()
        .queue_name("xray-sdk-example-orders")
        .send()
        .await?;
    created
        .queue_url
        .ok_or_else(|| "the queue has no URL".into())
}

/// A bucket; its name. Names of buckets are unique in the world: `EXAMPLE_BUCKET` names another where this one is taken.
///
/// # Errors
///
/// When it cannot be made.
pub async fn bucket(objects: &aws_sdk_s3::Client) -> Result<String, Error> {
    let region = objects.config().region().map(ToString::to_string);
    let region = region.ok_or("AWS_REGION is not set")?;
    let name = std::env::var("EXAMPLE_BUCKET")
        .unwrap_or_else(|_| format!("xray-sdk-example-receipts-{region}"));
    let mut create = objects.create_bucket().bucket(&name);
    // The oldest region is the one that may not be named.
    if region != "us-east-1" {
        let place =
            CreateBucketConfiguration::builder().location_constraint(region.as_str().into());
        create = create.create_bucket_configuration(place.build());
    }
    match create
        .send()
        .await
        .map_err(aws_sdk_s3::error::SdkError::into_service_error)
    {
        Err(error) if !error.is_bucket_already_owned_by_you() => Err(error.into()),
        _ => Ok(name),
    }
}
