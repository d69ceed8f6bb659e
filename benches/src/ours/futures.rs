use std::pin::pin;
use std::task::{Context, Waker};

use xray_sdk::{InSubsegment as _, Recorder, current, subsegment};

use super::closures::query;
use crate::work::{
    CACHED, CALL_METHOD, CART, CHECKOUT, DATABASE, INVENTORY, ITEMS, LOAD_ORDER, PAYMENTS,
    PRICE_CART, REPLICA, Request, STATUS, TIER, ZONE,
};

/// Records the work with wrapped futures, which borrow the request as the closures do. They are ready when they are first polled: no
/// executor's time is measured.
pub(super) fn record(recorder: &Recorder, request: &Request<'_>) {
    run(recorder, serve(request));
}

/// Runs what is ready at once in a segment.
#[inline(always)]
pub(super) fn run(recorder: &Recorder, served: impl Future<Output = ()>) {
    let served = pin!(recorder.segment(CHECKOUT).run(served));
    let polled = served.poll(&mut Context::from_waker(Waker::noop()));
    assert!(polled.is_ready(), "nothing in the work waits");
}

async fn serve(request: &Request<'_>) {
    current()
        .http_request(request.method, request.url)
        .client_ip(request.client_ip, false)
        .user_agent(request.user_agent);
    let load_order = async {
        let payments = async {
            current()
                .http_request(CALL_METHOD, request.payments_url)
                .annotate(TIER, request.tier)
                .http_status(STATUS);
        };
        payments.in_subsegment(subsegment(PAYMENTS).remote()).await;
        let select = async {
            current()
                .sql(&query(request.query))
                .annotate(REPLICA, request.replica);
        };
        select.in_subsegment(subsegment(DATABASE).remote()).await;
        current().annotate(ITEMS, request.items);
    };
    load_order.in_subsegment(LOAD_ORDER).await;
    let price_cart = async {
        let inventory = async {
            current()
                .http_request(CALL_METHOD, request.inventory_url)
                .annotate(ZONE, request.zone)
                .http_status(STATUS);
        };
        inventory
            .in_subsegment(subsegment(INVENTORY).remote())
            .await;
        current().annotate(CACHED, request.cached);
    };
    price_cart.in_subsegment(PRICE_CART).await;
    current().metadata(CART, request.cart).http_status(STATUS);
}
