//! The stock: what there is to sell, and for how much.

use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use tokio::time::sleep;
use xray_sdk::{InSubsegment as _, Recorder, current};
use xray_sdk_tower::ServerLayer;

use crate::database::Database;

/// The item that everybody wants: asking for it is throttled.
const IN_DEMAND: &str = "ticket";

pub(crate) fn service(recorder: &Recorder, database: Database) -> Router {
    Router::new()
        .route("/reservations/{item}", post(reserve))
        .with_state(database)
        .layer(ServerLayer::new(recorder))
}

/// One piece of an item, held for a visitor.
#[derive(Serialize, Deserialize)]
pub(crate) struct Reservation {
    pub(crate) cents: i64,
}

async fn reserve(
    State(database): State<Database>,
    Path(item): Path<String>,
) -> Result<Json<Reservation>, StatusCode> {
    current().annotate("item", &item);
    if item == IN_DEMAND {
        return Err(StatusCode::TOO_MANY_REQUESTS);
    }
    let found = database
        .item(&item)
        .await
        .map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    let found = found.ok_or(StatusCode::NOT_FOUND)?;
    if found.pieces == 0 {
        fetch_from_warehouse()
            .in_subsegment("fetch from warehouse")
            .await;
    }
    Ok(Json(Reservation { cents: found.cents }))
}

/// The warehouse is at the other end of the town.
async fn fetch_from_warehouse() {
    sleep(Duration::from_millis(120)).await;
}
