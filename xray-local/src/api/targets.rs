//! GetSamplingTargets and GetSamplingStatisticSummaries: what clients did by the rules, and what they are to do next.

use std::cmp::Reverse;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Backend;
use super::error::ApiError;
use super::wire::{read_part, required, unknown_token};
use crate::bound::{MOST, Text, Time, Whole, quoted};
use crate::sampling::{
    AnomalyReport, ClientId, Counts, Report, RuleError, RuleName, StatisticSummary,
    SummaryPosition, Target,
};

/// The two kinds of documents.
const STATISTICS: &str = "SamplingStatisticsDocuments";
const ANOMALIES: &str = "SamplingBoostStatisticsDocuments";

/// How many documents of either kind a call may bring.
const DOCUMENTS: usize = 25;

/// How many summaries stand on a page.
const PAGE: usize = 100;

/// Why a document is not processed, in codes like those of HTTP: at 4.. the Go SDK asks for the rules again.
const BAD_DOCUMENT: &str = "400";
const NO_SUCH_RULE: &str = "404";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GetSamplingTargets {
    /// Each is read by itself: a bad one does not spoil the others.
    sampling_statistics_documents: Option<Vec<Value>>,
    sampling_boost_statistics_documents: Option<Vec<Value>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", expecting = "an object")]
struct SamplingStatistics {
    rule_name: Option<RuleName>,
    #[serde(rename = "ClientID")]
    client_id: Option<ClientId>,
    timestamp: Option<Time>,
    request_count: Option<Count>,
    sampled_count: Option<Count>,
    borrow_count: Option<Count>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", expecting = "an object")]
struct SamplingBoostStatistics {
    rule_name: Option<RuleName>,
    service_name: Option<Text<0, 64>>,
    timestamp: Option<Time>,
    anomaly_count: Option<Count>,
    total_count: Option<Count>,
    sampled_anomaly_count: Option<Count>,
}

/// A count of requests.
type Count = Whole<0, MOST>;

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct SamplingTargetsGot {
    sampling_target_documents: Vec<Target>,
    last_rule_modification: f64,
    unprocessed_statistics: Vec<UnprocessedStatistics>,
    unprocessed_boost_statistics: Vec<UnprocessedStatistics>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct UnprocessedStatistics {
    #[serde(skip_serializing_if = "Option::is_none")]
    rule_name: Option<String>,
    error_code: &'static str,
    message: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GetSamplingStatisticSummaries {
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct SamplingStatisticSummariesGot {
    sampling_statistic_summaries: Vec<SamplingStatisticSummary>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct SamplingStatisticSummary {
    rule_name: RuleName,
    timestamp: f64,
    request_count: u64,
    borrow_count: u64,
    sampled_count: u64,
}

/// Takes the reports of clients, and answers each what to do until its next one.
pub(super) fn get_sampling_targets(
    backend: &Backend,
    input: GetSamplingTargets,
) -> Result<SamplingTargetsGot, ApiError> {
    let statistics = required(input.sampling_statistics_documents, STATISTICS)?;
    let anomalies = input
        .sampling_boost_statistics_documents
        .unwrap_or_default();
    let (reports, mut unprocessed_statistics) =
        read_each::<SamplingStatistics, Report>(statistics, STATISTICS)?;
    let (anomalies, mut unprocessed_boost_statistics) =
        read_each::<SamplingBoostStatistics, AnomalyReport>(anomalies, ANOMALIES)?;

    backend.polled();
    Ok(backend.control.sampling(|sampling, now| {
        // First, so that the answer tells of a boost that begins with this call.
        for report in &anomalies {
            if let Err(error) = sampling.report_anomalies(report, now) {
                let unprocessed = UnprocessedStatistics::of_rule(&report.rule_name, &error);
                unprocessed_boost_statistics.push(unprocessed);
            }
        }
        let mut sampling_target_documents = Vec::new();
        for (report, answer) in reports.iter().zip(sampling.report(&reports, now)) {
            match answer {
                Ok(target) => sampling_target_documents.push(target),
                Err(error) => unprocessed_statistics
                    .push(UnprocessedStatistics::of_rule(&report.rule_name, &error)),
            }
        }
        SamplingTargetsGot {
            sampling_target_documents,
            last_rule_modification: sampling.changed_at(),
            unprocessed_statistics,
            unprocessed_boost_statistics,
        }
    }))
}

/// Lists what was reported within the last hour, by rule and window of ten seconds, the latest windows first.
pub(super) fn get_sampling_statistic_summaries(
    backend: &Backend,
    GetSamplingStatisticSummaries { next_token }: GetSamplingStatisticSummaries,
) -> Result<SamplingStatisticSummariesGot, ApiError> {
    let after = next_token.as_deref().map(position).transpose()?;
    let page = backend
        .control
        .sampling(|sampling, now| sampling.summaries(after.as_ref(), PAGE, now));
    let summaries = page.items.into_iter();
    Ok(SamplingStatisticSummariesGot {
        sampling_statistic_summaries: summaries.map(SamplingStatisticSummary::from).collect(),
        next_token: page.next.as_ref().map(token),
    })
}

/// Reads each document. A bad one comes back unprocessed; one that lacks a required field makes the call invalid.
fn read_each<Document: DeserializeOwned, T: TryFrom<Document, Error = ApiError>>(
    documents: Vec<Value>,
    list: &str,
) -> Result<(Vec<T>, Vec<UnprocessedStatistics>), ApiError> {
    let count = documents.len();
    if count > DOCUMENTS {
        return Err(ApiError::invalid_request(format!(
            "{list} has {count} documents: expected at most {DOCUMENTS}"
        )));
    }
    let mut reports = Vec::new();
    let mut unprocessed = Vec::new();
    for document in documents {
        let rule_name = document.get("RuleName").and_then(Value::as_str).map(quoted);
        match read_part::<Document>(document) {
            Ok(document) => reports.push(document.try_into()?),
            Err(message) => unprocessed.push(UnprocessedStatistics {
                rule_name,
                error_code: BAD_DOCUMENT,
                message,
            }),
        }
    }
    Ok((reports, unprocessed))
}

impl TryFrom<SamplingStatistics> for Report {
    type Error = ApiError;

    fn try_from(statistics: SamplingStatistics) -> Result<Self, ApiError> {
        let count = |count: Count| u64::from(u32::from(count));
        let field = |name| format!("{STATISTICS}.{name}");
        let requests = required(statistics.request_count, &field("RequestCount"))?;
        let sampled = required(statistics.sampled_count, &field("SampledCount"))?;
        Ok(Self {
            rule_name: required(statistics.rule_name, &field("RuleName"))?,
            client_id: required(statistics.client_id, &field("ClientID"))?,
            timestamp: required(statistics.timestamp, &field("Timestamp"))?.into(),
            counts: Counts {
                requests: count(requests),
                borrowed: statistics.borrow_count.map_or(0, count),
                sampled: count(sampled),
            },
        })
    }
}

impl TryFrom<SamplingBoostStatistics> for AnomalyReport {
    type Error = ApiError;

    fn try_from(statistics: SamplingBoostStatistics) -> Result<Self, ApiError> {
        let field = |name| format!("{ANOMALIES}.{name}");
        required(statistics.service_name, &field("ServiceName"))?;
        let timestamp = required(statistics.timestamp, &field("Timestamp"))?;
        required(statistics.total_count, &field("TotalCount"))?;
        let anomalies = required(statistics.anomaly_count, &field("AnomalyCount"))?;
        let sampled = required(
            statistics.sampled_anomaly_count,
            &field("SampledAnomalyCount"),
        )?;
        Ok(Self {
            rule_name: required(statistics.rule_name, &field("RuleName"))?,
            timestamp: timestamp.into(),
            anomalies: anomalies.into(),
            sampled_anomalies: sampled.into(),
        })
    }
}

impl UnprocessedStatistics {
    fn of_rule(rule_name: &RuleName, error: &RuleError) -> Self {
        let error_code = match error {
            RuleError::Unknown(_) => NO_SUCH_RULE,
            _ => BAD_DOCUMENT,
        };
        Self {
            rule_name: Some(rule_name.to_string()),
            error_code,
            message: error.to_string(),
        }
    }
}

impl From<StatisticSummary> for SamplingStatisticSummary {
    fn from(summary: StatisticSummary) -> Self {
        // The API's counts are 32 bits wide.
        let count = |count: u64| count.min(u64::from(MOST));
        Self {
            rule_name: summary.rule_name,
            timestamp: summary.window as f64,
            request_count: count(summary.counts.requests),
            borrow_count: count(summary.counts.borrowed),
            sampled_count: count(summary.counts.sampled),
        }
    }
}

fn token(position: &SummaryPosition) -> String {
    format!("{}/{}", position.window.0, position.name)
}

fn position(token: &str) -> Result<SummaryPosition, ApiError> {
    let read = || {
        let (window, name) = token.split_once('/')?;
        Some(SummaryPosition {
            window: Reverse(window.parse().ok()?),
            name: RuleName::new(name)?,
        })
    };
    read().ok_or_else(|| unknown_token(token))
}
