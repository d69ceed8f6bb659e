//! The unit of work W: one request as a program traces it.
//!
//! A segment with its HTTP request and response and one metadata string, and five subsegments on two levels below it,
//! each with one annotation: `load_order { payments, orders@db }` and `price_cart { inventory }`. Two of them are HTTP
//! calls, one is a database query. To record it takes 12 readings of a clock, a trace id and six segment ids.

use std::hint::black_box;

/// The segment's name.
pub(crate) const CHECKOUT: &str = "checkout-api";
/// The first subsegment, with two below it.
pub(crate) const LOAD_ORDER: &str = "load_order";
/// An HTTP call in [`LOAD_ORDER`].
pub(crate) const PAYMENTS: &str = "payments.example.com";
/// A database query in [`LOAD_ORDER`].
pub(crate) const DATABASE: &str = "orders@db1.example.com";
/// The kind of that database.
pub(crate) const DATABASE_TYPE: &str = "PostgreSQL";
/// The second subsegment, with one below it.
pub(crate) const PRICE_CART: &str = "price_cart";
/// An HTTP call in [`PRICE_CART`].
pub(crate) const INVENTORY: &str = "inventory.example.com";
/// The method of both HTTP calls.
pub(crate) const CALL_METHOD: &str = "GET";
/// The status of all responses.
pub(crate) const STATUS: u16 = 200;

/// The keys of the annotations and of the metadata. Those of the annotations name the fields of [`Request`] that they hold.
pub(crate) const TIER: &str = "tier";
pub(crate) const REPLICA: &str = "replica";
pub(crate) const ITEMS: &str = "items";
pub(crate) const ZONE: &str = "zone";
pub(crate) const CACHED: &str = "cached";
pub(crate) const CART: &str = "cart";

/// What is different from one request to the next: whoever keeps it has to copy it.
pub(crate) struct Request<'a> {
    pub(crate) method: &'a str,
    pub(crate) url: &'a str,
    pub(crate) client_ip: &'a str,
    pub(crate) user_agent: &'a str,
    pub(crate) payments_url: &'a str,
    pub(crate) tier: &'a str,
    pub(crate) query: &'a str,
    pub(crate) replica: &'a str,
    pub(crate) items: i64,
    pub(crate) inventory_url: &'a str,
    pub(crate) zone: &'a str,
    pub(crate) cached: bool,
    pub(crate) cart: &'a str,
}

impl Request<'static> {
    /// A request of which the compiler knows nothing.
    pub(crate) fn example() -> Self {
        Self {
            method: black_box("POST"),
            url: black_box("https://api.example.com/v1/orders/123456"),
            client_ip: black_box("203.0.113.42"),
            user_agent: black_box("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36"),
            payments_url: black_box("https://payments.example.com/v2/auth/778"),
            tier: black_box("gold"),
            query: black_box(
                "SELECT id, sku, qty, price FROM order_items WHERE order_id = ? AND cancelled = ?",
            ),
            replica: black_box("replica-2"),
            items: black_box(42),
            inventory_url: black_box("https://inventory.example.com/v1/sku/991"),
            zone: black_box("eu-west-1a"),
            cached: black_box(true),
            cart: black_box("cart-7f3a9c2e-checkout-v2"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_texts_have_the_lengths_that_w_names() {
        let request = Request::example();
        assert_eq!((request.url.len(), request.query.len()), (40, 80));
    }
}
