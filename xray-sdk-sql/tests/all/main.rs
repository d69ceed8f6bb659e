//! The tests of this crate that need no database server.

mod corpus;
mod house;
mod secrets;
#[path = "../seen/mod.rs"]
mod seen;
mod sqlite;
