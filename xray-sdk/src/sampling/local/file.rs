//! The rules file of the official SDKs: how it is laid out, and what may stand in it.

use crate::sampling::local::located::{Located, Problem};
use crate::sampling::{LocalRule, LocalRules};

/// How a version of the format calls the host that a rule is for.
struct Version {
    host: &'static str,
}

pub(super) fn parse(text: &str) -> Result<LocalRules, Problem> {
    // Some editors put a byte order mark before the text.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut file = Located::parse(text)?.fields(&["version", "default", "rules"])?;
    let version = version(&file.require("version")?)?;
    let (fixed_target, rate) = default(file.require("default")?)?;
    let mut rules = LocalRules::new(fixed_target, rate);
    if let Some(list) = file.take("rules") {
        for item in list.items()? {
            rules = rules.rule(rule(item, &version)?);
        }
    }
    Ok(rules)
}

fn version(value: &Located<'_>) -> Result<Version, Problem> {
    match value.count() {
        Ok(1) => Ok(Version {
            host: "service_name",
        }),
        Ok(2) => Ok(Version { host: "host" }),
        _ => Err(value.expected("1 or 2")),
    }
}

fn default(value: Located<'_>) -> Result<(u32, f64), Problem> {
    let mut fields = value.fields(&["fixed_target", "rate"])?;
    Ok((
        fields.require("fixed_target")?.count()?,
        fields.require("rate")?.share()?,
    ))
}

fn rule(value: Located<'_>, version: &Version) -> Result<LocalRule, Problem> {
    let mut fields = value.fields(&[
        "description",
        version.host,
        "http_method",
        "url_path",
        "fixed_target",
        "rate",
    ])?;
    let rule = LocalRule::new(
        fields.require("fixed_target")?.count()?,
        fields.require("rate")?.share()?,
    )
    .host(fields.require(version.host)?.text()?)
    .method(fields.require("http_method")?.text()?)
    .path(fields.require("url_path")?.text()?);
    match fields.take("description") {
        Some(description) => Ok(rule.description(description.text()?)),
        None => Ok(rule),
    }
}
