//! Redis.
//!
//! ```no_run
//! use redis::AsyncCommands as _;
//!
//! # async fn run() -> redis::RedisResult<()> {
//! let client = redis::Client::open("redis://cache/")?;
//! let mut cache = xray_sdk_sql::redis::connect(&client).await?;
//! cache.set::<_, _, ()>("basket:7", "tea").await?;
//! # Ok(())
//! # }
//! ```
//!
//! # What is recorded
//!
//! Each command, and each pipeline, has a subsegment `redis@cache` of the namespace `remote`. The command is the annotation `statement`, and as
//! metadata in the namespace `redis` stands the command with its keys: `SET basket:7 ?`. Values are never recorded, nor the arguments of commands
//! that this crate does not know, nor any of `AUTH`, `CONFIG` and the like. An error has its code as the annotation `redis_code`, if it is one of
//! Redis's own: scripts make up others, and messages.
//! There is no `sql` block, as Redis is no SQL database: X-Ray draws it as a remote service.

mod code;
mod command;
mod connection;

pub use connection::{Traced, TracedConnection, acquire, connect};
