//! `sampling`: the rules, and which of them a request falls under.

use std::collections::BTreeMap;
use std::io::Write;

use clap::{Args, Subcommand};
use serde::{Deserialize, Serialize};
use xray_local::printable;
use xray_sdk::sampling::Pattern;

use super::client::{Address, Client};
use super::table::{Cell, Table};
use super::{Exit, Failure, output};

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

const EXAMPLES_OF_EXPLAIN: &str = "\
Examples:
  xray-local sampling explain --service api --method GET --path /health
  xray-local sampling explain --host shop.example.com --attribute tier=gold

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
    /// Tell which rule a request falls under, and why no other one
    #[command(before_help = EXAMPLES_OF_EXPLAIN)]
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

/// What is not told matches every rule, but for attributes.
#[derive(Debug, Args)]
struct Explain {
    /// The name of the service
    #[arg(long, value_name = "NAME")]
    service: Option<String>,

    /// What it runs on, as in AWS::ECS::Container
    #[arg(long = "type", value_name = "TYPE")]
    service_type: Option<String>,

    /// The host that is asked for
    #[arg(long, value_name = "HOST")]
    host: Option<String>,

    /// The HTTP method
    #[arg(long, value_name = "METHOD")]
    method: Option<String>,

    /// The path of the URL
    #[arg(long, value_name = "PATH")]
    path: Option<String>,

    /// The ARN of the resource that the service runs on
    #[arg(long, value_name = "ARN")]
    resource_arn: Option<String>,

    /// What else is known before the segment begins; may be repeated
    #[arg(long = "attribute", value_name = "NAME=VALUE", value_parser = attribute)]
    attributes: Vec<(String, String)>,

    #[command(flatten)]
    address: Address,

    /// Write JSON
    #[arg(long)]
    json: bool,
}

fn attribute(text: &str) -> Result<(String, String), String> {
    let pair = text.split_once('=').filter(|(name, _)| !name.is_empty());
    let pair = pair.map(|(name, value)| (name.to_owned(), value.to_owned()));
    pair.ok_or_else(|| "expected a name and a value, as in tier=gold".to_owned())
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

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Explanation<'a> {
    /// The rule that decides; none where no rule matches, which `Default` does.
    rule: Option<&'a str>,
    reservoir_size: Option<u32>,
    fixed_rate: Option<f64>,
    tried: Vec<Trial<'a>>,
}

#[derive(Serialize)]
struct Trial<'a> {
    rule: &'a str,
    priority: u32,
    mismatch: Option<Mismatch<'a>>,
}

#[derive(Serialize)]
struct Mismatch<'a> {
    field: String,
    expected: &'a str,
    found: Option<&'a str>,
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
                Cell::number(&percent(rule.fixed_rate)),
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

impl Explain {
    fn run(self) -> Result<Exit, Failure> {
        let rules = rules(&self.address.client()?)?;
        let mut explanation = Explanation {
            rule: None,
            reservoir_size: None,
            fixed_rate: None,
            tried: Vec::new(),
        };
        for rule in &rules {
            let mismatch = self.mismatch(rule);
            let decides = mismatch.is_none();
            explanation.tried.push(Trial {
                rule: &rule.rule_name,
                priority: rule.priority,
                mismatch,
            });
            if decides {
                explanation.rule = Some(&rule.rule_name);
                explanation.reservoir_size = Some(rule.reservoir_size);
                explanation.fixed_rate = Some(rule.fixed_rate);
                break;
            }
        }
        match self.json {
            true => output::json(&explanation)?,
            false => explanation.write()?,
        }
        Ok(Exit::Ok)
    }

    /// The first thing in which a request is not what a rule is for.
    fn mismatch<'a>(&'a self, rule: &'a Rule) -> Option<Mismatch<'a>> {
        let fields = [
            ("service", &rule.service_name, &self.service),
            ("type", &rule.service_type, &self.service_type),
            ("host", &rule.host, &self.host),
            ("method", &rule.http_method, &self.method),
            ("path", &rule.url_path, &self.path),
            ("resource-arn", &rule.resource_arn, &self.resource_arn),
        ];
        let unlike = fields.into_iter().find_map(|(field, expected, found)| {
            let found = found.as_deref()?;
            (!Pattern::new(expected.as_str()).matches(found)).then(|| Mismatch {
                field: field.to_owned(),
                expected,
                found: Some(found),
            })
        });
        let attribute = || {
            rule.attributes.iter().find_map(|(name, expected)| {
                let found = self.attributes.iter().find(|(known, _)| known == name);
                let found = found.map(|(_, value)| value.as_str());
                let is_like =
                    found.is_some_and(|found| Pattern::new(expected.as_str()).matches(found));
                (!is_like).then(|| Mismatch {
                    field: format!("attribute {name}"),
                    expected,
                    found,
                })
            })
        };
        unlike.or_else(attribute)
    }
}

impl Explanation<'_> {
    fn write(&self) -> std::io::Result<()> {
        let mut out = output::data();
        for trial in &self.tried {
            let name = printable(trial.rule);
            match &trial.mismatch {
                None => writeln!(out, "{:>5}  {name}  matches", trial.priority)?,
                Some(mismatch) => writeln!(
                    out,
                    "{:>5}  {name}  no: {} {} is not {}",
                    trial.priority,
                    printable(&mismatch.field),
                    mismatch.found.map_or("(none)".to_owned(), printable),
                    printable(mismatch.expected)
                )?,
            }
        }
        match (self.rule, self.reservoir_size, self.fixed_rate) {
            (Some(rule), Some(size), Some(rate)) => writeln!(
                out,
                "{} decides: all clients together record {size} such requests a second, then {} of the rest",
                printable(rule),
                percent(rate)
            )?,
            _ => writeln!(out, "no rule matches: clients follow rules of their own")?,
        }
        out.flush()
    }
}

fn percent(rate: f64) -> String {
    format!("{} %", (rate * 1e4).round() / 1e2)
}
