use serde_json::Value;

use super::fact::text_of;
use super::finding::Findings;
use super::surroundings::Surroundings;

/// Names a log group, as in the SDK for Java.
const VARIABLE: &str = "AWS_LOG_GROUP";
/// Written by the CloudWatch agent: the log groups that it sends this machine's files to.
const AGENT: &str = if cfg!(windows) {
    r"C:\ProgramData\Amazon\AmazonCloudWatchAgent\log-config.json"
} else {
    "/opt/aws/amazon-cloudwatch-agent/etc/log-config.json"
};

/// Finds the log group that the environment names.
pub(super) fn find_named(surroundings: &Surroundings, findings: &mut Findings) {
    if let Some(name) = surroundings.value_of(VARIABLE) {
        findings.log_group(&name, None);
    }
}

/// Finds the log groups of the CloudWatch agent.
pub(super) fn find_agents(surroundings: &Surroundings, findings: &mut Findings) {
    let Some(content) = surroundings.content_of(AGENT) else {
        return;
    };
    let configuration: Value = serde_json::from_str(&content).unwrap_or_default();
    let Some(logs) = configuration.get("log_configs").and_then(Value::as_array) else {
        findings.problem(format!(
            "{AGENT} holds no list log_configs: segments do not tell the log groups of the CloudWatch agent"
        ));
        return;
    };
    let region = text_of(&configuration, "region");
    for log in logs {
        if let Some(name) = text_of(log, "log_group_name") {
            findings.log_group(&name, region.clone());
        }
    }
}
