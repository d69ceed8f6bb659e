//! The clients of real service crates: with an HTTP client that answers by itself, and with moto's server.

mod attempts;
mod canned;
mod concurrency;
mod connection;
mod endings;
mod house;
mod http_client;
mod messages;
mod record;
mod recorded;
#[path = "../../../xray-sdk/tests/all/schema.rs"]
mod schema;
mod servers;
mod streaming;
mod trace;
