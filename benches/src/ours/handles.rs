use xray_sdk::Recorder;

use super::closures::query;
use crate::work::{
    CACHED, CALL_METHOD, CART, CHECKOUT, DATABASE, INVENTORY, ITEMS, LOAD_ORDER, PAYMENTS,
    PRICE_CART, REPLICA, Request, STATUS, TIER, ZONE,
};

/// Records the work with handles that are passed by hand: nothing is ever current.
pub(super) fn record(recorder: &Recorder, request: &Request<'_>) {
    let mut segment = recorder.segment(CHECKOUT).begin();
    segment
        .http_request(request.method, request.url)
        .client_ip(request.client_ip, false)
        .user_agent(request.user_agent);

    let mut order = segment.subsegment(LOAD_ORDER).begin();
    let mut payments = order.subsegment(PAYMENTS).remote().begin();
    payments
        .http_request(CALL_METHOD, request.payments_url)
        .annotate(TIER, request.tier)
        .http_status(STATUS);
    payments.end();
    let mut database = order.subsegment(DATABASE).remote().begin();
    database
        .sql(&query(request.query))
        .annotate(REPLICA, request.replica);
    database.end();
    order.annotate(ITEMS, request.items);
    order.end();

    let mut price = segment.subsegment(PRICE_CART).begin();
    let mut inventory = price.subsegment(INVENTORY).remote().begin();
    inventory
        .http_request(CALL_METHOD, request.inventory_url)
        .annotate(ZONE, request.zone)
        .http_status(STATUS);
    inventory.end();
    price.annotate(CACHED, request.cached);
    price.end();

    segment.metadata(CART, request.cart).http_status(STATUS);
    segment.end();
}
