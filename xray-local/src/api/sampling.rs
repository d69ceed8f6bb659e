//! GetSamplingRules and GetSamplingTargets: what SDKs ask before they record. There is the default rule, and no other yet.

use serde::{Deserialize, Serialize};

use super::error::ApiError;
use super::wire::{no_token, required};
use crate::clock;

/// The name of the rule that always exists.
const DEFAULT_RULE: &str = "Default";

/// One request a second, then 5 %: AWS's values for the default rule.
const RESERVOIR: u32 = 1;
const FIXED_RATE: f64 = 0.05;

/// Seconds between two reports of a client, and seconds for which it may use its part of the reservoir, as AWS answers.
const INTERVAL: u32 = 10;
const QUOTA_LIFETIME: f64 = 300.0;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GetSamplingRules {
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct SamplingRulesGot {
    sampling_rule_records: [SamplingRuleRecord; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct SamplingRuleRecord {
    sampling_rule: SamplingRule,
    created_at: f64,
    modified_at: f64,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct SamplingRule {
    rule_name: &'static str,
    #[serde(rename = "RuleARN")]
    rule_arn: &'static str,
    #[serde(rename = "ResourceARN")]
    resource_arn: &'static str,
    priority: u32,
    fixed_rate: f64,
    reservoir_size: u32,
    service_name: &'static str,
    service_type: &'static str,
    host: &'static str,
    #[serde(rename = "HTTPMethod")]
    http_method: &'static str,
    #[serde(rename = "URLPath")]
    url_path: &'static str,
    version: u32,
    attributes: Attributes,
}

#[derive(Serialize)]
struct Attributes {}

/// Answers the default rule.
pub(super) fn get_sampling_rules(
    GetSamplingRules { next_token }: GetSamplingRules,
) -> Result<SamplingRulesGot, ApiError> {
    no_token(next_token.as_deref())?;
    let sampling_rule = SamplingRule {
        rule_name: DEFAULT_RULE,
        rule_arn: "arn:aws:xray:us-east-1:000000000000:sampling-rule/Default",
        resource_arn: "*",
        priority: 10_000,
        fixed_rate: FIXED_RATE,
        reservoir_size: RESERVOIR,
        service_name: "*",
        service_type: "*",
        host: "*",
        http_method: "*",
        url_path: "*",
        version: 1,
        attributes: Attributes {},
    };
    Ok(SamplingRulesGot {
        sampling_rule_records: [SamplingRuleRecord {
            sampling_rule,
            created_at: 0.0,
            modified_at: 0.0,
        }],
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GetSamplingTargets {
    sampling_statistics_documents: Option<Vec<SamplingStatistics>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SamplingStatistics {
    rule_name: Option<String>,
    #[serde(rename = "ClientID")]
    client_id: Option<String>,
    timestamp: Option<f64>,
    request_count: Option<i64>,
    sampled_count: Option<i64>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct SamplingTargetsGot {
    sampling_target_documents: Vec<SamplingTarget>,
    last_rule_modification: f64,
    unprocessed_statistics: Vec<UnprocessedStatistics>,
    unprocessed_boost_statistics: [(); 0],
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct SamplingTarget {
    rule_name: &'static str,
    fixed_rate: f64,
    reservoir_quota: u32,
    #[serde(rename = "ReservoirQuotaTTL")]
    reservoir_quota_ttl: f64,
    interval: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct UnprocessedStatistics {
    rule_name: String,
    error_code: &'static str,
    message: &'static str,
}

/// Gives each client the whole reservoir of the default rule.
pub(super) fn get_sampling_targets(
    input: GetSamplingTargets,
) -> Result<SamplingTargetsGot, ApiError> {
    let mut answer = SamplingTargetsGot {
        sampling_target_documents: Vec::new(),
        last_rule_modification: 0.0,
        unprocessed_statistics: Vec::new(),
        unprocessed_boost_statistics: [],
    };
    for statistics in required(
        input.sampling_statistics_documents,
        "SamplingStatisticsDocuments",
    )? {
        let rule_name = statistics.complete()?;
        if rule_name == DEFAULT_RULE {
            answer.sampling_target_documents.push(SamplingTarget {
                rule_name: DEFAULT_RULE,
                fixed_rate: FIXED_RATE,
                reservoir_quota: RESERVOIR,
                reservoir_quota_ttl: (clock::now() + QUOTA_LIFETIME).floor(),
                interval: INTERVAL,
            });
        } else {
            answer.unprocessed_statistics.push(UnprocessedStatistics {
                rule_name,
                error_code: "UnknownRule",
                message: "there is no sampling rule of this name",
            });
        }
    }
    Ok(answer)
}

impl SamplingStatistics {
    /// The name of the rule, when all that must be there is.
    fn complete(self) -> Result<String, ApiError> {
        required(self.client_id, "SamplingStatisticsDocuments.ClientID")?;
        required(self.timestamp, "SamplingStatisticsDocuments.Timestamp")?;
        required(
            self.request_count,
            "SamplingStatisticsDocuments.RequestCount",
        )?;
        required(
            self.sampled_count,
            "SamplingStatisticsDocuments.SampledCount",
        )?;
        required(self.rule_name, "SamplingStatisticsDocuments.RuleName")
    }
}
