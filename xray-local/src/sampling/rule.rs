//! One sampling rule, as the API writes and reads it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::error::RuleError;
use super::name::{RuleArn, RuleName};
use crate::bound::{MOST, Priority, Rate, Text, Whole};

/// What part of the requests that match is recorded. Its bounds were checked when its definition was read.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Rule {
    pub(crate) rule_name: RuleName,
    #[serde(rename = "RuleARN")]
    rule_arn: String,
    #[serde(rename = "ResourceARN")]
    resource_arn: String,
    pub(crate) priority: u32,
    pub(crate) fixed_rate: f64,
    /// How many requests a second all clients together record before the rate counts.
    pub(crate) reservoir_size: u32,
    service_name: String,
    service_type: String,
    host: String,
    #[serde(rename = "HTTPMethod")]
    http_method: String,
    #[serde(rename = "URLPath")]
    url_path: String,
    version: u32,
    attributes: Attributes,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sampling_rate_boost: Option<RateBoost>,
}

/// A rule with its times, in seconds since 1970.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Record {
    pub(crate) sampling_rule: Rule,
    pub(crate) created_at: f64,
    pub(crate) modified_at: f64,
}

/// How far the rate may rise when requests go wrong, and how often.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", expecting = "an object")]
pub(crate) struct RateBoost {
    pub(crate) max_rate: Rate,
    pub(crate) cooldown_window_minutes: Whole<0, MOST>,
}

/// At most five attributes of a request that must match.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "BTreeMap<Text<1, 32>, Text<1, 32>>")]
pub(crate) struct Attributes(BTreeMap<Text<1, 32>, Text<1, 32>>);

/// What a call says of a rule: all of a new one, or what is to change of one that exists.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", expecting = "an object")]
pub(crate) struct Definition {
    rule_name: Option<RuleName>,
    #[serde(rename = "RuleARN")]
    rule_arn: Option<RuleArn>,
    #[serde(rename = "ResourceARN")]
    resource_arn: Option<Text<0, 500>>,
    priority: Option<Priority>,
    fixed_rate: Option<Rate>,
    reservoir_size: Option<Whole<0, MOST>>,
    service_name: Option<Text<0, 64>>,
    service_type: Option<Text<0, 64>>,
    host: Option<Text<0, 64>>,
    #[serde(rename = "HTTPMethod")]
    http_method: Option<Text<0, 10>>,
    #[serde(rename = "URLPath")]
    url_path: Option<Text<0, 128>>,
    /// Only a new rule has to say it.
    version: Option<Whole<1, 1>>,
    attributes: Option<Attributes>,
    sampling_rate_boost: Option<RateBoost>,
}

impl Rule {
    /// The rule for all that no other rule matches, with AWS's values: one request a second, then 5 %.
    pub(crate) fn default_rule() -> Self {
        let any = || "*".to_owned();
        let rule_name = RuleName::default_rule();
        Self {
            rule_arn: rule_name.arn(),
            rule_name,
            resource_arn: any(),
            priority: Priority::DEFAULT_RULE,
            fixed_rate: 0.05,
            reservoir_size: 1,
            service_name: any(),
            service_type: any(),
            host: any(),
            http_method: any(),
            url_path: any(),
            version: 1,
            attributes: Attributes::default(),
            sampling_rate_boost: None,
        }
    }

    /// A rule that its definition says everything of.
    pub(crate) fn new(rule_name: RuleName, definition: Definition) -> Result<Self, RuleError> {
        let Definition {
            rule_name: _,
            rule_arn: _,
            resource_arn,
            priority,
            fixed_rate,
            reservoir_size,
            service_name,
            service_type,
            host,
            http_method,
            url_path,
            version,
            attributes,
            sampling_rate_boost,
        } = definition;
        let rule = Self {
            rule_arn: rule_name.arn(),
            rule_name,
            resource_arn: required(resource_arn, "ResourceARN")?,
            priority: required(priority, "Priority")?,
            fixed_rate: required(fixed_rate, "FixedRate")?,
            reservoir_size: required(reservoir_size, "ReservoirSize")?,
            service_name: required(service_name, "ServiceName")?,
            service_type: required(service_type, "ServiceType")?,
            host: required(host, "Host")?,
            http_method: required(http_method, "HTTPMethod")?,
            url_path: required(url_path, "URLPath")?,
            version: required(version, "Version")?,
            attributes: attributes.unwrap_or_default(),
            sampling_rate_boost,
        };
        rule.checked()
    }

    /// This rule with what the definition says otherwise.
    pub(crate) fn with(&self, definition: Definition) -> Result<Self, RuleError> {
        let mut rule = self.clone();
        set(&mut rule.resource_arn, definition.resource_arn);
        set(&mut rule.priority, definition.priority);
        set(&mut rule.fixed_rate, definition.fixed_rate);
        set(&mut rule.reservoir_size, definition.reservoir_size);
        set(&mut rule.service_name, definition.service_name);
        set(&mut rule.service_type, definition.service_type);
        set(&mut rule.host, definition.host);
        set(&mut rule.http_method, definition.http_method);
        set(&mut rule.url_path, definition.url_path);
        set(&mut rule.attributes, definition.attributes);
        if definition.sampling_rate_boost.is_some() {
            rule.sampling_rate_boost = definition.sampling_rate_boost;
        }
        rule.checked()
    }

    /// What requests are held against: each field with its pattern.
    pub(super) fn patterns(&self) -> [(&'static str, &str); 6] {
        [
            ("ServiceName", &self.service_name),
            ("ServiceType", &self.service_type),
            ("Host", &self.host),
            ("HTTPMethod", &self.http_method),
            ("URLPath", &self.url_path),
            ("ResourceARN", &self.resource_arn),
        ]
    }

    /// The attributes that requests must have, each with its pattern.
    pub(super) fn attributes(&self) -> impl Iterator<Item = (&str, &str)> {
        let attributes = self.attributes.0.iter();
        attributes.map(|(name, pattern)| (name.as_str(), pattern.as_str()))
    }

    /// The default rule matches everything and comes last; no other rule comes that late.
    fn checked(self) -> Result<Self, RuleError> {
        if !self.rule_name.is_default() {
            return match self.priority {
                Priority::DEFAULT_RULE => Err(RuleError::LastPriority),
                _ => Ok(self),
            };
        }
        let fixed = Self::default_rule();
        let fields = [
            ("ResourceARN", self.resource_arn == fixed.resource_arn),
            ("Priority", self.priority == fixed.priority),
            ("ServiceName", self.service_name == fixed.service_name),
            ("ServiceType", self.service_type == fixed.service_type),
            ("Host", self.host == fixed.host),
            ("HTTPMethod", self.http_method == fixed.http_method),
            ("URLPath", self.url_path == fixed.url_path),
            ("Attributes", self.attributes == fixed.attributes),
        ];
        match fields.into_iter().find(|(_, is_same)| !is_same) {
            Some((field, _)) => Err(RuleError::DefaultFixed(field)),
            None => Ok(self),
        }
    }
}

impl Definition {
    /// The rule that is meant.
    pub(crate) fn meant(&self) -> Result<RuleName, RuleError> {
        RuleName::meant(self.rule_name.clone(), self.rule_arn.clone())
    }

    /// The same without the ARN that answers have beside the name.
    pub(crate) fn without_arn(mut self) -> Self {
        if self.rule_name.is_some() {
            self.rule_arn = None;
        }
        self
    }
}

impl TryFrom<BTreeMap<Text<1, 32>, Text<1, 32>>> for Attributes {
    type Error = String;

    fn try_from(attributes: BTreeMap<Text<1, 32>, Text<1, 32>>) -> Result<Self, String> {
        match attributes.len() {
            ..=5 => Ok(Self(attributes)),
            count => Err(format!(
                "invalid length {count}, expected at most 5 attributes"
            )),
        }
    }
}

fn required<T>(field: Option<impl Into<T>>, name: &'static str) -> Result<T, RuleError> {
    field.map(Into::into).ok_or(RuleError::Missing(name))
}

fn set<T>(field: &mut T, value: Option<impl Into<T>>) {
    if let Some(value) = value {
        *field = value.into();
    }
}
