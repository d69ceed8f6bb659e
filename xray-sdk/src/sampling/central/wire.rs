//! What is asked of X-Ray and answered by it (API reference, "GetSamplingRules" and "GetSamplingTargets").

use std::collections::BTreeMap;

use serde::de::{DeserializeOwned, Deserializer};
use serde::{Deserialize, Serialize};

/// The most statistics that one GetSamplingTargets takes, of either kind.
pub(super) const STATISTICS: usize = 25;

/// The most characters of a service's name that statistics on its faults may have.
pub(super) const SERVICE_NAME: usize = 64;

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GetSamplingRules<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) next_token: Option<&'a str>,
}

/// One page of rules.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct SamplingRules {
    #[serde(default, deserialize_with = "entries")]
    pub(super) sampling_rule_records: Vec<serde_json::Value>,
    pub(super) next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SamplingRuleRecord {
    sampling_rule: SamplingRule,
}

impl SamplingRule {
    /// The rule of an entry of a page, or what is wrong with it.
    pub(super) fn read(entry: &serde_json::Value) -> Result<Self, String> {
        let name = entry.pointer("/SamplingRule/RuleName");
        let name = name.and_then(serde_json::Value::as_str).unwrap_or_default();
        let wrong = match SamplingRuleRecord::deserialize(entry) {
            Err(error) => error.to_string(),
            Ok(record) if record.sampling_rule.version != 1 => {
                format!("version {}, expected 1", record.sampling_rule.version)
            }
            Ok(_) if name.is_empty() => "no name".to_owned(),
            Ok(record) => return Ok(record.sampling_rule),
        };
        Err(format!("{name:?}: {wrong}"))
    }
}

#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase")]
pub(super) struct SamplingRule {
    pub(super) rule_name: String,
    #[serde(default)]
    pub(super) version: i64,
    #[serde(default = "last")]
    pub(super) priority: i64,
    pub(super) fixed_rate: f64,
    #[serde(default)]
    pub(super) reservoir_size: i64,
    #[serde(rename = "ResourceARN")]
    pub(super) resource_arn: Option<String>,
    pub(super) service_name: Option<String>,
    pub(super) service_type: Option<String>,
    pub(super) host: Option<String>,
    #[serde(rename = "HTTPMethod")]
    pub(super) http_method: Option<String>,
    #[serde(rename = "URLPath")]
    pub(super) url_path: Option<String>,
    pub(super) attributes: Option<BTreeMap<String, String>>,
    /// Only whether it is there matters here: X-Ray decides on the boost.
    pub(super) sampling_rate_boost: Option<serde_json::Value>,
}

/// Of a rule without a priority.
fn last() -> i64 {
    i64::MAX
}

/// The entries of a list that can be read: one that cannot, because it is newer than this crate, costs no other.
fn readable<'de, D: Deserializer<'de>, T: DeserializeOwned>(list: D) -> Result<Vec<T>, D::Error> {
    let read = |entry| serde_json::from_value(entry).ok();
    Ok(entries(list)?.into_iter().filter_map(read).collect())
}

/// The entries of a list, which may be null.
fn entries<'de, D: Deserializer<'de>>(list: D) -> Result<Vec<serde_json::Value>, D::Error> {
    Ok(Option::deserialize(list)?.unwrap_or_default())
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GetSamplingTargets<'a> {
    pub(super) sampling_statistics_documents: Vec<SamplingStatistics<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) sampling_boost_statistics_documents: Vec<SamplingBoostStatistics<'a>>,
}

/// What was decided by one rule since the last report.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct SamplingStatistics<'a> {
    pub(super) rule_name: &'a str,
    #[serde(rename = "ClientID")]
    pub(super) client_id: &'a str,
    /// In epoch seconds.
    pub(super) timestamp: u32,
    pub(super) request_count: u64,
    pub(super) sampled_count: u64,
    pub(super) borrow_count: u64,
}

/// How the segments ended that one rule decided on, since the last report.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct SamplingBoostStatistics<'a> {
    pub(super) rule_name: &'a str,
    pub(super) service_name: &'a str,
    /// In epoch seconds.
    pub(super) timestamp: u32,
    pub(super) anomaly_count: u64,
    pub(super) total_count: u64,
    pub(super) sampled_anomaly_count: u64,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct SamplingTargets {
    #[serde(deserialize_with = "readable")]
    pub(super) sampling_target_documents: Vec<SamplingTarget>,
    /// In epoch seconds.
    pub(super) last_rule_modification: Option<f64>,
    #[serde(deserialize_with = "readable")]
    pub(super) unprocessed_statistics: Vec<Unprocessed>,
    #[serde(deserialize_with = "readable")]
    pub(super) unprocessed_boost_statistics: Vec<Unprocessed>,
}

/// What one process is to take by one rule from now on.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct SamplingTarget {
    pub(super) rule_name: String,
    pub(super) fixed_rate: Option<f64>,
    pub(super) reservoir_quota: Option<i64>,
    /// In epoch seconds.
    #[serde(rename = "ReservoirQuotaTTL")]
    pub(super) reservoir_quota_ttl: Option<f64>,
    /// In seconds.
    pub(super) interval: Option<f64>,
    pub(super) sampling_boost: Option<SamplingBoost>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct SamplingBoost {
    pub(super) boost_rate: f64,
    /// In epoch seconds.
    #[serde(rename = "BoostRateTTL")]
    pub(super) boost_rate_ttl: f64,
}

/// Statistics that X-Ray did not take.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Unprocessed {
    pub(super) rule_name: Option<String>,
    pub(super) error_code: Option<String>,
}

impl Unprocessed {
    /// The service failed, and may take the same statistics later. Else it is the rule that is in question: deleted, or changed.
    pub(super) fn is_passing(&self) -> bool {
        let code = self.error_code.as_deref().unwrap_or_default();
        code.starts_with('5') || code.starts_with("Internal") || code.starts_with("Throttl")
    }
}
