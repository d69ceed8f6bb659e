//! `sampling`: the rules, and which of them a request falls under.

mod explain;

use std::collections::BTreeMap;
use std::io::Write;

use clap::{Args, Subcommand};
use serde::{Deserialize, Serialize};
use xray_local::percent_text;

use super::client::{Address, Client};
use super::table::{Cell, Table};
use super::{Exit, Failure, output};
use explain::Explain;

const EXAMPLES: &str = "\
Examples:
  xray-local sampling rules                                     in the order in which they are tried
  xray-local sampling explain --service api --method GET --path /health

";

const EXAMPLES_OF_RULES: &str = "\
Examples:
  xray-local sampling rules          in the order in which they are tried
  xray-local sampling rules --json   the same for scripts

";

/// Show the sampling rules, and which of them a request falls under
#[derive(Debug, Args)]
#[command(before_help = EXAMPLES, subcommand_required = true, arg_required_else_help = true, disable_help_subcommand = true)]
pub(super) struct Sampling {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the rules in the order in which they are tried
    #[command(before_help = EXAMPLES_OF_RULES)]
    Rules(ListRules),
    Explain(Explain),
}

#[derive(Debug, Args)]
struct ListRules {
    #[command(flatten)]
    address: Address,

    /// Write JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Input {
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Page {
    sampling_rule_records: Vec<Record>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Record {
    sampling_rule: Rule,
}

/// A rule, as the API has it and as `--json` tells it.
#[derive(Deserialize, Serialize)]
#[serde(rename_all(deserialize = "PascalCase", serialize = "camelCase"))]
struct Rule {
    #[serde(rename(serialize = "name"))]
    rule_name: String,
    priority: u32,
    fixed_rate: f64,
    /// Requests a second, of all clients together, that are recorded before the rate counts.
    reservoir_size: u32,
    service_name: String,
    service_type: String,
    host: String,
    #[serde(rename(deserialize = "HTTPMethod"))]
    http_method: String,
    #[serde(rename(deserialize = "URLPath"))]
    url_path: String,
    #[serde(rename(deserialize = "ResourceARN"))]
    resource_arn: String,
    #[serde(default)]
    attributes: BTreeMap<String, String>,
}

#[derive(Serialize)]
struct ToldRules {
    rules: Vec<Rule>,
}

impl Sampling {
    pub(super) fn run(self) -> Result<Exit, Failure> {
        match self.command {
            Command::Rules(list) => list.run(),
            Command::Explain(explain) => explain.run(),
        }
    }
}

/// The rules of a server, in the order in which clients try them.
fn rules(client: &Client) -> Result<Vec<Rule>, Failure> {
    let mut rules = Vec::new();
    let mut next_token = None;
    loop {
        let page: Page = client.call("/GetSamplingRules", &Input { next_token })?;
        rules.extend(
            page.sampling_rule_records
                .into_iter()
                .map(|record| record.sampling_rule),
        );
        next_token = page.next_token;
        if next_token.is_none() {
            break;
        }
    }
    rules.sort_by(|one, other| {
        (one.priority, &one.rule_name).cmp(&(other.priority, &other.rule_name))
    });
    Ok(rules)
}

impl Rule {
    /// What requests are held against: each field by its name in the API, with its pattern.
    fn patterns(&self) -> [(&str, &str); 6] {
        [
            ("ServiceName", &self.service_name),
            ("ServiceType", &self.service_type),
            ("Host", &self.host),
            ("HTTPMethod", &self.http_method),
            ("URLPath", &self.url_path),
            ("ResourceARN", &self.resource_arn),
        ]
    }

    fn attributes(&self) -> impl Iterator<Item = (&str, &str)> {
        let attributes = self.attributes.iter();
        attributes.map(|(name, pattern)| (name.as_str(), pattern.as_str()))
    }
}

impl ListRules {
    fn run(self) -> Result<Exit, Failure> {
        let rules = rules(&self.address.client()?)?;
        if self.json {
            output::json(&ToldRules { rules })?;
            return Ok(Exit::Ok);
        }
        let mut table = Table::new(&[
            "PRIORITY", "RULE", "A SECOND", "THEN", "METHOD", "HOST", "SERVICE", "PATH",
        ]);
        for rule in &rules {
            table.row([
                Cell::number(&rule.priority),
                Cell::text(&rule.rule_name),
                Cell::number(&rule.reservoir_size),
                Cell::number(&percent_text(rule.fixed_rate)),
                Cell::text(&rule.http_method),
                Cell::text(&rule.host),
                Cell::text(&rule.service_name),
                Cell::text(&rule.url_path),
            ]);
        }
        let mut out = output::data();
        table.write(&mut out, output::is_watched())?;
        out.flush()?;
        Ok(Exit::Ok)
    }
}
