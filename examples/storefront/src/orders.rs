//! The orders: written down here, and packed later by whoever reads the queue.

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use xray_sdk::{Recorder, current, subsegment};
use xray_sdk_tower::ServerLayer;

use crate::database::Database;
use crate::queue::Sender;

pub(crate) fn service(recorder: &Recorder, database: Database, queue: Sender) -> Router {
    Router::new()
        .route("/orders", post(place))
        .with_state((database, queue))
        .layer(ServerLayer::new(recorder))
}

/// What a visitor buys.
#[derive(Serialize, Deserialize)]
pub(crate) struct Order {
    pub(crate) item: String,
    pub(crate) user: String,
    pub(crate) cents: i64,
}

/// The number under which an order was written down.
#[derive(Serialize, Deserialize)]
pub(crate) struct Confirmation {
    pub(crate) number: i64,
}

async fn place(
    State((database, queue)): State<(Database, Sender)>,
    Json(order): Json<Order>,
) -> Result<Json<Confirmation>, StatusCode> {
    current().annotate("cents", order.cents);
    let number = write_down(&database, &order).await;
    let number = number.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    current().annotate("order", number);
    let sent = queue.send(number).await;
    sent.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    Ok(Json(Confirmation { number }))
}

// An error is recorded here and handed on.
#[subsegment(name = "write down")]
async fn write_down(database: &Database, order: &Order) -> sqlx::Result<i64> {
    let Order { user, item, cents } = order;
    database.insert_order(user, item, *cents).await
}
