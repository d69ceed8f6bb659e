use xray_sdk::{InSubsegment as _, Recorder, current, subsegment};

use super::closures::query;
use super::futures::run;
use crate::work::{
    CACHED, CALL_METHOD, CART, DATABASE, INVENTORY, ITEMS, LOAD_ORDER, PAYMENTS, PRICE_CART,
    REPLICA, Request, STATUS, TIER, ZONE,
};

/// Records the work with async functions that have arguments of their own: what it costs to hand these on is in the figure, too.
pub(super) fn record(recorder: &Recorder, request: &Request<'_>) {
    run(recorder, serve(request));
}

async fn serve(request: &Request<'_>) {
    current()
        .http_request(request.method, request.url)
        .client_ip(request.client_ip, false)
        .user_agent(request.user_agent);
    load_order(request).in_subsegment(LOAD_ORDER).await;
    price_cart(request).in_subsegment(PRICE_CART).await;
    current().metadata(CART, request.cart).http_status(STATUS);
}

async fn load_order(request: &Request<'_>) {
    call(request.payments_url, TIER, request.tier)
        .in_subsegment(subsegment(PAYMENTS).remote())
        .await;
    select(request)
        .in_subsegment(subsegment(DATABASE).remote())
        .await;
    current().annotate(ITEMS, request.items);
}

async fn price_cart(request: &Request<'_>) {
    call(request.inventory_url, ZONE, request.zone)
        .in_subsegment(subsegment(INVENTORY).remote())
        .await;
    current().annotate(CACHED, request.cached);
}

async fn call(url: &str, key: &'static str, value: &str) {
    current()
        .http_request(CALL_METHOD, url)
        .annotate(key, value)
        .http_status(STATUS);
}

async fn select(request: &Request<'_>) {
    current()
        .sql(&query(request.query))
        .annotate(REPLICA, request.replica);
}
