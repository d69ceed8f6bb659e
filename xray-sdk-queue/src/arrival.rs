use std::time::{Duration, SystemTime};

use serde::Serialize;
use xray_sdk::sampling::SamplingRequest;
use xray_sdk::{Recorder, Segment, Text, TraceHeader};

use crate::carrier::{Extract, Found, is_spelled};

/// The header of a message that tells when it was sent, in milliseconds since 1970: written by [`Sending`](crate::Sending) where the
/// broker keeps no time itself.
pub(crate) const SENT_HEADER: &str = "Xray-Sent-Ms";

/// The namespace of all metadata about messages.
pub(crate) const NAMESPACE: &str = "queue";

/// What is known of a message that was received: whose trace it belongs to, where it waited, how long, and how often it was delivered.
///
/// The brokers' own messages tell it themselves, by [`Message`]. For others:
///
/// ```
/// use std::collections::HashMap;
/// use xray_sdk_queue::{Arrival, Message};
///
/// struct Job {
///     headers: HashMap<String, String>,
///     attempt: u64,
/// }
///
/// impl Message for Job {
///     fn arrival(&self) -> Arrival<'_> {
///         Arrival::at("jobs").carrying(&self.headers).redelivered(self.attempt - 1)
///     }
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Arrival<'a> {
    broker: &'static str,
    place: &'a str,
    header: TraceHeader,
    sent: Option<SystemTime>,
    is_redelivered: Option<bool>,
    redeliveries: Option<u64>,
    dead_letter: Option<DeadLetter<'a>>,
}

/// A message as a broker delivers it.
pub trait Message {
    /// What is known of it. Asked once, when its segment begins.
    fn arrival(&self) -> Arrival<'_>;
}

impl<M: Message + ?Sized> Message for &M {
    fn arrival(&self) -> Arrival<'_> {
        (**self).arrival()
    }
}

impl<'a> Arrival<'a> {
    /// A message that waited in `place`: a queue, a subject, a topic, a stream.
    pub fn at(place: &'a str) -> Self {
        Self {
            broker: "",
            place,
            header: TraceHeader::default(),
            sent: None,
            is_redelivered: None,
            redeliveries: None,
            dead_letter: None,
        }
    }

    /// Reads the sender's trace from the message's headers, as [`extract`](crate::extract) does.
    #[must_use]
    pub fn carrying(mut self, headers: &(impl Extract + ?Sized)) -> Self {
        let mut found = Found::default();
        let mut sent = None;
        headers.visit(&mut |name, value| {
            found.look(name, value);
            if sent.is_none() && is_spelled(name, "xraysentms") {
                sent = from_epoch_text(value);
            }
        });
        self.header = found.header;
        self.sent = self.sent.or(sent);
        self
    }

    /// The kind of broker: `rabbitmq`, `nats`.
    #[must_use]
    pub fn broker(self, broker: &'static str) -> Self {
        Self { broker, ..self }
    }

    /// When it was sent. A time in the future, as by clocks that differ, counts as now.
    #[must_use]
    pub fn sent(self, at: SystemTime) -> Self {
        let sent = Some(at);
        Self { sent, ..self }
    }

    /// About when it was sent: it counts where nothing more exact is known.
    #[must_use]
    pub fn sent_about(self, at: Option<SystemTime>) -> Self {
        let sent = self.sent.or(at);
        Self { sent, ..self }
    }

    /// How often it was delivered before this time.
    #[must_use]
    pub fn redelivered(self, times: u64) -> Self {
        Self {
            is_redelivered: Some(times > 0),
            redeliveries: Some(times),
            ..self
        }
    }

    /// It was delivered before, nobody knows how often.
    #[must_use]
    pub fn redelivered_somehow(self) -> Self {
        Self {
            is_redelivered: Some(true),
            ..self
        }
    }

    /// It was given up before in `queue`, for that reason, and set aside.
    #[must_use]
    pub fn dead_letter(self, queue: &'a str, reason: &'a str) -> Self {
        Self {
            dead_letter: Some(DeadLetter { queue, reason }),
            ..self
        }
    }

    /// The sender's tracing header.
    pub fn header(&self) -> &TraceHeader {
        &self.header
    }

    /// How long it waited until `now`, as far as the sender's clock and this one agree.
    fn delay(&self, now: SystemTime) -> Option<Duration> {
        let sent = self.sent?;
        Some(now.duration_since(sent).unwrap_or_default())
    }

    /// Begins the segment of this message.
    pub(crate) fn begin(&self, recorder: &Recorder, name: Text<'_>) -> Segment {
        let attributes = [("messaging.destination.name", self.place)];
        let mut segment = recorder
            .segment(name)
            .continuing(self.header.clone())
            .request(SamplingRequest {
                attributes: &attributes,
                ..SamplingRequest::default()
            })
            .begin();
        if segment.is_recording() {
            let waited = self.delay(SystemTime::now());
            segment.metadata_in(NAMESPACE, "received", &self.described(waited));
        }
        segment
    }

    fn described(&self, waited: Option<Duration>) -> Received<'_> {
        Received {
            broker: self.broker,
            place: self.place,
            delay_ms: waited.map(|waited| waited.as_millis() as u64),
            redelivered: self.is_redelivered,
            redeliveries: self.redeliveries,
            dead_letter: self.dead_letter,
        }
    }
}

/// Where a message died, and why.
#[derive(Clone, Copy, Debug, Serialize)]
struct DeadLetter<'a> {
    queue: &'a str,
    reason: &'a str,
}

/// What a consumer's segment tells of its message.
#[derive(Serialize)]
struct Received<'a> {
    #[serde(skip_serializing_if = "str::is_empty")]
    broker: &'static str,
    #[serde(rename = "from")]
    place: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    delay_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    redelivered: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    redeliveries: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dead_letter: Option<DeadLetter<'a>>,
}

/// A time from milliseconds since 1970. None for what can be no time of sending: anything before 2001, and what no clock can tell.
pub(crate) fn from_epoch_ms(ms: u64) -> Option<SystemTime> {
    const FIRST: u64 = 1_000_000_000_000;
    (ms >= FIRST)
        .then(|| SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(ms)))
        .flatten()
}

fn from_epoch_text(digits: &[u8]) -> Option<SystemTime> {
    from_epoch_ms(std::str::from_utf8(digits).ok()?.parse().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(second: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(second)
    }

    #[test]
    fn a_delay_is_the_time_between_sending_and_now() {
        let arrival = Arrival::at("orders").sent(second(1_700_000_000));
        assert_eq!(
            arrival.delay(second(1_700_000_002)),
            Some(Duration::from_secs(2))
        );
    }

    #[test]
    fn a_sender_whose_clock_is_ahead_waited_no_time() {
        let arrival = Arrival::at("orders").sent(second(1_700_000_005));
        assert_eq!(arrival.delay(second(1_700_000_002)), Some(Duration::ZERO));
    }

    #[test]
    fn what_is_no_time_is_no_delay() {
        for text in ["", "soon", "-1", "12", "99999999999999999999"] {
            let headers = [("Xray-Sent-Ms", text)];
            let arrival = Arrival::at("orders").carrying(headers.as_slice());
            assert_eq!(arrival.delay(second(1_700_000_000)), None, "{text}");
        }
    }

    #[test]
    fn the_brokers_time_counts_more_than_the_senders() {
        let headers = [("Xray-Sent-Ms", "1700000001000")];
        let arrival = Arrival::at("orders")
            .sent(second(1_700_000_000))
            .carrying(headers.as_slice());
        assert_eq!(
            arrival.delay(second(1_700_000_002)),
            Some(Duration::from_secs(2))
        );
    }
}
