//! The web service: an order goes into the table, and a message about it into the queue.

use aws_sdk_dynamodb::types::AttributeValue;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::post;
use on_aws::Error;
use xray_sdk::{Recorder, current};
use xray_sdk_tower::ServerLayer;

#[derive(Clone)]
pub(crate) struct Shop {
    pub(crate) tables: aws_sdk_dynamodb::Client,
    pub(crate) table: String,
    pub(crate) queues: aws_sdk_sqs::Client,
    pub(crate) queue: String,
}

pub(crate) fn service(recorder: &Recorder, shop: Shop) -> Router {
    Router::new()
        .route("/orders/{item}", post(place))
        .with_state(shop)
        .layer(ServerLayer::new(recorder))
}

async fn place(State(shop): State<Shop>, Path(item): Path<String>) -> Result<(), StatusCode> {
    current().annotate("item", item.as_str());
    // The error is in the trace already, with the call that failed.
    shop.place(&item).await.map_err(|_| StatusCode::BAD_GATEWAY)
}

impl Shop {
    async fn place(&self, item: &str) -> Result<(), Error> {
        self.tables
            .put_item()
            .table_name(&self.table)
            .item("id", AttributeValue::S(item.to_owned()))
            .send()
            .await?;
        self.queues
            .send_message()
            .queue_url(&self.queue)
            .message_body(item)
            .send()
            .await?;
        Ok(())
    }
}
