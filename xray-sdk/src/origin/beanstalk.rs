use serde_json::Value;

use super::fact::text_of;
use super::finding::Findings;
use super::surroundings::Surroundings;
use crate::document::ElasticBeanstalk;

/// Written by Elastic Beanstalk where X-Ray is enabled (developer guide, "Running the X-Ray daemon on AWS Elastic Beanstalk").
const FILE: &str = if cfg!(windows) {
    r"C:\Program Files\Amazon\XRay\environment.conf"
} else {
    "/var/elasticbeanstalk/xray/environment.conf"
};

/// Finds the environment of Elastic Beanstalk that the program belongs to.
pub(super) fn find(surroundings: &Surroundings, findings: &mut Findings) {
    let Some(content) = surroundings.content_of(FILE) else {
        return;
    };
    let environment: Value = serde_json::from_str(&content).unwrap_or_default();
    if !environment.is_object() {
        findings.problem(format!(
            "{FILE} is no JSON object: segments do not tell the environment of Elastic Beanstalk"
        ));
        return;
    }
    findings.aws.elastic_beanstalk = Some(ElasticBeanstalk {
        environment_name: text_of(&environment, "environment_name"),
        version_label: text_of(&environment, "version_label"),
        deployment_id: environment.get("deployment_id").and_then(number),
    });
}

fn number(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}
