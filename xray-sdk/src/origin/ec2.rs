use std::time::{Duration, Instant};

use serde_json::Value;

use super::account::Account;
use super::endpoint::{Endpoint, Failure, Question};
use super::fact::{fit, text_of};
use super::finding::Findings;
use super::surroundings::Surroundings;
use crate::document::Ec2;

/// Turns the instance's metadata off, in all AWS SDKs.
const DISABLED: &str = "AWS_EC2_METADATA_DISABLED";
/// Name another address of the metadata: the AWS SDKs' variable, and that of the X-Ray SDK for Java.
const ENDPOINTS: [&str; 2] = ["AWS_EC2_METADATA_SERVICE_ENDPOINT", "IMDS_ENDPOINT"];
/// The address of the metadata on every instance (EC2 user guide, "Access instance metadata").
const ADDRESS: &str = "169.254.169.254";

/// Where the firmware says whose machine this is, and what EC2 lets it say (EC2 user guide, "Identify EC2 instances"). The first is
/// Nitro's, the second Xen's.
const SIGNS: [(&str, &str); 2] = [
    ("/sys/devices/virtual/dmi/id/sys_vendor", "amazon ec2"),
    ("/sys/hypervisor/uuid", "ec2"),
];

const DOCUMENT: &str = "/latest/dynamic/instance-identity/document";
const TOKEN: &str = "/latest/api/token";

/// Finds out whether the program runs on an EC2 instance, without asking anybody. Returns the endpoint that knows which one: on
/// other machines only when a variable names it, so that nothing is sent to an address that means nothing there.
pub(super) fn find(surroundings: &Surroundings, findings: &mut Findings) -> Option<Endpoint> {
    let is_instance = SIGNS.iter().any(|(file, sign)| {
        surroundings
            .content_of(file)
            .is_some_and(|content| content.trim().to_ascii_lowercase().starts_with(sign))
    });
    if is_instance {
        findings.aws.ec2 = Some(Ec2::default());
    }
    let is_disabled = surroundings
        .value_of(DISABLED)
        .is_some_and(|value| value.eq_ignore_ascii_case("true"));
    if is_disabled {
        return None;
    }
    let named = ENDPOINTS
        .iter()
        .find_map(|variable| Some((variable, surroundings.value_of(variable)?)));
    let Some((variable, address)) = named else {
        return Endpoint::parse(ADDRESS).filter(|_| is_instance);
    };
    let endpoint = Endpoint::parse(&address);
    if endpoint.is_none() {
        findings.problem(format!(
            "{variable}={address:?} cannot be asked about the instance: expected http://host:port"
        ));
    }
    endpoint
}

/// Asks for the instance's identity, for at most so long as `patience`: with a token, and without one where none is given out.
pub(super) fn ask(endpoint: &Endpoint, patience: Duration, findings: &mut Findings) {
    let began = Instant::now();
    // In a container the answer to this one may be lost on its way, for it may take one hop only: then it comes never.
    let token = token(endpoint, began + patience / 2).ok();
    let question = Question {
        method: "GET",
        path: DOCUMENT,
        header: token
            .as_deref()
            .map(|token| ("X-aws-ec2-metadata-token", token)),
    };
    let answer = endpoint.ask(&question, began + patience);
    let identity = answer
        .map_err(|failure| failure.to_string())
        .and_then(|body| {
            serde_json::from_slice::<Value>(&body)
                .ok()
                .filter(|identity| identity.get("instanceId").is_some())
                .ok_or_else(|| "an answer that is not about an instance".to_owned())
        });
    match identity {
        Ok(identity) => take_over(&identity, findings),
        Err(failure) => findings.problem(format!(
            "the EC2 instance metadata service told nothing, so segments do not tell the instance ({endpoint}: {failure}); \
             where that is meant to be, {DISABLED}=true stops the question"
        )),
    }
}

fn token(endpoint: &Endpoint, until: Instant) -> Result<String, Failure> {
    let question = Question {
        method: "PUT",
        path: TOKEN,
        header: Some(("X-aws-ec2-metadata-token-ttl-seconds", "60")),
    };
    let body = endpoint.ask(&question, until)?;
    let token = std::str::from_utf8(&body).ok().and_then(fit);
    token
        .filter(|token| token.bytes().all(|byte| byte.is_ascii_graphic()))
        .ok_or(Failure::Garbage("a token that is not text"))
}

pub(super) fn take_over(identity: &Value, findings: &mut Findings) {
    findings.aws.ec2 = Some(Ec2 {
        instance_id: text_of(identity, "instanceId"),
        availability_zone: text_of(identity, "availabilityZone"),
        instance_size: text_of(identity, "instanceType"),
        ami_id: text_of(identity, "imageId"),
    });
    findings.account = text_of(identity, "region")
        .zip(text_of(identity, "accountId"))
        .and_then(|(region, id)| Account::new(&region, &id));
    let ec2 = findings.aws.ec2.as_ref();
    findings.resource_arn = ec2
        .and_then(|ec2| ec2.instance_id.as_deref())
        .zip(findings.account.as_ref())
        .map(|(id, account)| account.arn_of_instance(id));
}
