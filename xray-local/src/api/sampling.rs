//! CreateSamplingRule, UpdateSamplingRule, DeleteSamplingRule and GetSamplingRules: which requests are recorded.

use serde::{Deserialize, Serialize};

use super::error::ApiError;
use super::wire::{required, unknown_token};
use crate::control::Control;
use crate::sampling::{Definition, Record, RuleArn, RuleName, RulePosition, Text};

/// How many rules stand on a page: more than can be made, since the official SDKs read the first page only.
const PAGE: usize = 50;

/// How many tags a rule may have.
const TAGS: usize = 50;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CreateSamplingRule {
    sampling_rule: Option<Definition>,
    tags: Option<Vec<Tag>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", expecting = "an object")]
struct Tag {
    key: Text<1, 128>,
    #[serde(rename = "Value")]
    _value: Text<0, 256>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct UpdateSamplingRule {
    sampling_rule_update: Option<Definition>,
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

/// Makes a rule. Its tags are checked and not kept: nothing reads them yet.
pub(super) fn create_sampling_rule(
    control: &Control,
    input: CreateSamplingRule,
) -> Result<SamplingRuleChanged, ApiError> {
    let definition = required(input.sampling_rule, "SamplingRule")?;
    check_tags(&input.tags.unwrap_or_default())?;
    let record = control.edit(|rules, now| rules.create(definition, now))?;
    Ok(SamplingRuleChanged {
        sampling_rule_record: record,
    })
}

/// Changes what the input names of a rule.
pub(super) fn update_sampling_rule(
    control: &Control,
    input: UpdateSamplingRule,
) -> Result<SamplingRuleChanged, ApiError> {
    let definition = required(input.sampling_rule_update, "SamplingRuleUpdate")?;
    let record = control.edit(|rules, now| rules.update(definition, now))?;
    Ok(SamplingRuleChanged {
        sampling_rule_record: record,
    })
}

/// Takes a rule away, and answers what it was.
pub(super) fn delete_sampling_rule(
    control: &Control,
    input: DeleteSamplingRule,
) -> Result<SamplingRuleChanged, ApiError> {
    let name = RuleName::meant(input.rule_name, input.rule_arn)?;
    let record = control.edit(|rules, _| rules.delete(&name))?;
    Ok(SamplingRuleChanged {
        sampling_rule_record: record,
    })
}

/// Lists the rules in the order in which clients try them.
pub(super) fn get_sampling_rules(
    control: &Control,
    GetSamplingRules { next_token }: GetSamplingRules,
) -> Result<SamplingRulesGot, ApiError> {
    let after = next_token.as_deref().map(position).transpose()?;
    let page = control.sampling(|sampling, _| sampling.rules().page(after.as_ref(), PAGE));
    Ok(SamplingRulesGot {
        sampling_rule_records: page.items,
        next_token: page.next.as_ref().map(token),
    })
}

fn check_tags(tags: &[Tag]) -> Result<(), ApiError> {
    let count = tags.len();
    if count > TAGS {
        return Err(ApiError::invalid_request(format!(
            "Tags has {count} tags: expected at most {TAGS}"
        )));
    }
    match tags.iter().find(|tag| tag.key.as_str().starts_with("aws:")) {
        None => Ok(()),
        Some(tag) => Err(ApiError::invalid_request(format!(
            "Tags.Key {:?} is not valid: expected one that does not start with \"aws:\"",
            tag.key.as_str()
        ))),
    }
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
