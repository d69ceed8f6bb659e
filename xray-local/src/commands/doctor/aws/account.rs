//! The access key, and whose it is. Secrets go into signatures only.

use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use aws_credential_types::Credentials;
use serde::Deserialize;
use xray_local::{Check, Diagnosis, printable};

use super::exchange::Wire;
use super::profile;
use crate::commands::client::{Endpoint, Signer};
use crate::commands::doctor::program::Program;

/// How long the `aws` command may take to find credentials: it may have to ask containers, instances and servers of sign-ons.
const PATIENCE: Duration = Duration::from_secs(20);

pub(super) struct Account {
    credentials: Credentials,
    source: String,
}

/// Finds a key where AWS's SDKs look for one: variables, the file of credentials, and all else through the `aws` command, where there is one.
pub(super) fn find(program: &Program) -> Result<Account, Diagnosis> {
    let variable = |name| program.variable(name).map(str::to_owned);
    let in_file = |key| profile::credential(program, key);
    let by_variables = pair(
        variable("AWS_ACCESS_KEY_ID"),
        variable("AWS_SECRET_ACCESS_KEY"),
    );
    if let Some((id, secret)) = by_variables {
        let token = variable("AWS_SESSION_TOKEN");
        return Ok(Account::new(id, secret, token, "AWS_ACCESS_KEY_ID"));
    }
    let by_file = pair(
        in_file("aws_access_key_id"),
        in_file("aws_secret_access_key"),
    );
    if let Some((id, secret)) = by_file {
        let source = format!(
            "profile {} in the file of credentials",
            profile::name(program)
        );
        return Ok(Account::new(
            id,
            secret,
            in_file("aws_session_token"),
            &source,
        ));
    }
    by_command(program).map_err(|problem| {
        Diagnosis::problem(
            Check::D12,
            format!("there are no credentials: no AWS_ACCESS_KEY_ID, none of profile {} in the file of credentials, and {problem}", printable(profile::name(program))),
            "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or run aws configure; on EC2, ECS and EKS give the instance, task or pod a role",
        )
    })
}

fn pair(id: Option<String>, secret: Option<String>) -> Option<(String, String)> {
    id.zip(secret)
}

/// What `aws configure export-credentials` writes.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Exported {
    access_key_id: String,
    secret_access_key: String,
    session_token: Option<String>,
}

fn by_command(program: &Program) -> Result<Account, String> {
    let mut command = Command::new("aws");
    command
        .args(["configure", "export-credentials", "--format", "process"])
        .env_clear()
        .envs(program.all())
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .stdout(Stdio::piped());
    let child = command
        .spawn()
        .map_err(|error| format!("the aws command cannot be asked: {error}"))?;
    let (done, output) = mpsc::channel();
    thread::spawn(move || done.send(child.wait_with_output()));
    let output = output.recv_timeout(PATIENCE);
    let output = output.map_err(|_| "the aws command finds none in time".to_owned())?;
    let output = output.map_err(|error| format!("the aws command fails: {error}"))?;
    let exported: Exported = serde_json::from_slice(&output.stdout)
        .map_err(|_| "the aws command finds none".to_owned())?;
    Ok(Account::new(
        exported.access_key_id,
        exported.secret_access_key,
        exported.session_token,
        "aws configure export-credentials",
    ))
}

impl Account {
    fn new(id: String, secret: String, token: Option<String>, source: &str) -> Self {
        Self {
            credentials: Credentials::new(id, secret, token, None, "doctor"),
            source: source.to_owned(),
        }
    }

    pub(super) fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    pub(super) fn key_id(&self) -> &str {
        self.credentials.access_key_id()
    }

    /// The key, and where it comes from.
    pub(super) fn told(&self) -> String {
        format!("{} of {}", self.key_id(), self.source)
    }

    /// The same with the user or role whose it is, which STS tells everyone of their own key.
    pub(super) fn told_with_owner(
        &self,
        program: &Program,
        xray: &Endpoint,
        region: &str,
    ) -> String {
        match self.owner(program, xray, region) {
            Some(owner) => format!("{}, {owner}", self.told()),
            None => self.told(),
        }
    }

    fn owner(&self, program: &Program, xray: &Endpoint, region: &str) -> Option<String> {
        let url = match program.variable("AWS_ENDPOINT_URL_STS") {
            Some(url) => url.to_owned(),
            // Whoever put X-Ray elsewhere is not asked for at AWS.
            None if !xray.host().starts_with("xray.") => return None,
            None => xray.as_str().replacen("xray.", "sts.", 1),
        };
        let endpoint = Endpoint::parse(&url).ok()?;
        let signer = Signer::new(self.credentials.clone(), region, "sts");
        let question = "Action=GetCallerIdentity&Version=2011-06-15";
        let kind = "application/x-www-form-urlencoded";
        let answer = Wire::new(&endpoint, &signer)
            .send("/", kind, question)
            .ok()?;
        let (_, behind) = answer.body.split_once("<Arn>")?;
        let (arn, _) = behind.split_once("</Arn>")?;
        Some(arn.to_owned())
    }
}
