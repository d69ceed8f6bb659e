//! `sampling explain`: which rule a request falls under.

use std::io::Write;

use clap::Args;
use serde::Serialize;
use xray_local::{Mismatch, SampledRequest, count_text, percent_text, printable};

use super::{Rule, rules};
use crate::commands::client::Address;
use crate::commands::{Exit, Failure, output};

const EXAMPLES: &str = "\
Examples:
  xray-local sampling explain --service api --method GET --path /health
  xray-local sampling explain --host shop.example.com --attribute tier=gold

";

/// Tell which rule a request falls under, and why no other one
///
/// What is not told matches every rule, but for attributes.
#[derive(Debug, Args)]
#[command(before_help = EXAMPLES)]
pub(super) struct Explain {
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
    mismatch: Option<Mismatch>,
}

impl Explain {
    pub(super) fn run(self) -> Result<Exit, Failure> {
        let rules = rules(&self.address.client()?)?;
        let json = self.json;
        let explanation = Explanation::of(&rules, &self.request());
        match json {
            true => output::json(&explanation)?,
            false => explanation.write()?,
        }
        Ok(Exit::Ok)
    }

    fn request(self) -> SampledRequest {
        SampledRequest {
            service: self.service,
            service_type: self.service_type,
            host: self.host,
            method: self.method,
            path: self.path,
            arn: self.resource_arn,
            attributes: self.attributes.into_iter().collect(),
        }
    }
}

impl<'a> Explanation<'a> {
    fn of(rules: &'a [Rule], request: &SampledRequest) -> Self {
        let mut tried = Vec::new();
        let decides = rules.iter().find(|rule| {
            let mismatch = request.mismatch(rule.patterns(), rule.attributes());
            let decides = mismatch.is_none();
            tried.push(Trial {
                rule: &rule.rule_name,
                priority: rule.priority,
                mismatch,
            });
            decides
        });
        Self {
            rule: decides.map(|rule| rule.rule_name.as_str()),
            reservoir_size: decides.map(|rule| rule.reservoir_size),
            fixed_rate: decides.map(|rule| rule.fixed_rate),
            tried,
        }
    }

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
                    mismatch
                        .found
                        .as_deref()
                        .map_or("(none)".to_owned(), printable),
                    printable(&mismatch.expected)
                )?,
            }
        }
        match (self.rule, self.reservoir_size, self.fixed_rate) {
            (Some(rule), Some(size), Some(rate)) => writeln!(
                out,
                "{} decides: all clients together record {} a second, then {} of the rest",
                printable(rule),
                count_text(size.into(), "such request", "such requests"),
                percent_text(rate)
            )?,
            _ => writeln!(out, "no rule matches: clients follow rules of their own")?,
        }
        out.flush()
    }
}
