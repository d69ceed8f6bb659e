//! `doctor`: why a trace is missing.

mod aws;
mod environment;
mod port;
mod program;
mod reach;

use std::io::{self, Write};

use clap::Args;
use serde::{Deserialize, Serialize};
use xray_local::{Check, Diagnosis, Level, printable};

use super::client::{Address, Client, ClientError, Endpoint};
use super::{Exit, Failure, output};
use aws::Aws;
use program::Program;
use reach::Reach;

const EXAMPLES: &str = "\
Examples:
  xray-local doctor                  why traces of a program started in this shell are missing
  xray-local doctor --aws            whether this machine may send to AWS, and read there

";

/// Tell why a trace is missing: numbered findings, each with its cure; exits with 3 when there are problems, 5 when no server answers
///
/// Looks at the program's environment, at the daemon's port, and at what the server knows: what it turned away, its latest traces, sampling, and what recorders report of themselves (AWS_XRAY_REPORT_HEALTH=true).
#[derive(Debug, Args)]
#[command(before_help = EXAMPLES)]
pub(super) struct Doctor {
    #[command(flatten)]
    address: Address,

    /// A variable of the program, in place of those of this shell; may be repeated
    #[arg(long, value_name = "NAME=VALUE", value_parser = variable)]
    program_env: Vec<(String, String)>,

    /// The process of the program, whose environment is looked at
    #[arg(long, value_name = "ID", conflicts_with = "program_env")]
    process: Option<u32>,

    /// Look at AWS in place of a server here: credentials and whose they are, region, clock, and the right to each X-Ray action that changes nothing
    #[arg(long)]
    aws: bool,

    /// Write JSON
    #[arg(long)]
    json: bool,
}

fn variable(text: &str) -> Result<(String, String), String> {
    let pair = text.split_once('=').filter(|(name, _)| !name.is_empty());
    let (name, value) = pair.ok_or("expected NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

#[derive(Serialize)]
struct Told<'a> {
    server: &'a str,
    #[serde(rename = "isReachable")]
    is_reachable: bool,
    findings: &'a [Diagnosis],
}

/// What a server knows.
#[derive(Deserialize)]
struct Examination {
    findings: Vec<Diagnosis>,
}

impl Doctor {
    pub(super) fn run(self) -> Result<Exit, Failure> {
        let program = match (self.process, self.program_env.as_slice()) {
            (Some(process), _) => Program::of_process(process)?,
            (None, []) => Program::of_shell(),
            (None, variables) => Program::of_variables(variables),
        };
        if self.aws {
            return Ok(self.at_aws(&program)?);
        }
        let client = self.address.client()?;
        let mut findings = environment::examine(&program, client.endpoint());
        let (known, is_reachable) = asked(&client);
        // One that tells strangers nothing of what it knows tells them still what it is.
        let is_ours = known.is_ok() || is_reachable && client.is_ours().unwrap_or(false);
        let daemon = environment::daemon(&program);
        let reached = daemon.as_ref().map(Reach::of);
        // What answers here says nothing of who holds the program's port, where that is another.
        let is_ours = is_ours
            && daemon.is_some_and(|daemon| {
                environment::is_same(daemon.udp(), client.endpoint().authority())
            });
        match known {
            Ok(known) => findings.extend(known),
            // That nobody is there is told with the port of the program, if it is the same.
            Err(_) if !is_reachable && is_nobody_at(client.endpoint(), reached.as_ref()) => {}
            Err(trouble) => findings.push(*trouble),
        }
        for found in reached.iter().flat_map(|reach| reach.examine(is_ours)) {
            // What the server counts itself is what the kernel tells of its socket.
            let is_told = |known: &Diagnosis| known.id == Check::D18 && found.id == Check::D18;
            if !findings.iter().any(is_told) {
                findings.push(found);
            }
        }
        findings.sort_by_key(|finding| (finding.id, finding.level == Level::Note));
        let told = Told {
            server: client.endpoint().as_str(),
            is_reachable,
            findings: &findings,
        };
        match self.json {
            true => output::json(&told)?,
            false => told.write()?,
        }
        Ok(exit(&findings, is_reachable))
    }

    fn at_aws(&self, program: &Program) -> io::Result<Exit> {
        let aws = Aws::of(program);
        let findings = aws.findings();
        if self.json {
            output::json(&aws)?;
        } else {
            aws.write()?;
            write(findings)?;
        }
        Ok(exit(findings, !aws.is_unreachable()))
    }
}

fn exit(findings: &[Diagnosis], is_reachable: bool) -> Exit {
    let is_problem = |finding: &Diagnosis| finding.level == Level::Problem;
    match is_reachable {
        false => Exit::Unreachable,
        true if findings.iter().any(is_problem) => Exit::Findings,
        true => Exit::Ok,
    }
}

fn is_nobody_at(server: &Endpoint, reached: Option<&Reach>) -> bool {
    let nobody = reached.and_then(Reach::nobody);
    nobody.is_some_and(|address| environment::is_same(address, server.authority()))
}

/// What the server knows, or why it does not tell; and whether it answers at all.
fn asked(client: &Client) -> (Result<Vec<Diagnosis>, Box<Diagnosis>>, bool) {
    let error = match client.get::<Examination>("/local/doctor") {
        Ok(examination) => return (Ok(examination.findings), true),
        Err(error) => error,
    };
    let is_reachable = !error.is_unreachable();
    let diagnosis = match (&error, is_reachable) {
        (error, true) if is_of_rights(error) => Diagnosis::problem(
            Check::D12,
            format!(
                "the server does not tell what it knows: {}",
                error.problem()
            ),
            "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY to a key of the server's that may xray:GetTraceSummaries",
        ),
        (error, true) => Diagnosis::problem(
            Check::D01,
            format!(
                "what answers at {} is no xray-local of this version: {}",
                client.endpoint(),
                error.problem()
            ),
            "look at the server that the program sends to: --address HOST:PORT; or take the older daemon's port with xray-local",
        ),
        (error, false) => Diagnosis::problem(
            Check::D01,
            error.problem().to_owned(),
            "start `xray-local`, or look at another one: --address HOST:PORT",
        ),
    };
    (Err(Box::new(diagnosis)), is_reachable)
}

fn is_of_rights(error: &ClientError) -> bool {
    let names = [
        "AccessDenied",
        "MissingAuthentication",
        "UnrecognizedClient",
        "Signature",
        "ExpiredToken",
    ];
    let refusal = error.refusal().unwrap_or_default();
    names.iter().any(|name| refusal.contains(name))
}

impl Told<'_> {
    fn write(&self) -> io::Result<()> {
        write(self.findings)?;
        let mut out = output::data();
        let problems = self
            .findings
            .iter()
            .filter(|finding| finding.level == Level::Problem);
        let (problems, all) = (problems.count(), self.findings.len());
        let notes = all - problems;
        match self.is_reachable {
            true => writeln!(
                out,
                "problems: {problems}, notes: {notes}, at {}",
                self.server
            )?,
            false => writeln!(
                out,
                "problems: {problems}; no server answers at {}",
                self.server
            )?,
        }
        out.flush()
    }
}

fn write(findings: &[Diagnosis]) -> io::Result<()> {
    let mut out = output::data();
    for finding in findings {
        let style = output::level(finding.level);
        writeln!(out, "{style}{}{style:#} {}", finding.id, finding.id.title())?;
        writeln!(out, "    seen  {}", printable(&finding.seen))?;
        writeln!(out, "    why   {}", printable(&finding.why))?;
        writeln!(out, "    cure  {}", printable(&finding.cure))?;
    }
    out.flush()
}
