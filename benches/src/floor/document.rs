use std::time::{SystemTime, UNIX_EPOCH};

use super::log::{Event, Log};
use crate::json::{escaped, hex, integer, raw, seconds, trace_id};

/// Writes logs as X-Ray's documents, and knows what the time-stamp counter means for that.
pub(crate) struct Writer {
    clock: quanta::Clock,
    /// A reading of the counter, and of the system's clock in microseconds since 1970, at the same moment.
    anchor: (u64, u64),
}

/// What is known of a node that is open: what comes after its subsegments is written at its end.
#[derive(Default)]
struct Node<'a> {
    has_subsegments: bool,
    request: Option<[&'a str; 4]>,
    call: Option<(&'static str, &'a str)>,
    query: Option<(&'static str, &'a str)>,
    status: Option<u16>,
    annotation: Option<(&'static str, Annotation<'a>)>,
    metadata: Option<(&'static str, &'a str)>,
}

enum Annotation<'a> {
    Text(&'a str),
    Integer(i64),
    Boolean(bool),
}

/// A segment, a subsegment, and one below it.
const DEPTH: usize = 3;

impl Writer {
    /// Reads both clocks.
    pub(crate) fn new() -> Self {
        let clock = quanta::Clock::new();
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH);
        let microseconds = since_1970.map_or(0, |time| time.as_micros() as u64);
        let anchor = (clock.raw(), microseconds);
        Self { clock, anchor }
    }

    fn microseconds(&self, raw: u64) -> u64 {
        let (counter, microseconds) = self.anchor;
        if raw >= counter {
            microseconds + self.clock.delta_as_nanos(counter, raw) / 1_000
        } else {
            microseconds - self.clock.delta_as_nanos(raw, counter) / 1_000
        }
    }

    /// Adds the document of one log.
    pub(crate) fn write(&self, log: &Log, out: &mut Vec<u8>) {
        // Only whole texts were copied, one behind the other.
        let mut text = std::str::from_utf8(&log.text).unwrap_or_default();
        let mut take = |length: u32| {
            let (taken, rest) = text.split_at(length as usize);
            text = rest;
            taken
        };
        let mut nodes: [Node<'_>; DEPTH] = Default::default();
        let mut depth = 0;
        let mut trace = (0, 0);
        for event in &log.events {
            let node = &mut nodes[depth.max(1) - 1];
            match *event {
                Event::Trace(high, low) => trace = (high, u64::from(low)),
                Event::Open { id, name, at } => {
                    if depth > 0 {
                        raw(
                            out,
                            if node.has_subsegments {
                                ","
                            } else {
                                ",\"subsegments\":["
                            },
                        );
                        node.has_subsegments = true;
                    }
                    let at = self.microseconds(at);
                    open(out, id, name, at);
                    if depth == 0 {
                        raw(out, ",\"trace_id\":\"");
                        trace_id(out, at / 1_000_000, trace.0, trace.1);
                        raw(out, "\"");
                    }
                    nodes[depth] = Node::default();
                    depth += 1;
                }
                Event::Close { at } => {
                    node.close(out);
                    raw(out, ",\"end_time\":");
                    seconds(out, self.microseconds(at));
                    raw(out, "}");
                    depth -= 1;
                }
                Event::Served {
                    method,
                    url,
                    client_ip,
                    user_agent,
                } => node.request = Some([method, url, client_ip, user_agent].map(&mut take)),
                Event::Called { method, url } => node.call = Some((method, take(url))),
                Event::Queried { database, query } => node.query = Some((database, take(query))),
                Event::Status(status) => node.status = Some(status),
                Event::Text(key, length) => {
                    node.annotation = Some((key, Annotation::Text(take(length))));
                }
                Event::Integer(key, value) => {
                    node.annotation = Some((key, Annotation::Integer(value)));
                }
                Event::Boolean(key, value) => {
                    node.annotation = Some((key, Annotation::Boolean(value)));
                }
                Event::Metadata(key, length) => node.metadata = Some((key, take(length))),
            }
        }
    }
}

fn open(out: &mut Vec<u8>, id: u64, name: &str, at: u64) {
    raw(out, "{\"id\":\"");
    hex::<16>(out, id);
    raw(out, "\",\"name\":\"");
    raw(out, name);
    raw(out, "\",\"start_time\":");
    seconds(out, at);
}

impl Node<'_> {
    /// Adds all but the end.
    fn close(&self, out: &mut Vec<u8>) {
        if self.has_subsegments {
            raw(out, "]");
        }
        if self.call.is_some() || self.query.is_some() {
            raw(out, ",\"namespace\":\"remote\"");
        }
        self.http(out);
        if let Some((database, query)) = self.query {
            raw(out, ",\"sql\":{\"database_type\":\"");
            raw(out, database);
            field(out, "\",\"sanitized_query\":\"", query);
            raw(out, "\"}");
        }
        if let Some((key, value)) = &self.annotation {
            raw(out, ",\"annotations\":{\"");
            raw(out, key);
            match value {
                Annotation::Text(text) => {
                    field(out, "\":\"", text);
                    raw(out, "\"}");
                }
                Annotation::Integer(number) => {
                    raw(out, "\":");
                    integer(out, *number);
                    raw(out, "}");
                }
                Annotation::Boolean(value) => {
                    raw(out, if *value { "\":true}" } else { "\":false}" });
                }
            }
        }
        if let Some((key, value)) = self.metadata {
            raw(out, ",\"metadata\":{\"default\":{\"");
            raw(out, key);
            field(out, "\":\"", value);
            raw(out, "\"}}");
        }
    }

    fn http(&self, out: &mut Vec<u8>) {
        if let Some([method, url, client_ip, user_agent]) = self.request {
            field(out, ",\"http\":{\"request\":{\"method\":\"", method);
            field(out, "\",\"url\":\"", url);
            field(out, "\",\"client_ip\":\"", client_ip);
            field(out, "\",\"user_agent\":\"", user_agent);
        } else if let Some((method, url)) = self.call {
            raw(out, ",\"http\":{\"request\":{\"method\":\"");
            raw(out, method);
            field(out, "\",\"url\":\"", url);
        } else {
            return;
        }
        raw(out, "\"}");
        if let Some(status) = self.status {
            raw(out, ",\"response\":{\"status\":");
            integer(out, i64::from(status));
            raw(out, "}");
        }
        raw(out, "}");
    }
}

#[inline]
fn field(out: &mut Vec<u8>, before: &str, value: &str) {
    raw(out, before);
    escaped(out, value);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::{Clock as _, Counter};
    use crate::ours::tests::assert_is_the_work;
    use crate::work::Request;

    #[test]
    fn the_document_is_the_work() {
        let writer = Writer::new();
        let mut log = Log::new();
        log.record(&Counter::new(), &Request::example());
        let mut out = Vec::new();
        writer.write(&log, &mut out);
        assert_is_the_work(&out);
    }
}
