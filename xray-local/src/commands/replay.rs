//! `replay`: stored traces once more, as if they happened now.

use std::collections::HashMap;
use std::thread;
use std::time::{Duration, Instant};

use clap::Args;
use serde_json::Value;
use xray_sdk::TraceId;

use super::client::{Client, Endpoint, without_user};
use super::deliver::{Delivery, Udp};
use super::documents::Source;
use super::progress::progress;
use super::range::now;
use super::send::conclude;
use super::{Exit, Failure, output};

const EXAMPLES: &str = "\
Examples:
  xray-local replay traces.jsonl --to udp://127.0.0.1:2000 --dry-run          what would be sent
  xray-local replay traces.jsonl --to https://xray.eu-west-1.amazonaws.com

";

/// Send exported traces once more, to a daemon or to another X-Ray: as new traces that happen now
///
/// Times are moved so that the last document ends now, and traces get new ids: X-Ray takes no old ones. What leaves this machine leaves it only
/// by this command; --dry-run tells what would.
#[derive(Debug, Args)]
#[command(before_help = EXAMPLES)]
pub(super) struct Replay {
    /// The file, - for standard input
    #[arg(value_name = "FILE", value_parser = Source::parse)]
    file: Source,

    /// Where to: udp://HOST:PORT, or the URL of an X-Ray API
    // A text: what clap finds wrong it repeats, and that may be a password.
    #[arg(long, value_name = "WHERE")]
    to: String,

    /// Keep ids and times as they are
    #[arg(long)]
    as_is: bool,

    /// Send at the pace at which it happened, so many times as fast [default: as fast as possible]
    #[arg(long, value_name = "TIMES", value_parser = speed)]
    speed: Option<f64>,

    /// Send nothing; tell what would be sent
    #[arg(long)]
    dry_run: bool,

    /// Write JSON
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Debug)]
enum Target {
    Udp(String),
    Api(Endpoint),
}

/// A document, and how long after the first one it ended.
struct Timed {
    document: String,
    after: Duration,
}

impl Target {
    fn read(text: &str) -> Result<Self, Failure> {
        let target = match text.strip_prefix("udp://") {
            Some(address) => {
                let port = address.rsplit_once(':').filter(|(host, port)| {
                    !host.is_empty() && !host.contains('@') && port.parse::<u16>().is_ok()
                });
                port.map(|_| Self::Udp(address.to_owned()))
            }
            None => Endpoint::parse(text).ok().map(Self::Api),
        };
        target.ok_or_else(|| {
            Failure::usage(
                format!("--to is {:?}, which is no place to send to", without_user(text)),
                "Expected udp://127.0.0.1:2000, or a URL as in http://127.0.0.1:2000 or https://xray.eu-west-1.amazonaws.com, without a user",
            )
        })
    }

    fn name(&self) -> String {
        match self {
            Self::Udp(address) => format!("udp://{address}"),
            Self::Api(endpoint) => endpoint.to_string(),
        }
    }
}

fn speed(text: &str) -> Result<f64, String> {
    let speed = text.parse::<f64>().ok();
    let speed = speed.filter(|speed| speed.is_finite() && *speed > 0.0);
    speed.ok_or_else(|| "expected a number above 0, as in 1 or 10".to_owned())
}

impl Replay {
    pub(super) fn run(self) -> Result<Exit, Failure> {
        let to = Target::read(&self.to)?;
        let documents = self.file.documents()?;
        let documents = timed(documents, (!self.as_is).then(now));
        if self.dry_run {
            let bytes: usize = documents.iter().map(|timed| timed.document.len()).sum();
            let last = documents
                .last()
                .map_or(0.0, |timed| timed.after.as_secs_f64());
            output::talk(format_args!(
                "xray-local: would send {} of {bytes} bytes, which happened within {last:.1} s, to {}; nothing was sent\n",
                xray_local::count_text(documents.len() as u64, "document", "documents"),
                to.name()
            ));
            let mut all = String::new();
            for timed in &documents {
                all.push_str(&xray_local::printable_json(&timed.document));
                all.push('\n');
            }
            output::bytes(all.as_bytes())?;
            return Ok(Exit::Ok);
        }
        let delivery = self.send(&to, &documents)?;
        conclude(&delivery, self.json)
    }

    fn send(&self, to: &Target, documents: &[Timed]) -> Result<Delivery, Failure> {
        let bar = progress(documents.len() as u64, "replaying");
        let mut delivery = Delivery::default();
        let began = Instant::now();
        let (udp, client) = match to {
            Target::Udp(address) => (Some(Udp::connect(address)?), None),
            Target::Api(endpoint) => (None, Some(Client::new(endpoint.clone()))),
        };
        // What is due at once goes together.
        let mut left = documents;
        while let Some(first) = left.first() {
            let due = self.speed.map(|speed| first.after.div_f64(speed));
            if let Some(due) = due {
                thread::sleep(due.saturating_sub(began.elapsed()));
            }
            let is_due = |timed: &Timed| due.is_none() || timed.after == first.after;
            let count = left.iter().take_while(|timed| is_due(timed)).count();
            let (batch, rest) = left.split_at(count);
            if let Some(udp) = &udp {
                for timed in batch {
                    udp.send(&timed.document, &mut delivery)?;
                    bar.inc(1);
                }
            }
            if let Some(client) = &client {
                let batch: Vec<_> = batch.iter().map(|timed| timed.document.clone()).collect();
                delivery.add(Delivery::put(client, &batch, &bar)?);
            }
            left = rest;
        }
        if let Some(udp) = &udp {
            udp.conclude()?;
        }
        bar.finish_and_clear();
        Ok(delivery)
    }
}

/// The documents in the order in which they ended; made new as of a time, if one is given. What cannot be read is left as it is, to be refused.
fn timed(documents: Vec<String>, now: Option<f64>) -> Vec<Timed> {
    let mut parsed: Vec<_> = documents
        .into_iter()
        .map(|text| {
            let value = serde_json::from_str::<Value>(&text).ok();
            let end = value.as_ref().and_then(end);
            (text, value.filter(Value::is_object), end)
        })
        .collect();
    let ends = || parsed.iter().filter_map(|(_, _, end)| *end);
    let first = ends().reduce(f64::min).unwrap_or_default();
    let last = ends().reduce(f64::max).unwrap_or_default();
    parsed.sort_by(|(_, _, one), (_, _, other)| {
        let [one, other] = [one, other].map(|end| end.unwrap_or(first));
        one.total_cmp(&other)
    });
    let mut renewal = now.map(|now| Renewal {
        shift: now - last,
        ids: HashMap::new(),
    });
    let timed = parsed.into_iter().map(|(text, value, end)| Timed {
        document: match (&mut renewal, value) {
            (Some(renewal), Some(mut value)) => {
                renewal.renew(&mut value, true);
                value.to_string()
            }
            _ => text,
        },
        after: Duration::try_from_secs_f64(end.unwrap_or(first) - first).unwrap_or_default(),
    });
    timed.collect()
}

/// When a document ended, or began as long as it goes on.
fn end(document: &Value) -> Option<f64> {
    let end = document.get("end_time").and_then(Value::as_f64);
    end.or_else(|| document.get("start_time")?.as_f64())
}

/// Makes documents new: other times, other traces.
struct Renewal {
    shift: f64,
    ids: HashMap<TraceId, TraceId>,
}

impl Renewal {
    fn renew(&mut self, value: &mut Value, is_top: bool) {
        for key in ["start_time", "end_time"] {
            if let Some(time) = value.get_mut(key)
                && let Some(seconds) = time.as_f64()
            {
                // Microseconds are what X-Ray knows.
                *time = (((seconds + self.shift) * 1e6).round() / 1e6).into();
            }
        }
        if is_top {
            self.rename(value);
            let links = value.get_mut("links").and_then(Value::as_array_mut);
            for link in links.into_iter().flatten() {
                self.rename(link);
            }
        }
        let below = value.get_mut("subsegments").and_then(Value::as_array_mut);
        for subsegment in below.into_iter().flatten() {
            self.renew(subsegment, false);
        }
    }

    fn rename(&mut self, value: &mut Value) {
        let Some(id) = value.get_mut("trace_id") else {
            return;
        };
        let Some(known) = id.as_str().and_then(|id| id.parse::<TraceId>().ok()) else {
            return;
        };
        let seconds = f64::from(known.epoch_seconds()) + self.shift;
        let new = self.ids.entry(known).or_insert_with(|| {
            let random = rand::random::<u128>() & ((1 << 96) - 1);
            TraceId::from_u128((u128::from(seconds.max(0.0) as u32) << 96) | random)
        });
        *id = new.to_string().into();
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const OLD: &str = "1-00000064-000000000000000000000001";

    #[test]
    fn traces_are_renewed_as_a_whole_and_keep_their_shape() {
        let one = json!({"name": "a", "id": "1", "trace_id": OLD, "start_time": 100.0, "end_time": 101.5,
            "subsegments": [{"name": "b", "start_time": 100.25, "end_time": 101.0}]});
        let other = json!({"name": "c", "id": "2", "trace_id": OLD, "start_time": 100.5, "end_time": 101.0,
            "links": [{"trace_id": OLD, "id": "1"}]});
        let renewed = timed(vec![one.to_string(), other.to_string()], Some(1_001.5));
        let values: Vec<Value> = renewed
            .iter()
            .map(|timed| serde_json::from_str(&timed.document).expect("is JSON"))
            .collect();
        assert_eq!(
            (values[0]["name"].as_str(), values[1]["name"].as_str()),
            (Some("c"), Some("a"))
        );
        assert_eq!(values[1]["end_time"], 1_001.5);
        assert_eq!(values[1]["subsegments"][0]["start_time"], 1_000.25);
        assert_eq!(values[0]["trace_id"], values[1]["trace_id"]);
        assert_eq!(values[0]["links"][0]["trace_id"], values[1]["trace_id"]);
        assert_ne!(values[0]["trace_id"], OLD);
        assert_eq!(renewed[1].after, Duration::from_millis(500));
        let id: TraceId = values[0]["trace_id"]
            .as_str()
            .expect("text")
            .parse()
            .expect("an id");
        assert_eq!(id.epoch_seconds(), 1_000);
    }

    #[test]
    fn what_cannot_be_read_is_left_to_be_refused() {
        let renewed = timed(
            vec!["7".to_owned(), "{}".to_owned(), "nonsense".to_owned()],
            Some(1.0),
        );
        let texts: Vec<_> = renewed
            .iter()
            .map(|timed| timed.document.as_str())
            .collect();
        assert_eq!(texts, ["7", "{}", "nonsense"]);
    }
}
