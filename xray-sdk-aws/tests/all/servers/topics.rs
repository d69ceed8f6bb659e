use xray_sdk::testing::Capture;
use xray_sdk_aws::client;

use super::moto;
use crate::record::documents;

#[tokio::test]
async fn a_publication_names_its_topic() {
    let capture = Capture::new("shop");
    let topics = client!(aws_sdk_sns, &moto());
    let created = topics
        .create_topic()
        .name("orders")
        .send()
        .await
        .expect("a topic");
    let topic = created.topic_arn().expect("has an ARN").to_owned();
    let work = async {
        topics
            .publish()
            .topic_arn(&topic)
            .message("SECRET")
            .send()
            .await
            .expect("is published");
        let missing = topics
            .publish()
            .topic_arn(format!("{topic}-missing"))
            .message("SECRET")
            .send();
        missing.await.expect_err("no such topic");
    };
    capture.recorder().segment("shop").run(work).await;
    assert_eq!(capture.tree(), "shop\n  SNS 200\n  SNS 404 error\n");
    let documents = documents(&capture);
    let calls = &documents[0]["subsegments"];
    assert_eq!(calls[0]["aws"]["topic_arn"], topic.as_str());
    assert_eq!(calls[0]["aws"]["account_id"], "123456789012");
    assert!(calls[0]["aws"]["request_id"].is_string());
    assert_eq!(calls[1]["cause"]["exceptions"][0]["remote"], true);
}
