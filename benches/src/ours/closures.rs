use xray_sdk::document::Sql;
use xray_sdk::{Entity, Recorder, subsegment};

use crate::work::{
    CACHED, CALL_METHOD, CART, CHECKOUT, DATABASE, DATABASE_TYPE, INVENTORY, ITEMS, LOAD_ORDER,
    PAYMENTS, PRICE_CART, REPLICA, Request, STATUS, TIER, ZONE,
};

/// Records the work with closures, as a program without async does.
pub(crate) fn record(recorder: &Recorder, request: &Request<'_>) {
    recorder
        .segment(CHECKOUT)
        .run_sync(|segment| record_in(segment, request));
}

/// Records what happens in the segment.
pub(crate) fn record_in(segment: &mut Entity, request: &Request<'_>) {
    segment
        .http_request(request.method, request.url)
        .client_ip(request.client_ip, false)
        .user_agent(request.user_agent);
    subsegment(LOAD_ORDER).run(|order| {
        subsegment(PAYMENTS).remote().run(|payments| {
            payments
                .http_request(CALL_METHOD, request.payments_url)
                .annotate(TIER, request.tier)
                .http_status(STATUS);
        });
        subsegment(DATABASE).remote().run(|database| {
            database
                .sql(&query(request.query))
                .annotate(REPLICA, request.replica);
        });
        order.annotate(ITEMS, request.items);
    });
    subsegment(PRICE_CART).run(|price| {
        subsegment(INVENTORY).remote().run(|inventory| {
            inventory
                .http_request(CALL_METHOD, request.inventory_url)
                .annotate(ZONE, request.zone)
                .http_status(STATUS);
        });
        price.annotate(CACHED, request.cached);
    });
    segment.metadata(CART, request.cart).http_status(STATUS);
}

/// A query as the database's adapter describes it.
pub(super) fn query(text: &str) -> Sql<'_> {
    Sql {
        sanitized_query: Some(text.into()),
        database_type: Some(DATABASE_TYPE.into()),
        ..Sql::default()
    }
}
