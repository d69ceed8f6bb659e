//! `doctor --aws`: whether this machine could send to AWS, and read from it: credentials, region, clock, rights.

mod account;
mod exchange;
mod profile;
mod region;
mod rights;

use std::io::{self, Write};

use serde::Serialize;
use xray_local::{Check, Diagnosis, printable};

use super::program::Program;
use crate::commands::client::{Endpoint, Signer, without_user};
use crate::commands::output;
use account::Account;
use exchange::{Answer, Wire};
use region::Region;
use rights::{Right, Verdict};

/// X-Ray refuses signatures that are further off, in seconds.
const FAR: f64 = 300.0;
/// A clock that is kept is not off by so many seconds.
const NEAR: f64 = 30.0;

/// What was found out, and what is wrong with it.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Aws {
    /// The access key, where it comes from, and whose it is.
    credentials: Option<String>,
    region: Option<String>,
    endpoint: Option<String>,
    /// How many seconds the endpoint's clock is ahead of this one.
    clock_skew: Option<f64>,
    rights: Vec<Right>,
    findings: Vec<Diagnosis>,
    /// Whether the endpoint answered; nothing while it was not asked.
    is_reachable: Option<bool>,
}

impl Aws {
    /// Asks AWS, as the program would that has this environment.
    pub(super) fn of(program: &Program) -> Self {
        let mut found = Self::default();
        let account = match account::find(program) {
            Ok(account) => Some(account),
            Err(problem) => {
                found.findings.push(problem);
                None
            }
        };
        let region = match region::find(program) {
            Ok(region) => Some(region),
            Err(problem) => {
                found.findings.push(problem);
                None
            }
        };
        found.credentials = account.as_ref().map(Account::told);
        found.region = region.as_ref().map(Region::told);
        match endpoint(program, region.as_ref()) {
            Some(Ok(endpoint)) => {
                found.endpoint = Some(endpoint.to_string());
                let name = region.as_ref().map_or("us-east-1", Region::name);
                if let Some(account) = account {
                    found.ask(program, &endpoint, &account, name);
                }
            }
            Some(Err(problem)) => found.findings.push(problem),
            None => {}
        }
        found.findings.sort_by_key(|finding| finding.id);
        found
    }

    fn ask(&mut self, program: &Program, endpoint: &Endpoint, account: &Account, region: &str) {
        let signer = Signer::new(account.credentials().clone(), region, "xray");
        let wire = Wire::new(endpoint, &signer);
        for attempt in rights::ATTEMPTS {
            let answer = match wire.post(attempt.path, &attempt.body()) {
                Ok(answer) => answer,
                Err(problem) => {
                    self.is_reachable = Some(self.is_reachable.is_some());
                    self.findings.push(Diagnosis::problem(
                        Check::D13,
                        format!("{endpoint} does not answer: {problem}"),
                        "check the region's name, the way to it (proxy, VPC endpoint, security groups), and AWS_ENDPOINT_URL_XRAY",
                    ));
                    return;
                }
            };
            self.is_reachable = Some(true);
            self.look_at_clock(&answer);
            let right = Right::of(attempt, &answer);
            let is_of_key = right.verdict == Verdict::NotAsked;
            self.rights.push(right);
            if is_of_key {
                self.tell_of_key(&answer);
                return;
            }
        }
        self.credentials = Some(account.told_with_owner(program, endpoint, region));
        self.tell_of_rights(account);
    }

    fn look_at_clock(&mut self, answer: &Answer) {
        if self.clock_skew.is_some() {
            return;
        }
        self.clock_skew = answer.skew;
        let Some(skew) = answer.skew.filter(|skew| skew.abs() > NEAR) else {
            return;
        };
        let side = if skew > 0.0 { "behind" } else { "ahead of" };
        let seen = format!("this clock is {:.0} s {side} the endpoint's", skew.abs());
        let cure = "let the machine keep its time: chrony or systemd-timesyncd";
        self.findings.push(match skew.abs() > FAR {
            true => Diagnosis::problem(Check::D14, seen, cure),
            false => Diagnosis::note(Check::D14, seen, cure),
        });
    }

    /// The key itself is refused: no right can be told of it.
    fn tell_of_key(&mut self, answer: &Answer) {
        let says = printable(&answer.message);
        let is_clock = ["expired", "not yet current"]
            .iter()
            .any(|word| says.contains(word))
            && answer.error.contains("Signature");
        let (check, cure) = match answer.error.as_str() {
            _ if is_clock => (
                Check::D14,
                "let the machine keep its time: chrony or systemd-timesyncd",
            ),
            "ExpiredTokenException" | "ExpiredToken" => (
                Check::D12,
                "get new credentials: aws sso login, or what else issued them",
            ),
            _ => (
                Check::D12,
                "use an access key of this account that is active, and the secret that belongs to it",
            ),
        };
        let seen = format!(
            "the key is refused with {}: {says}",
            printable(&answer.error)
        );
        self.findings.push(Diagnosis::problem(check, seen, cure));
    }

    fn tell_of_rights(&mut self, account: &Account) {
        let denied = |is_sending: bool| -> Vec<String> {
            let denied = self
                .rights
                .iter()
                .filter(|right| right.verdict == Verdict::Denied);
            let kind = denied.filter(|right| right.is_sending == is_sending);
            kind.map(|right| right.action.clone()).collect()
        };
        let (sending, reading) = (denied(true), denied(false));
        let key = printable(account.key_id());
        if !sending.is_empty() {
            self.findings.push(Diagnosis::problem(
                Check::D12,
                format!("the key {key} may not {}", sending.join(", ")),
                "attach the managed policy AWSXRayDaemonWriteAccess to its user or role",
            ));
        }
        if !reading.is_empty() {
            self.findings.push(Diagnosis::note(
                Check::D12,
                format!("the key {key} may not {}", reading.join(", ")),
                "attach AWSXrayReadOnlyAccess where traces are to be looked at with it",
            ));
        }
        let failed = self
            .rights
            .iter()
            .filter(|right| right.verdict == Verdict::Failed);
        let failed: Vec<_> = failed
            .map(|right| format!("{} ({})", right.action, printable(&right.says)))
            .collect();
        if !failed.is_empty() {
            self.findings.push(Diagnosis::note(
                Check::D12,
                format!("the endpoint failed at {}", failed.join(", ")),
                "try again later; the endpoint may not know these operations",
            ));
        }
    }

    pub(super) fn findings(&self) -> &[Diagnosis] {
        &self.findings
    }

    pub(super) fn is_unreachable(&self) -> bool {
        self.is_reachable == Some(false)
    }

    pub(super) fn write(&self) -> io::Result<()> {
        let mut out = output::data();
        let facts = [
            ("credentials", &self.credentials),
            ("region", &self.region),
            ("endpoint", &self.endpoint),
        ];
        for (name, fact) in facts {
            let fact = fact.as_deref().map_or("none".to_owned(), printable);
            writeln!(out, "{name:<12} {fact}")?;
        }
        if let Some(skew) = self.clock_skew {
            writeln!(out, "{:<12} {:.1} s apart", "clock", skew.abs())?;
        }
        for verdict in [Verdict::Allowed, Verdict::Denied, Verdict::Failed] {
            let rights = self.rights.iter().filter(|right| right.verdict == verdict);
            let names: Vec<_> = rights.map(|right| right.action.as_str()).collect();
            if !names.is_empty() {
                writeln!(out, "{:<12} {}", verdict.word(), names.join(", "))?;
            }
        }
        if !self.rights.is_empty() {
            writeln!(
                out,
                "{:<12} what changes something: rules, groups, tags, policies, settings",
                "not tried"
            )?;
        }
        out.flush()
    }
}

/// Where X-Ray is; `None` where nothing tells.
fn endpoint(program: &Program, region: Option<&Region>) -> Option<Result<Endpoint, Diagnosis>> {
    for name in ["AWS_ENDPOINT_URL_XRAY", "AWS_ENDPOINT_URL"] {
        if let Some(url) = program.variable(name) {
            return Some(Endpoint::parse(url).map_err(|problem| {
                Diagnosis::problem(
                    Check::D13,
                    format!("{name} is {:?}: {problem}", printable(&without_user(url))),
                    format!("correct it, or unset {name}"),
                )
            }));
        }
    }
    let url = region?.endpoint("xray");
    Some(Endpoint::parse(&url).map_err(|problem| {
        Diagnosis::problem(
            Check::D13,
            format!("the region makes {:?}: {problem}", printable(&url)),
            "set AWS_REGION to the name of a region, as eu-west-1",
        )
    }))
}
