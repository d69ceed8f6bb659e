//! `groups`: filters with names.

use std::io::Write;

use clap::{Args, Subcommand};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use xray_local::printable;

use super::client::{Address, Client, ClientError};
use super::selection::check_filter;
use super::table::{Cell, Table};
use super::{Exit, Failure, output};

const EXAMPLES: &str = "\
Examples:
  xray-local groups ls
  xray-local groups create slow 'responsetime > 1'

";

const EXAMPLES_OF_LS: &str = "\
Examples:
  xray-local groups ls          all groups, with their filters
  xray-local groups ls --json   the same for scripts

";

const EXAMPLES_OF_CREATE: &str = "\
Examples:
  xray-local groups create slow 'responsetime > 1'
  xray-local groups create failed 'fault' --insights   X-Ray looks for insights in it

";

const EXAMPLES_OF_RM: &str = "\
Examples:
  xray-local groups rm slow
  xray-local groups rm slow failed   both; their traces stay

";

/// List groups of traces, make them, take them away
#[derive(Debug, Args)]
#[command(before_help = EXAMPLES, subcommand_required = true, arg_required_else_help = true, disable_help_subcommand = true)]
pub(super) struct Groups {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the groups
    #[command(before_help = EXAMPLES_OF_LS)]
    Ls {
        #[command(flatten)]
        address: Address,

        /// Write JSON
        #[arg(long)]
        json: bool,
    },
    /// Make a group of the traces that a filter means, also of those that are there already
    #[command(before_help = EXAMPLES_OF_CREATE)]
    Create {
        /// What it is called
        name: String,

        /// The filter expression
        filter: String,

        /// Look for insights in it
        #[arg(long)]
        insights: bool,

        #[command(flatten)]
        address: Address,
    },
    /// Take groups away; the traces stay
    #[command(before_help = EXAMPLES_OF_RM)]
    Rm {
        /// What they are called
        #[arg(value_name = "NAME", required = true)]
        names: Vec<String>,

        #[command(flatten)]
        address: Address,
    },
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Page {
    groups: Vec<Group>,
    next_token: Option<String>,
}

/// A group, as the API has it and as `--json` tells it.
#[derive(Deserialize, Serialize)]
struct Group {
    #[serde(rename(deserialize = "GroupName", serialize = "name"))]
    name: String,
    #[serde(rename(deserialize = "GroupARN", serialize = "arn"))]
    arn: String,
    #[serde(rename(deserialize = "FilterExpression", serialize = "filter"))]
    filter: Option<String>,
    #[serde(
        rename(deserialize = "InsightsConfiguration", serialize = "insights"),
        default
    )]
    insights: Insights,
}

#[derive(Default, Deserialize, Serialize)]
#[serde(default)]
struct Insights {
    #[serde(rename(deserialize = "InsightsEnabled", serialize = "enabled"))]
    enabled: bool,
}

#[derive(Serialize)]
struct Told {
    groups: Vec<Group>,
}

impl Groups {
    pub(super) fn run(self) -> Result<Exit, Failure> {
        match self.command {
            Command::Ls { address, json } => list(&address, json),
            Command::Create {
                name,
                filter,
                insights,
                address,
            } => {
                check_filter(&filter)?;
                let input = json!({
                    "GroupName": name,
                    "FilterExpression": filter,
                    "InsightsConfiguration": {"InsightsEnabled": insights},
                });
                let _: Value = address.client()?.call("/CreateGroup", &input)?;
                Ok(Exit::Ok)
            }
            Command::Rm { names, address } => {
                let client = address.client()?;
                for name in names {
                    let input = json!({"GroupName": name});
                    let gone: Result<Value, _> = client.call("/DeleteGroup", &input);
                    gone.map_err(|error| group_not_found(&client, &name, error))?;
                }
                Ok(Exit::Ok)
            }
        }
    }
}

/// Why a server refused to do something with a group: X-Ray has one name for what is not there and for what makes no sense.
pub(super) fn group_not_found(client: &Client, name: &str, error: ClientError) -> Failure {
    let is_missing = error.refusal() == Some("InvalidRequestException")
        && groups(client).is_ok_and(|groups| groups.iter().all(|group| group.name != name));
    match is_missing {
        true => Failure::not_found(
            format!("{} has no group {:?}", client.endpoint(), printable(name)),
            "`xray-local groups ls` lists those that it has.",
        ),
        false => error.into(),
    }
}

fn groups(client: &Client) -> Result<Vec<Group>, ClientError> {
    let mut groups = Vec::new();
    let mut input = json!({});
    loop {
        let page: Page = client.call("/Groups", &input)?;
        groups.extend(page.groups);
        match page.next_token {
            Some(token) => input = json!({"NextToken": token}),
            None => return Ok(groups),
        }
    }
}

fn list(address: &Address, json: bool) -> Result<Exit, Failure> {
    let groups = groups(&address.client()?)?;
    if json {
        output::json(&Told { groups })?;
        return Ok(Exit::Ok);
    }
    let mut table = Table::new(&["GROUP", "INSIGHTS", "FILTER"]);
    for group in &groups {
        table.row([
            Cell::text(&group.name),
            Cell::text(if group.insights.enabled { "yes" } else { "no" }),
            Cell::text(group.filter.as_deref().unwrap_or_default()),
        ]);
    }
    let mut out = output::data();
    table.write(&mut out, output::is_watched())?;
    out.flush()?;
    Ok(Exit::Ok)
}
