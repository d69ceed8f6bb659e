//! What daemons report of themselves: added up by daemon, for whoever wonders where segments were lost. Pure.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

use crate::amount::count_text;
use crate::bound::{MOST, Text, Time, Whole};
use crate::terminal::printable;

/// How many daemons are told apart. Whoever comes later takes the place of the one that was silent the longest.
const DAEMONS: usize = 100;

/// What a daemon counted in about a minute.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase", expecting = "an object")]
pub(crate) struct Record {
    timestamp: Time,
    segments_received_count: Option<Whole<0, MOST>>,
    segments_sent_count: Option<Whole<0, MOST>>,
    segments_spillover_count: Option<Whole<0, MOST>>,
    segments_rejected_count: Option<Whole<0, MOST>>,
    backend_connection_errors: Option<ConnectionErrors>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase", expecting = "an object")]
struct ConnectionErrors {
    timeout_count: Option<Whole<0, MOST>>,
    connection_refused_count: Option<Whole<0, MOST>>,
    #[serde(rename = "HTTPCode4XXCount")]
    http_code_4xx_count: Option<Whole<0, MOST>>,
    #[serde(rename = "HTTPCode5XXCount")]
    http_code_5xx_count: Option<Whole<0, MOST>>,
    unknown_host_count: Option<Whole<0, MOST>>,
    other_count: Option<Whole<0, MOST>>,
}

/// Who reports.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Sender {
    hostname: Option<Text<0, 255>>,
    ec2_instance_id: Option<Text<0, 20>>,
    resource_arn: Option<Text<0, 500>>,
}

/// What a daemon reports: what it counted, and who it is.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Report {
    telemetry_records: Vec<Record>,
    // As a part of its own, flattened, errors would not tell the field that they are about.
    hostname: Option<Text<0, 255>>,
    #[serde(rename = "EC2InstanceId")]
    ec2_instance_id: Option<Text<0, 20>>,
    #[serde(rename = "ResourceARN")]
    resource_arn: Option<Text<0, 500>>,
}

/// What all daemons reported.
#[derive(Clone, Debug, Default)]
pub(crate) struct Telemetry {
    daemons: BTreeMap<Sender, Totals>,
    /// When a client asked for sampling rules or targets last, in seconds since 1970.
    polled: Option<f64>,
}

/// What one daemon reported so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Totals {
    /// The time of its last report, in seconds since 1970.
    last: f64,
    received: u64,
    sent: u64,
    /// Dropped for lack of room.
    spilled: u64,
    rejected: u64,
    /// Calls that failed.
    failures: u64,
}

impl Telemetry {
    /// Somebody asks for sampling rules or targets.
    pub(crate) fn poll(&mut self, now: f64) {
        self.polled = Some(now);
    }

    /// When anybody did last.
    pub(crate) fn polled(&self) -> Option<f64> {
        self.polled
    }

    /// What the daemons say that have lost something, a sentence each.
    pub(crate) fn troubled(&self) -> Vec<String> {
        let is_troubled = |totals: &Totals| totals.spilled + totals.rejected + totals.failures > 0;
        let troubled = self
            .daemons
            .iter()
            .filter(|(_, totals)| is_troubled(totals));
        let told = troubled.map(|(sender, totals)| format!("the daemon on {sender}: {totals}"));
        told.collect()
    }

    /// Adds what a daemon reports.
    pub(crate) fn report(&mut self, report: Report) {
        let sender = Sender {
            hostname: report.hostname,
            ec2_instance_id: report.ec2_instance_id,
            resource_arn: report.resource_arn,
        };
        if !self.daemons.contains_key(&sender) && self.daemons.len() == DAEMONS {
            let by_silence = |(_, one): &(_, &Totals), (_, other): &(_, &Totals)| {
                one.last.total_cmp(&other.last)
            };
            let silent = self.daemons.iter().min_by(by_silence);
            let silent = silent.map(|(sender, _)| sender.clone());
            silent.map(|silent| self.daemons.remove(&silent));
        }
        let totals = self.daemons.entry(sender).or_default();
        for record in &report.telemetry_records {
            *totals += record;
        }
    }

    /// The daemons by their names, each with what it reported.
    pub(crate) fn daemons(&self) -> impl Iterator<Item = (String, Totals)> {
        let daemons = self.daemons.iter();
        daemons.map(|(sender, totals)| (sender.to_string(), *totals))
    }
}

impl AddAssign<&Record> for Totals {
    fn add_assign(&mut self, record: &Record) {
        let count = |count: Option<Whole<0, MOST>>| u64::from(count.map_or(0, u32::from));
        self.last = self.last.max(record.timestamp.into());
        self.received += count(record.segments_received_count);
        self.sent += count(record.segments_sent_count);
        self.spilled += count(record.segments_spillover_count);
        self.rejected += count(record.segments_rejected_count);
        if let Some(errors) = &record.backend_connection_errors {
            self.failures += count(errors.timeout_count)
                + count(errors.connection_refused_count)
                + count(errors.http_code_4xx_count)
                + count(errors.http_code_5xx_count)
                + count(errors.unknown_host_count)
                + count(errors.other_count);
        }
    }
}

/// One line for each daemon.
impl fmt::Display for Telemetry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (sender, totals) in &self.daemons {
            writeln!(f, "The daemon on {sender}: {totals}.")?;
        }
        Ok(())
    }
}

impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} received, {} sent, {} dropped for lack of room, {} refused, {} failed",
            count_text(self.received, "segment", "segments"),
            self.sent,
            self.spilled,
            self.rejected,
            count_text(self.failures, "call", "calls")
        )
    }
}

impl fmt::Display for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hostname = self.hostname.as_ref().map(Text::as_str);
        let instance = self.ec2_instance_id.as_ref().map(Text::as_str);
        let arn = self.resource_arn.as_ref().map(Text::as_str);
        let mut names = [hostname, instance, arn].into_iter().flatten();
        let name = names.find(|name| !name.is_empty());
        f.write_str(&printable(name.unwrap_or("an unnamed host")))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn report(json: Value) -> Report {
        serde_json::from_value(json).expect("a report")
    }

    #[test]
    fn what_a_daemon_reports_is_added_up() {
        let mut telemetry = Telemetry::default();
        let first = json!({"Timestamp": 1, "SegmentsReceivedCount": 5, "SegmentsSentCount": 3, "SegmentsSpilloverCount": 2});
        let errors = json!({"TimeoutCount": 1, "HTTPCode5XXCount": 2, "OtherCount": 0});
        let second = json!({"Timestamp": 61, "SegmentsSentCount": 1, "SegmentsRejectedCount": 1, "BackendConnectionErrors": errors});
        for sent in [
            json!({"Hostname": "here", "TelemetryRecords": [first]}),
            json!({"Hostname": "here", "TelemetryRecords": [second]}),
            json!({"Hostname": "", "EC2InstanceId": "i-1", "TelemetryRecords": []}),
        ] {
            telemetry.report(report(sent));
        }
        assert_eq!(
            telemetry.to_string(),
            "The daemon on i-1: 0 segments received, 0 sent, 0 dropped for lack of room, 0 refused, 0 calls failed.\n\
             The daemon on here: 5 segments received, 4 sent, 2 dropped for lack of room, 1 refused, 3 calls failed.\n"
        );
    }

    #[test]
    fn no_more_than_100_daemons_are_told_apart() {
        let mut telemetry = Telemetry::default();
        for number in 0..150 {
            let records = json!([{"Timestamp": number}]);
            telemetry.report(report(
                json!({"Hostname": number.to_string(), "TelemetryRecords": records}),
            ));
        }
        assert_eq!(telemetry.daemons.len(), 100);
        assert!(
            telemetry
                .daemons
                .keys()
                .all(|sender| { sender.to_string().parse::<u32>().expect("a number") >= 50 })
        );
    }
}
