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
    pub(crate) cents: u32,
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
    let number = write_down(&database, &order).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    current().annotate("order", number);
    queue.send(number).await;
    Ok(Json(Confirmation { number }))
}

// An error is recorded here and handed on.
#[subsegment(name = "write down")]
fn write_down(database: &Database, order: &Order) -> rusqlite::Result<i64> {
    database.insert_order(&order.user, &order.item, order.cents)
}
