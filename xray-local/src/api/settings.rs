//! Encryption, destination and indexing: GetEncryptionConfig, PutEncryptionConfig, GetTraceSegmentDestination,
//! UpdateTraceSegmentDestination, GetIndexingRules and UpdateIndexingRule.

use serde::{Deserialize, Serialize};

use super::Backend;
use super::error::ApiError;
use super::wire::no_token;
use crate::bound::{Percentage, Text};
use crate::setting::{
    Destination, DestinationStatus, Encryption, EncryptionType, IndexingRule, KeyId,
};

#[derive(Deserialize)]
pub(super) struct GetEncryptionConfig {}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PutEncryptionConfig {
    #[serde(rename = "Type")]
    kind: EncryptionType,
    key_id: Option<KeyId>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct EncryptionConfigTold {
    encryption_config: Encryption,
}

#[derive(Deserialize)]
pub(super) struct GetTraceSegmentDestination {}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct UpdateTraceSegmentDestination {
    destination: Option<Destination>,
    cloud_watch_logs_configuration: Option<CloudWatchLogsConfiguration>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", expecting = "an object")]
struct CloudWatchLogsConfiguration {
    #[serde(rename = "SpansLogGroupKmsKeyId")]
    _spans_log_group_kms_key_id: Option<Text<1, 256>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GetIndexingRules {
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct IndexingRulesGot {
    indexing_rules: [IndexingRule; 1],
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct UpdateIndexingRule {
    name: String,
    rule: IndexingRuleValue,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", expecting = "an object")]
struct IndexingRuleValue {
    probabilistic: Probabilistic,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", expecting = "an object")]
struct Probabilistic {
    desired_sampling_percentage: Percentage,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct IndexingRuleUpdated {
    indexing_rule: IndexingRule,
}

pub(super) fn get_encryption_config(
    backend: &Backend,
    _: GetEncryptionConfig,
) -> Result<EncryptionConfigTold, ApiError> {
    Ok(EncryptionConfigTold {
        encryption_config: Encryption::of(backend.store.encryption_key()),
    })
}

pub(super) fn put_encryption_config(
    backend: &Backend,
    input: PutEncryptionConfig,
) -> Result<EncryptionConfigTold, ApiError> {
    let present = Encryption::of(backend.store.encryption_key());
    let set = present.set(input.kind, input.key_id.as_ref());
    Ok(EncryptionConfigTold {
        encryption_config: set?,
    })
}

pub(super) fn get_trace_segment_destination(
    backend: &Backend,
    _: GetTraceSegmentDestination,
) -> Result<DestinationStatus, ApiError> {
    Ok(backend.control.settings().get().destination())
}

pub(super) fn update_trace_segment_destination(
    backend: &Backend,
    input: UpdateTraceSegmentDestination,
) -> Result<DestinationStatus, ApiError> {
    let has_key = input.cloud_watch_logs_configuration.is_some();
    let set = backend
        .control
        .settings()
        .edit(|settings| settings.set_destination(input.destination, has_key));
    Ok(set?)
}

pub(super) fn get_indexing_rules(
    backend: &Backend,
    input: GetIndexingRules,
) -> Result<IndexingRulesGot, ApiError> {
    no_token(input.next_token.as_deref())?;
    Ok(IndexingRulesGot {
        indexing_rules: [backend.control.settings().get().indexing_rule()],
    })
}

pub(super) fn update_indexing_rule(
    backend: &Backend,
    input: UpdateIndexingRule,
) -> Result<IndexingRuleUpdated, ApiError> {
    let control = &backend.control;
    let percentage = input.rule.probabilistic.desired_sampling_percentage;
    let set = control
        .settings()
        .edit(|settings| settings.set_indexing(&input.name, percentage, control.now()));
    Ok(IndexingRuleUpdated {
        indexing_rule: set?,
    })
}
