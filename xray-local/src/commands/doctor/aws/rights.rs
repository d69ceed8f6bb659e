//! What the key may do: each operation that changes nothing is called, and what AWS says of it is the answer.

use serde::Serialize;
use std::time::{SystemTime, UNIX_EPOCH};

use super::exchange::Answer;

/// A call that changes nothing.
pub(super) struct Attempt {
    action: &'static str,
    pub(super) path: &'static str,
    /// Where times belong `{start}` and `{end}` stand.
    body: &'static str,
    /// Whether it is needed to send segments.
    is_sending: bool,
}

const fn sending(action: &'static str, path: &'static str, body: &'static str) -> Attempt {
    Attempt {
        action,
        path,
        body,
        is_sending: true,
    }
}

const fn reading(action: &'static str, path: &'static str, body: &'static str) -> Attempt {
    Attempt {
        action,
        path,
        body,
        is_sending: false,
    }
}

const TIMES: &str = r#"{"StartTime":{start},"EndTime":{end}}"#;
const NO_TRACE: &str = r#"{"TraceIds":["1-00000000-000000000000000000000000"]}"#;

pub(super) const ATTEMPTS: &[Attempt] = &[
    sending(
        "PutTraceSegments",
        "/TraceSegments",
        r#"{"TraceSegmentDocuments":[]}"#,
    ),
    sending(
        "PutTelemetryRecords",
        "/TelemetryRecords",
        r#"{"TelemetryRecords":[]}"#,
    ),
    sending("GetSamplingRules", "/GetSamplingRules", "{}"),
    sending(
        "GetSamplingTargets",
        "/SamplingTargets",
        r#"{"SamplingStatisticsDocuments":[]}"#,
    ),
    reading(
        "GetSamplingStatisticSummaries",
        "/SamplingStatisticSummaries",
        "{}",
    ),
    reading("GetTraceSummaries", "/TraceSummaries", TIMES),
    reading("BatchGetTraces", "/Traces", NO_TRACE),
    reading("GetTraceGraph", "/TraceGraph", NO_TRACE),
    reading("GetServiceGraph", "/ServiceGraph", TIMES),
    reading(
        "GetTimeSeriesServiceStatistics",
        "/TimeSeriesServiceStatistics",
        TIMES,
    ),
    reading("GetGroups", "/Groups", "{}"),
    reading("GetGroup", "/GetGroup", r#"{"GroupName":"Default"}"#),
    reading(
        "GetInsightSummaries",
        "/InsightSummaries",
        r#"{"StartTime":{start},"EndTime":{end},"GroupName":"Default"}"#,
    ),
    reading("GetEncryptionConfig", "/EncryptionConfig", "{}"),
    reading("ListResourcePolicies", "/ListResourcePolicies", "{}"),
    reading("GetIndexingRules", "/GetIndexingRules", "{}"),
    reading(
        "GetTraceSegmentDestination",
        "/GetTraceSegmentDestination",
        "{}",
    ),
];

impl Attempt {
    pub(super) fn body(&self) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = now.map_or(0, |now| now.as_secs());
        let start = now.saturating_sub(60).to_string();
        self.body
            .replace("{start}", &start)
            .replace("{end}", &now.to_string())
    }
}

/// One action, and whether the key has the right to it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Right {
    pub(super) action: String,
    pub(super) verdict: Verdict,
    pub(super) is_sending: bool,
    /// What the endpoint says, where it does not do what was asked.
    pub(super) says: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Verdict {
    Allowed,
    Denied,
    Failed,
    /// The key itself was refused, before anybody asked what it may do.
    NotAsked,
}

impl Verdict {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Denied => "denied",
            Self::Failed => "failed",
            Self::NotAsked => "not asked",
        }
    }
}

impl Right {
    pub(super) fn of(attempt: &Attempt, answer: &Answer) -> Self {
        let verdict = match answer.status {
            0..300 => Verdict::Allowed,
            403 if answer.error.starts_with("AccessDenied") => Verdict::Denied,
            401 | 403 => Verdict::NotAsked,
            400 if is_of_key(&answer.error) => Verdict::NotAsked,
            // Whoever may not do it is not told what is wrong with what was asked for.
            400 if answer.error == "InvalidRequestException" => Verdict::Allowed,
            _ => Verdict::Failed,
        };
        let says = match verdict {
            Verdict::Allowed => String::new(),
            _ => format!("{} {}: {}", answer.status, answer.error, answer.message),
        };
        Self {
            action: format!("xray:{}", attempt.action),
            verdict,
            is_sending: attempt.is_sending,
            says,
        }
    }
}

fn is_of_key(error: &str) -> bool {
    let parts = [
        "Signature",
        "UnrecognizedClient",
        "ExpiredToken",
        "InvalidClientToken",
        "MissingAuthentication",
    ];
    parts.iter().any(|part| error.contains(part))
}
