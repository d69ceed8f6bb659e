//! The tests of this crate: those of the layer alone, and those of functions that run as processes of their own against a Runtime API.

mod concurrent;
mod deadline;
mod function;
mod house;
mod http;
mod layer;
mod process;
#[path = "../runtime_api.rs"]
mod runtime_api;
#[path = "../../../xray-sdk/tests/all/schema.rs"]
mod schema;
mod snap_start;
mod streaming;
