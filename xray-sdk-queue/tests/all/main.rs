//! What is recorded of messages, without a server: by a broker in memory, messages made by hand, and librdkafka's mock cluster.

mod altered;
mod arrival;
mod batch;
mod broker;
mod house;
mod kafka;
mod receiving;
mod redis_streams;
#[path = "../seen/mod.rs"]
mod seen;
mod sending;
