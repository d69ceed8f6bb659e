//! The tests that need real brokers. `scripts/test` starts them and says where they are; by hand:
//!
//! ```console
//! $ scripts/brokers.py rabbitmq nats redis -- cargo nextest run --profile servers -p xray-sdk-queue
//! ```

mod jetstream;
mod line;
mod nats;
mod place;
mod rabbitmq;
mod redis;
#[path = "../seen/mod.rs"]
mod seen;
