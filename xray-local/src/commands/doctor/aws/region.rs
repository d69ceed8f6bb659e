//! The region, found where AWS's SDKs look for it.

use std::time::Duration;

use ureq::Agent;
use xray_local::{Check, Diagnosis, printable};

use super::profile;
use crate::commands::doctor::program::Program;

/// How long the instance may take to answer: it is near, where there is one.
const INSTANCE: Duration = Duration::from_secs(1);

pub(super) struct Region {
    name: String,
    source: String,
}

pub(super) fn find(program: &Program) -> Result<Region, Diagnosis> {
    for variable in ["AWS_REGION", "AWS_DEFAULT_REGION"] {
        if let Some(name) = program.variable(variable) {
            return Region::new(name, variable);
        }
    }
    if let Some(name) = profile::configured(program, "region") {
        let source = format!(
            "profile {} in the file of configuration",
            profile::name(program)
        );
        return Region::new(&name, &source);
    }
    match of_instance(program) {
        Ok(name) => Region::new(name.trim(), "the instance"),
        Err(problem) => Err(Diagnosis::problem(
            Check::D13,
            format!(
                "there is no region: no AWS_REGION, none of profile {} in the file of configuration, and {problem}",
                printable(profile::name(program))
            ),
            "set AWS_REGION; off AWS set AWS_EC2_METADATA_DISABLED=true, too, so that nothing waits for an instance that is not there",
        )),
    }
}

/// Asks the instance, as the daemon does where nothing else tells.
fn of_instance(program: &Program) -> Result<String, String> {
    let is_off = program.variable("AWS_EC2_METADATA_DISABLED");
    if is_off.is_some_and(|value| value.eq_ignore_ascii_case("true")) {
        return Err("the instance is not to be asked (AWS_EC2_METADATA_DISABLED)".to_owned());
    }
    let endpoint = program.variable("AWS_EC2_METADATA_SERVICE_ENDPOINT");
    let endpoint = endpoint
        .unwrap_or("http://169.254.169.254")
        .trim_end_matches('/');
    let config = Agent::config_builder()
        .timeout_global(Some(INSTANCE))
        .proxy(None);
    let agent = config.build().new_agent();
    let unanswered =
        |error: ureq::Error| format!("the instance at {endpoint} does not tell: {error}");
    let mut token = agent
        .put(format!("{endpoint}/latest/api/token"))
        .header("x-aws-ec2-metadata-token-ttl-seconds", "60")
        .send_empty()
        .map_err(unanswered)?;
    let token = token.body_mut().read_to_string().map_err(unanswered)?;
    let mut region = agent
        .get(format!("{endpoint}/latest/meta-data/placement/region"))
        .header("x-aws-ec2-metadata-token", token)
        .call()
        .map_err(unanswered)?;
    region.body_mut().read_to_string().map_err(unanswered)
}

impl Region {
    fn new(name: &str, source: &str) -> Result<Self, Diagnosis> {
        let is_name = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if name.is_empty() || !name.bytes().all(is_name) {
            return Err(Diagnosis::problem(
                Check::D13,
                format!("{source} says {:?}, which is no region", printable(name)),
                "write the name of a region, as eu-west-1",
            ));
        }
        Ok(Self {
            name: name.to_owned(),
            source: source.to_owned(),
        })
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn told(&self) -> String {
        format!("{} of {}", self.name, self.source)
    }

    /// Where a service of the region is.
    pub(super) fn endpoint(&self, service: &str) -> String {
        let domain = match self.name.as_str() {
            name if name.starts_with("cn-") => "amazonaws.com.cn",
            name if name.starts_with("us-isob-") => "sc2s.sgov.gov",
            name if name.starts_with("us-iso-") => "c2s.ic.gov",
            _ => "amazonaws.com",
        };
        format!("https://{service}.{}.{domain}", self.name)
    }
}
