use std::time::{Duration, Instant};

use serde_json::Value;

use super::account::Account;
use super::container;
use super::endpoint::{Endpoint, Question};
use super::fact::{LONGEST, fit, text_of};
use super::finding::Findings;
use super::surroundings::Surroundings;
use crate::document::Ecs;

/// Where a container is told of itself: the variables that ECS sets in it, the newest first (ECS developer guide, "Task metadata
/// endpoint").
const VARIABLES: [&str; 2] = [
    "ECS_CONTAINER_METADATA_URI_V4",
    "ECS_CONTAINER_METADATA_URI",
];

/// Finds the container of ECS that the program runs in. Returns the endpoints that know more.
pub(super) fn find(surroundings: &Surroundings, findings: &mut Findings) -> Vec<Endpoint> {
    let mut is_ecs = false;
    let mut endpoints = Vec::new();
    for variable in VARIABLES {
        let Some(value) = surroundings.value_of(variable) else {
            continue;
        };
        is_ecs = true;
        match Endpoint::parse(&value) {
            Some(endpoint) => endpoints.push(endpoint),
            None => findings.problem(format!(
                "{variable}={value:?} cannot be asked about the container: expected http://host:port/path"
            )),
        }
    }
    if is_ecs {
        findings.aws.ecs = Some(Ecs {
            container: surroundings.host_name(),
            container_id: container::id(surroundings),
            container_arn: None,
        });
    }
    endpoints
}

/// Asks the endpoints, one after the other, until one answers. All of them together may take so long as `patience`.
pub(super) fn ask(endpoints: &[Endpoint], patience: Duration, findings: &mut Findings) {
    let began = Instant::now();
    let mut failures = Vec::new();
    for (endpoint, number) in endpoints.iter().zip(1..) {
        let until = began + patience * number / endpoints.len() as u32;
        let question = Question {
            method: "GET",
            path: "",
            header: None,
        };
        let answer = endpoint.ask(&question, until);
        let metadata = answer
            .map_err(|failure| failure.to_string())
            .and_then(|body| {
                serde_json::from_slice::<Value>(&body)
                    .ok()
                    .filter(|metadata| metadata.get("DockerId").is_some())
                    .ok_or_else(|| "an answer that is not about a container".to_owned())
            });
        match metadata {
            Ok(metadata) => return take_over(&metadata, findings),
            Err(failure) => failures.push(format!("{endpoint}: {failure}")),
        }
    }
    findings.problem(format!(
        "the ECS task metadata endpoint told nothing, so segments tell no more than the container's host name ({})",
        failures.join("; ")
    ));
}

pub(super) fn take_over(metadata: &Value, findings: &mut Findings) {
    for key in ["ContainerARN", "DockerId"] {
        let is_there = metadata.get(key).is_some_and(|value| !value.is_null());
        if is_there && text_of(metadata, key).is_none() {
            findings.problem(format!(
                "the ECS task metadata endpoint told a {key} that is left out: expected printable text of 1 to {LONGEST} bytes"
            ));
        }
    }
    let arn = text_of(metadata, "ContainerARN");
    // Version 3 does not tell the container's ARN; the task's is as good for the account.
    let task_arn = metadata
        .get("Labels")
        .and_then(|labels| text_of(labels, "com.amazonaws.ecs.task-arn"));
    findings.account = [&arn, &task_arn]
        .into_iter()
        .find_map(|arn| Account::of_arn(arn.as_deref()?));
    let ecs = findings.aws.ecs.get_or_insert_default();
    ecs.container_arn.clone_from(&arn);
    findings.resource_arn = arn.or(task_arn);
    if let Some(id) = text_of(metadata, "DockerId") {
        ecs.container_id = Some(id);
    }
    let option = |key: &str| metadata.get("LogOptions")?.get(key)?.as_str();
    let is_awslogs = text_of(metadata, "LogDriver").is_none_or(|driver| driver == "awslogs");
    if let Some(group) = option("awslogs-group").filter(|_| is_awslogs) {
        findings.log_group(group, option("awslogs-region").and_then(fit));
    }
}
