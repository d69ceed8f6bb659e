//! Where programs keep their state, by the XDG Base Directory Specification.

use std::ffi::OsString;
use std::path::PathBuf;

/// The folder of this program: in `$XDG_STATE_HOME`, or in `~/.local/state`. `None` where the environment names no home.
pub(super) fn state_folder(variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    // A relative path is to be ignored, says the specification.
    let absolute = |name| {
        let path = PathBuf::from(variable(name)?);
        path.is_absolute().then_some(path)
    };
    let state = absolute("XDG_STATE_HOME")
        .or_else(|| absolute("HOME").map(|home| home.join(".local/state")))?;
    Some(state.join("xray-local"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(variables: &[(&str, &str)]) -> Option<PathBuf> {
        state_folder(|name| {
            let found = variables.iter().find(|(other, _)| *other == name);
            found.map(|(_, value)| value.into())
        })
    }

    #[test]
    fn the_folder_is_in_the_state_home_or_in_the_home() {
        let home = ("HOME", "/home/ann");
        let in_home = Some("/home/ann/.local/state/xray-local".into());
        assert_eq!(folder(&[home]), in_home);
        assert_eq!(folder(&[home, ("XDG_STATE_HOME", "")]), in_home);
        assert_eq!(folder(&[home, ("XDG_STATE_HOME", "state")]), in_home);
        assert_eq!(
            folder(&[home, ("XDG_STATE_HOME", "/state")]),
            Some("/state/xray-local".into())
        );
    }

    #[test]
    fn without_a_home_there_is_none() {
        assert_eq!(folder(&[]), None);
        assert_eq!(folder(&[("HOME", "")]), None);
    }
}
