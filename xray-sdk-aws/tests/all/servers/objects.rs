use aws_sdk_s3::primitives::ByteStream;
use xray_sdk::testing::Capture;

use super::{moto, unique};
use crate::record::documents;

/// A client that names buckets in the path: they have no host names of their own.
fn objects() -> aws_sdk_s3::Client {
    let config = aws_sdk_s3::config::Builder::from(&moto()).force_path_style(true);
    let config = config.interceptor(xray_sdk_aws::XrayInterceptor::new());
    aws_sdk_s3::Client::from_conf(config.build())
}

#[tokio::test]
async fn objects_are_put_read_listed_and_missed() {
    let capture = Capture::new("shop");
    let objects = objects();
    let bucket = &unique("objects-are-put");
    let work = async {
        let place = aws_sdk_s3::types::CreateBucketConfiguration::builder()
            .location_constraint("eu-west-1".into());
        let create = objects
            .create_bucket()
            .bucket(bucket)
            .create_bucket_configuration(place.build());
        create.send().await.expect("a bucket");
        let body = ByteStream::from(vec![b'x'; 200_000]);
        objects
            .put_object()
            .bucket(bucket)
            .key("a/1")
            .body(body)
            .send()
            .await
            .expect("is put");
        let got = objects
            .get_object()
            .bucket(bucket)
            .key("a/1")
            .send()
            .await
            .expect("is there");
        assert_eq!(
            got.body
                .collect()
                .await
                .expect("is read")
                .into_bytes()
                .len(),
            200_000
        );
        let listed = objects
            .list_objects_v2()
            .bucket(bucket)
            .prefix("a/")
            .send()
            .await
            .expect("a list");
        assert_eq!(listed.key_count(), Some(1));
        objects
            .head_object()
            .bucket(bucket)
            .key("b")
            .send()
            .await
            .expect_err("is not there");
        objects
            .get_object()
            .bucket(bucket)
            .key("b")
            .send()
            .await
            .expect_err("is not there");
    };
    capture.recorder().segment("shop").run(work).await;
    assert_eq!(
        capture.tree(),
        "shop\n  S3 200\n  S3 200\n  S3 200\n  S3 200\n  S3 404 error\n  S3 404 error\n"
    );
    let documents = documents(&capture);
    let calls = &documents[0]["subsegments"];
    assert_eq!(calls[1]["aws"]["operation"], "PutObject");
    assert_eq!(
        (&calls[1]["aws"]["bucket_name"], &calls[1]["aws"]["key"]),
        (&bucket.as_str().into(), &"a/1".into())
    );
    assert_eq!(calls[2]["http"]["response"]["content_length"], 200_000);
    assert_eq!(calls[2].get("metadata"), None, "it was read to its end");
    assert_eq!(calls[3]["aws"]["prefix"], "a/");
    assert_eq!(calls[4]["cause"]["exceptions"][0]["type"], "NotFound");
    assert_eq!(calls[5]["cause"]["exceptions"][0]["type"], "NoSuchKey");
}

#[tokio::test]
async fn an_object_whose_reading_is_given_up_is_marked() {
    let capture = Capture::new("shop");
    let objects = objects();
    let bucket = &unique("reading-is-given-up");
    let place = aws_sdk_s3::types::CreateBucketConfiguration::builder()
        .location_constraint("eu-west-1".into());
    let create = objects
        .create_bucket()
        .bucket(bucket)
        .create_bucket_configuration(place.build());
    create.send().await.expect("a bucket");
    let body = ByteStream::from(vec![b'x'; 4_000_000]);
    objects
        .put_object()
        .bucket(bucket)
        .key("k")
        .body(body)
        .send()
        .await
        .expect("is put");
    let get = objects.get_object().bucket(bucket).key("k").send();
    drop(
        capture
            .recorder()
            .segment("shop")
            .run(get)
            .await
            .expect("is there"),
    );
    let text = documents(&capture)
        .iter()
        .map(ToString::to_string)
        .collect::<String>();
    assert!(text.contains(r#""xray":{"aborted":true}"#), "{text}");
}
