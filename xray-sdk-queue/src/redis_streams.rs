//! Streams of Redis, by the [redis] crate.
//!
//! ```no_run
//! use redis::AsyncCommands as _;
//! use redis::aio::MultiplexedConnection;
//! use redis::streams::{StreamReadOptions, StreamReadReply};
//! use xray_sdk::Recorder;
//! use xray_sdk_queue::Receive as _;
//! use xray_sdk_queue::redis_streams::{AddTraced as _, entries};
//!
//! async fn order(connection: &mut MultiplexedConnection) -> redis::RedisResult<()> {
//!     connection.xadd_traced("orders", "*", &[("item", "pears"), ("count", "7")]).await?;
//!     Ok(())
//! }
//!
//! async fn work(recorder: &Recorder, connection: MultiplexedConnection) -> redis::RedisResult<()> {
//!     let options = StreamReadOptions::default().group("packers", "worker-1").block(1_000);
//!     loop {
//!         let reply: StreamReadReply = connection.clone().xread_options(&["orders"], &[">"], &options).await?;
//!         for entry in entries(&reply) {
//!             let mut connection = connection.clone();
//!             entry
//!                 .traced(recorder, "worker")
//!                 .run(|entry| async move {
//!                     // … and then:
//!                     let _ = entry.ack(&mut connection, "packers").await;
//!                 })
//!                 .await;
//!         }
//!     }
//! }
//! ```
//!
//! The tracing header is a field of the entry. Of XADD with other options the fields take it by [`inject`](crate::inject) into a `Vec<(String, String)>`.
//!
//! [redis]: https://docs.rs/redis

mod entry;

use std::future::Future;

use redis::aio::ConnectionLike;
use redis::{RedisError, RedisResult, ToRedisArgs, cmd};
use serde::Serialize;
use xray_sdk::Entity;

pub use entry::{Entry, entries};

use crate::arrival::NAMESPACE;
use crate::carrier::Inject;
use crate::unsent::Unsent;

/// What a server of Redis is called.
const BROKER: &str = "redis";

/// Adds entries to streams that have a subsegment each: for every asynchronous connection of the redis crate.
pub trait AddTraced: ConnectionLike {
    /// XADD, as `xadd` of `redis::AsyncCommands`: the answer is the id of the entry. The subsegment has the name of the stream, and begins when the future is polled first.
    ///
    /// The entry gets the field `X-Amzn-Trace-Id`, after its own. Recorded as metadata `sent` in the namespace `queue`: the stream, and the number of
    /// fields.
    ///
    /// # Errors
    ///
    /// Those of redis, untouched; recorded but for what they quote.
    #[track_caller]
    fn xadd_traced<F: ToRedisArgs, V: ToRedisArgs>(
        &mut self,
        stream: &str,
        id: &str,
        fields: &[(F, V)],
    ) -> impl Future<Output = RedisResult<Option<String>>>
    where
        Self: Sized,
    {
        let unsent = Unsent::here();
        async move {
            let mut added = cmd("XADD");
            added.arg(stream).arg(id).arg(fields);
            let mut sending = unsent.begin(stream, &mut Fields(&mut added));
            if sending.is_recording() {
                let sent = Sent {
                    broker: BROKER,
                    stream,
                    fields: fields.len(),
                };
                sending.metadata_in(NAMESPACE, "sent", &sent);
            }
            let (added, mut sending) = sending.inside(added.query_async(self)).await;
            if let Err(error) = &added {
                record(&mut sending, error);
            }
            sending.done();
            added
        }
    }
}

impl<C: ConnectionLike> AddTraced for C {}

/// Records an error up to what it quotes: a server that does not know a command repeats its arguments, and the fields of the entry with them.
fn record(entity: &mut Entity, error: &RedisError) {
    entity.record_message("redis::RedisError", unquoted(&error.to_string()));
    // The program may record the same error too.
    if let Some(detail) = error.detail()
        && unquoted(detail) != detail
    {
        entity.withhold(detail, unquoted(detail));
    }
}

fn unquoted(text: &str) -> &str {
    let plain = text.split(['\'', '"', '`']).next().unwrap_or_default();
    plain.trim_end()
}

/// What the subsegment of an entry tells.
#[derive(Serialize)]
struct Sent<'a> {
    broker: &'static str,
    stream: &'a str,
    fields: usize,
}

/// The fields of an entry in a command.
struct Fields<'a>(&'a mut redis::Cmd);

impl Inject for Fields<'_> {
    fn set(&mut self, name: &'static str, value: String) {
        self.0.arg(name).arg(value);
    }
}
