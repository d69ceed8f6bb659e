use std::ops::Deref;

use redis::aio::ConnectionLike;
use redis::streams::{StreamId, StreamReadReply};
use redis::{RedisResult, ToRedisArgs, Value, cmd};
use xray_sdk::current;

use super::{BROKER, record};
use crate::arrival::{Arrival, Message, from_epoch_ms};
use crate::carrier::Extract;
use crate::outcome::Outcome;
use crate::receive::Delivered;

/// An entry of a stream, as it was read. It derefs to what the redis crate knows of it: its id and its fields.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    stream: &'a str,
    entry: &'a StreamId,
    deliveries: Option<u64>,
}

/// The entries of what XREAD or XREADGROUP answered, in the order of the answer.
pub fn entries(reply: &StreamReadReply) -> impl Iterator<Item = Entry<'_>> {
    let streams = reply.keys.iter();
    streams.flat_map(|stream| {
        let entries = stream.ids.iter();
        entries.map(|entry| Entry::of(&stream.key, entry))
    })
}

impl<'a> Entry<'a> {
    /// An entry that was read from `stream` in another way, as by XRANGE or XCLAIM.
    pub fn of(stream: &'a str, entry: &'a StreamId) -> Self {
        Self {
            stream,
            entry,
            deliveries: entry.delivered_count.map(|count| count as u64),
        }
    }

    /// How often it was delivered, this time included, as XPENDING tells it: for an entry that was claimed from another consumer.
    #[must_use]
    pub fn delivered(self, times: u64) -> Self {
        let deliveries = Some(times);
        Self { deliveries, ..self }
    }

    /// The stream.
    pub fn stream(&self) -> &'a str {
        self.stream
    }
}

impl Deref for Entry<'_> {
    type Target = StreamId;

    fn deref(&self) -> &StreamId {
        self.entry
    }
}

impl Message for Entry<'_> {
    /// Where it came from is the stream. When it was added is told by its id, where Redis made that. How often it was delivered is told only where it was
    /// read with XREADGROUP's option CLAIM, or by [`delivered`](Self::delivered).
    fn arrival(&self) -> Arrival<'_> {
        let (ms, _) = self.id.split_once('-').unwrap_or_default();
        let arrival = Arrival::at(self.stream)
            .broker(BROKER)
            .sent_about(ms.parse().ok().and_then(from_epoch_ms))
            .carrying(self);
        match self.deliveries {
            Some(count) => arrival.redelivered(count.saturating_sub(1)),
            None => arrival,
        }
    }
}

impl Extract for Entry<'_> {
    fn visit(&self, look: &mut dyn FnMut(&str, &[u8])) {
        for (name, value) in &self.map {
            match value {
                Value::BulkString(bytes) => look(name, bytes),
                Value::SimpleString(text) => look(name, text.as_bytes()),
                _ => {}
            }
        }
    }
}

impl Delivered<Entry<'_>> {
    /// XACK in the consumer group `group`, and the entry's segment tells it. The answer is how many entries were taken off the group's list: 1, or 0
    /// where this one was not on it.
    ///
    /// # Errors
    ///
    /// Those of redis, untouched; recorded on what is current, but for what they quote.
    pub async fn ack(
        &self,
        connection: &mut impl ConnectionLike,
        group: impl ToRedisArgs,
    ) -> RedisResult<usize> {
        let mut done = cmd("XACK");
        done.arg(self.stream()).arg(group).arg(self.id.as_str());
        let told = done.query_async(connection).await;
        match &told {
            Ok(0) => {}
            Ok(_) => self.outcome(Outcome::Ack),
            Err(error) if self.is_recording() => record(&mut current(), error),
            Err(_) => {}
        }
        told
    }
}
