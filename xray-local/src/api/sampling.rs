//! CreateSamplingRule, UpdateSamplingRule, DeleteSamplingRule and GetSamplingRules: which requests are recorded.

use serde::{Deserialize, Serialize};

use super::Backend;
use super::error::ApiError;
use super::tags::{self, TagList};
use super::wire::unknown_token;
use crate::sampling::{Definition, Record, RuleArn, RuleName, RulePosition};

/// How many rules stand on a page: more than can be made, since the official SDKs read the first page only.
const PAGE: usize = 50;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CreateSamplingRule {
    sampling_rule: Definition,
    tags: Option<TagList>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct UpdateSamplingRule {
    sampling_rule_update: Definition,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DeleteSamplingRule {
    rule_name: Option<RuleName>,
    #[serde(rename = "RuleARN")]
    rule_arn: Option<RuleArn>,
}

/// The answer to each change: the rule as it is now, or was.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct SamplingRuleChanged {
    sampling_rule_record: Record,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GetSamplingRules {
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct SamplingRulesGot {
    sampling_rule_records: Vec<Record>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

/// Makes a rule.
pub(super) fn create_sampling_rule(
    backend: &Backend,
    input: CreateSamplingRule,
) -> Result<SamplingRuleChanged, ApiError> {
    let tags = tags::check(input.tags)?;
    let control = &backend.control;
    let record = control.edit_rules(|rules, now| rules.create(input.sampling_rule, now))?;
    let arn = record.sampling_rule.rule_name.arn();
    control.tags().edit(|all| all.put(&arn, tags))?;
    Ok(SamplingRuleChanged {
        sampling_rule_record: record,
    })
}

/// Changes what the input names of a rule.
pub(super) fn update_sampling_rule(
    backend: &Backend,
    input: UpdateSamplingRule,
) -> Result<SamplingRuleChanged, ApiError> {
    let definition = input.sampling_rule_update;
    let record = backend
        .control
        .edit_rules(|rules, now| rules.update(definition, now))?;
    Ok(SamplingRuleChanged {
        sampling_rule_record: record,
    })
}

/// Takes a rule away with its tags, and answers what it was.
pub(super) fn delete_sampling_rule(
    backend: &Backend,
    input: DeleteSamplingRule,
) -> Result<SamplingRuleChanged, ApiError> {
    let name = RuleName::meant(input.rule_name, input.rule_arn)?;
    let record = backend.control.edit_rules(|rules, _| rules.delete(&name))?;
    tags::forget(backend, &name.arn())?;
    Ok(SamplingRuleChanged {
        sampling_rule_record: record,
    })
}

/// Lists the rules in the order in which clients try them.
pub(super) fn get_sampling_rules(
    backend: &Backend,
    GetSamplingRules { next_token }: GetSamplingRules,
) -> Result<SamplingRulesGot, ApiError> {
    let after = next_token.as_deref().map(position).transpose()?;
    backend.polled();
    let page = backend
        .control
        .sampling(|sampling, _| sampling.rules().page(after.as_ref(), PAGE));
    Ok(SamplingRulesGot {
        sampling_rule_records: page.items,
        next_token: page.next.as_ref().map(token),
    })
}

fn token(position: &RulePosition) -> String {
    format!("{}/{}", position.priority, position.name)
}

fn position(token: &str) -> Result<RulePosition, ApiError> {
    let read = || {
        let (priority, name) = token.split_once('/')?;
        Some(RulePosition {
            priority: priority.parse().ok()?,
            name: RuleName::new(name)?,
        })
    };
    read().ok_or_else(|| unknown_token(token))
}
