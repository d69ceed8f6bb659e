//! The files of AWS's tools: profiles with their settings.

use std::fs;
use std::path::PathBuf;

use crate::commands::doctor::program::Program;

/// The name of the profile in use.
pub(super) fn name(program: &Program) -> &str {
    let variables = ["AWS_PROFILE", "AWS_DEFAULT_PROFILE"];
    let named = variables.iter().find_map(|name| program.variable(name));
    named.unwrap_or("default")
}

/// A setting of the profile in the file of credentials.
pub(super) fn credential(program: &Program, key: &str) -> Option<String> {
    let text =
        fs::read_to_string(file(program, "AWS_SHARED_CREDENTIALS_FILE", "credentials")?).ok()?;
    setting(&text, name(program), key)
}

/// A setting of the profile in the file of configuration.
pub(super) fn configured(program: &Program, key: &str) -> Option<String> {
    let text = fs::read_to_string(file(program, "AWS_CONFIG_FILE", "config")?).ok()?;
    let profile = name(program);
    setting(&text, &format!("profile {profile}"), key).or_else(|| setting(&text, profile, key))
}

fn file(program: &Program, variable: &str, usual: &str) -> Option<PathBuf> {
    if let Some(path) = program.variable(variable) {
        return Some(path.into());
    }
    let home = program
        .variable("HOME")
        .or_else(|| program.variable("USERPROFILE"))?;
    Some(PathBuf::from(home).join(".aws").join(usual))
}

/// `key = value` behind `[section]`.
fn setting(text: &str, section: &str, key: &str) -> Option<String> {
    let mut is_inside = false;
    for line in text.lines() {
        let line = line.trim();
        if let Some(name) = line
            .strip_prefix('[')
            .and_then(|rest| rest.split(']').next())
        {
            is_inside = name.split_whitespace().eq(section.split_whitespace());
        } else if let Some((name, value)) = line.split_once('=')
            && is_inside
            && name.trim() == key
        {
            return Some(value.trim().to_owned()).filter(|value| !value.is_empty());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_those_of_their_section() {
        let text = "[default]\nregion = eu-west-1\n# region = x\n\n[profile  shop]\nregion=us-west-2\noutput =\n";
        assert_eq!(
            setting(text, "default", "region").as_deref(),
            Some("eu-west-1")
        );
        assert_eq!(
            setting(text, "profile shop", "region").as_deref(),
            Some("us-west-2")
        );
        assert_eq!(setting(text, "profile shop", "output"), None);
        assert_eq!(setting(text, "other", "region"), None);
    }
}
