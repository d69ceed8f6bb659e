//! The web front: what the shop's visitors talk to.

use std::panic::resume_unwind;

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use reqwest::{Client, RequestBuilder};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use xray_sdk::{Recorder, current, subsegment};
use xray_sdk_tower::{ServerLayer, Traced as _};

use crate::orders::{Confirmation, Order};
use crate::stock::Reservation;

/// The service. `http` finds the hosts `orders` and `stock`.
pub(crate) fn service(recorder: &Recorder, http: Client) -> Router {
    Router::new()
        .route("/checkout", get(check_out))
        .route("/gift-card", get(print_gift_card))
        .with_state(http)
        .layer(ServerLayer::new(recorder))
}

#[derive(Deserialize)]
struct Purchase {
    item: String,
    user: String,
}

async fn check_out(
    State(http): State<Client>,
    Query(Purchase { item, user }): Query<Purchase>,
) -> Result<Json<Confirmation>, StatusCode> {
    current().set_user(&user).annotate("item", &item);
    let reservation = reserve(&http, &item).await?;
    let cents = subsegment("price").run(|price| {
        let bill = Bill::of(&reservation);
        price.metadata("bill", &bill);
        bill.total_cents
    });
    let order = Order { item, user, cents };
    let confirmation = place(&http, &order).await?;
    Ok(Json(confirmation))
}

async fn reserve(http: &Client, item: &str) -> Result<Reservation, StatusCode> {
    let request = http.post(format!("http://stock/reservations/{item}"));
    answer(request).await.map_err(|error| status(&error))
}

async fn place(http: &Client, order: &Order) -> Result<Confirmation, StatusCode> {
    let request = http.post("http://orders/orders").json(order);
    answer(request).await.map_err(|error| status(&error))
}

async fn answer<T: DeserializeOwned>(request: RequestBuilder) -> reqwest::Result<T> {
    let response = request.traced().send().await?;
    response.error_for_status()?.json().await
}

/// What a visitor is told when a service behind the front says no, or nothing.
fn status(error: &reqwest::Error) -> StatusCode {
    error.status().unwrap_or(StatusCode::BAD_GATEWAY)
}

#[derive(Serialize)]
struct Bill {
    net_cents: i64,
    tax_cents: i64,
    total_cents: i64,
}

impl Bill {
    fn of(reservation: &Reservation) -> Bill {
        let net_cents = reservation.cents;
        let tax_cents = net_cents / 5;
        Bill {
            net_cents,
            tax_cents,
            total_cents: net_cents + tax_cents,
        }
    }
}

/// A bug, for the show: the handler panics, in the one way that prints nothing.
async fn print_gift_card() {
    resume_unwind(Box::new("the printer is out of paper"));
}
