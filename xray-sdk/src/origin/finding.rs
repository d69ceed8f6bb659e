use serde_json::Value;

use super::account::Account;
use super::fact::fit;
use crate::document::{Aws, LogGroup};

/// What was found out so far of where the program runs.
#[derive(Clone, Debug, Default)]
pub(crate) struct Findings {
    pub(super) aws: Aws,
    pub(super) account: Option<Account>,
    /// The ARN of what the program runs on.
    pub(super) resource_arn: Option<String>,
    /// Log groups that the program writes to, each with its region when that is known.
    log_groups: Vec<(String, Option<String>)>,
    problems: Vec<String>,
}

/// How many log groups are told. A program writes to one or two.
const LOG_GROUPS: usize = 10;
/// The most bytes of JSON that all blocks may have: each segment carries them.
const MOST: usize = 8 * 1024;

impl Findings {
    pub(super) fn problem(&mut self, text: String) {
        self.problems.push(text);
    }

    /// What could not be found out, and the cure.
    pub(crate) fn problems(&self) -> &[String] {
        &self.problems
    }

    pub(super) fn log_group(&mut self, name: &str, region: Option<String>) {
        let is_known = |name: &str| self.log_groups.iter().any(|(known, _)| known == name);
        if let Some(name) = fit(name).filter(|name| !is_known(name)) {
            if self.log_groups.len() < LOG_GROUPS {
                self.log_groups.push((name, region));
            }
        }
    }

    /// The ARN of what the program runs on: its container of ECS, or the task where that has none, or its EC2 instance. Pods of EKS have
    /// no ARN, and that of an environment of Elastic Beanstalk cannot be known from within.
    pub(crate) fn resource_arn(&self) -> Option<&str> {
        self.resource_arn.as_deref()
    }

    /// The kind of AWS resource that the program runs on, with the precedence of the official SDKs.
    pub(crate) fn origin(&self) -> Option<&'static str> {
        if self.aws.elastic_beanstalk.is_some() {
            Some("AWS::ElasticBeanstalk::Environment")
        } else if self.aws.eks.is_some() {
            Some("AWS::EKS::Container")
        } else if self.aws.ecs.is_some() {
            Some("AWS::ECS::Container")
        } else if self.aws.ec2.is_some() {
            Some("AWS::EC2::Instance")
        } else {
            None
        }
    }

    /// The fields of a segment's `aws` block, each with its JSON. Blocks in which nothing is known are left out.
    pub(crate) fn fields(&self) -> Vec<(String, String)> {
        let mut groups = self.log_groups();
        loop {
            let aws = Aws {
                cloudwatch_logs: groups.clone(),
                ..self.aws.clone()
            };
            let fields = fields_of(&aws);
            let bytes: usize = fields
                .iter()
                .map(|(key, json)| key.len() + json.len())
                .sum();
            if bytes <= MOST || groups.pop().is_none() {
                return fields;
            }
        }
    }

    fn log_groups(&self) -> Vec<LogGroup> {
        let group = |(name, region): &(String, Option<String>)| LogGroup {
            log_group: Some(name.clone()),
            arn: self
                .account
                .as_ref()
                .map(|account| account.arn_of_log_group(region.as_deref(), name)),
        };
        self.log_groups.iter().map(group).collect()
    }
}

fn fields_of(aws: &Aws) -> Vec<(String, String)> {
    // Text and numbers in a struct always become JSON.
    let block = serde_json::to_value(aws).unwrap_or_default();
    let Value::Object(fields) = block else {
        return Vec::new();
    };
    let is_empty = |value: &Value| value.as_object().is_some_and(serde_json::Map::is_empty);
    fields
        .into_iter()
        .filter(|(_, value)| !is_empty(value))
        .map(|(key, value)| (key, value.to_string()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{Ec2, Ecs, Eks, ElasticBeanstalk};

    #[test]
    fn beanstalk_stands_above_eks_above_ecs_above_ec2() {
        let mut findings = Findings::default();
        assert_eq!(findings.origin(), None);
        findings.aws.ec2 = Some(Ec2::default());
        assert_eq!(findings.origin(), Some("AWS::EC2::Instance"));
        findings.aws.ecs = Some(Ecs::default());
        assert_eq!(findings.origin(), Some("AWS::ECS::Container"));
        findings.aws.eks = Some(Eks::default());
        assert_eq!(findings.origin(), Some("AWS::EKS::Container"));
        findings.aws.elastic_beanstalk = Some(ElasticBeanstalk::default());
        assert_eq!(
            findings.origin(),
            Some("AWS::ElasticBeanstalk::Environment")
        );
        assert_eq!(findings.fields(), []);
    }

    #[test]
    fn log_groups_are_told_once_each_with_their_arn_when_the_account_is_known() {
        let mut findings = Findings::default();
        findings.log_group("shop", None);
        findings.log_group(" shop ", Some("eu-west-1".into()));
        findings.log_group("", None);
        findings.log_group("orders", Some("eu-west-1".into()));
        let groups = r#"[{"log_group":"shop"},{"log_group":"orders"}]"#;
        assert_eq!(
            findings.fields(),
            [("cloudwatch_logs".to_owned(), groups.to_owned())]
        );
        findings.account = Account::new("us-gov-east-1", "123456789012");
        let arns = findings.log_groups().into_iter().map(|group| group.arn);
        assert_eq!(
            arns.collect::<Vec<_>>(),
            [
                Some("arn:aws-us-gov:logs:us-gov-east-1:123456789012:log-group:shop".to_owned()),
                Some("arn:aws-us-gov:logs:eu-west-1:123456789012:log-group:orders".to_owned()),
            ]
        );
    }

    #[test]
    fn what_all_segments_carry_is_bounded() {
        let mut findings = Findings {
            account: Account::new("eu-west-1", "123456789012"),
            ..Findings::default()
        };
        for number in 0..100 {
            findings.log_group(&format!("{number:0>512}"), None);
        }
        let fields = findings.fields();
        assert!(
            (1..=MOST).contains(&fields[0].1.len()),
            "{}",
            fields[0].1.len()
        );
    }
}
