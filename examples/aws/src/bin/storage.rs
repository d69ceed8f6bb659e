//! A job that keeps things in DynamoDB and S3, and reads them back.

use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_s3::primitives::ByteStream;
use on_aws::{Error, Show};
use xray_sdk_aws::client;

#[tokio::main]
async fn main() -> Result<(), Error> {
    let config = on_aws::config().await;
    let tables = client!(aws_sdk_dynamodb, &config);
    let objects = client!(aws_sdk_s3, &config);
    // Outside of a segment nothing is recorded.
    let table = on_aws::table(&tables).await?;
    let bucket = on_aws::bucket(&objects).await?;

    let mut show = Show::start()?;
    let job = show.recorder("job")?;
    job.segment("job")
        .run(async {
            keep(&tables, &table).await?;
            copy(&objects, &bucket).await
        })
        .await?;
    show.finish();
    Ok(())
}

async fn keep(tables: &aws_sdk_dynamodb::Client, table: &str) -> Result<(), Error> {
    let id = AttributeValue::S("tea".to_owned());
    let put = tables.put_item().table_name(table).item("id", id.clone());
    put.clone().send().await?;
    let again = put
        .condition_expression("attribute_not_exists(id)")
        .send()
        .await;
    // Recorded as an error, for that is what it is to DynamoDB; the job goes on.
    assert!(again.is_err(), "it is there");
    tables
        .get_item()
        .table_name(table)
        .key("id", id)
        .send()
        .await?;
    Ok(())
}

/// The call of `GetObject` ends when its body is read.
#[xray_sdk::subsegment]
async fn copy(objects: &aws_sdk_s3::Client, bucket: &str) -> Result<(), Error> {
    let body = ByteStream::from_static(b"one tea");
    objects
        .put_object()
        .bucket(bucket)
        .key("tea.txt")
        .body(body)
        .send()
        .await?;
    let got = objects
        .get_object()
        .bucket(bucket)
        .key("tea.txt")
        .send()
        .await?;
    let bytes = got.body.collect().await?.into_bytes();
    xray_sdk::current().annotate("bytes", bytes.len());
    Ok(())
}
