//! Every environment variable that this crate reads, in one place.

use crate::context::missing::{self, ContextMissing};
use crate::error::Error;
use crate::origin::{self, Detection, Surroundings};

pub(crate) const DAEMON_ADDRESS: &str = "AWS_XRAY_DAEMON_ADDRESS";
const TRACING_NAME: &str = "AWS_XRAY_TRACING_NAME";

/// What the environment says of a recorder.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Environment {
    pub(crate) daemon_address: Option<String>,
    pub(crate) tracing_name: Option<String>,
    pub(crate) context_missing: Option<ContextMissing>,
    pub(crate) detection: Option<Detection>,
}

impl Environment {
    pub(crate) fn read() -> Result<Self, Error> {
        Self::from_variables(|variable| match std::env::var(variable) {
            Ok(value) => Ok(Some(value)),
            Err(std::env::VarError::NotPresent) => Ok(None),
            Err(std::env::VarError::NotUnicode(value)) => Err(value.to_string_lossy().into_owned()),
        })
    }

    fn from_variables(
        variable: impl Fn(&'static str) -> Result<Option<String>, String>,
    ) -> Result<Self, Error> {
        // As everywhere on AWS, an empty variable is one that is not set.
        let read = |name: &'static str| match variable(name) {
            Ok(value) => Ok(value.filter(|value| !value.trim().is_empty())),
            Err(value) => Err(Error::environment(name, &value, "text in UTF-8")),
        };
        Ok(Self {
            daemon_address: read(DAEMON_ADDRESS)?,
            tracing_name: read(TRACING_NAME)?,
            context_missing: match read(missing::VARIABLE)? {
                Some(value) => Some(ContextMissing::parse(&value)?),
                None => None,
            },
            detection: match read(origin::VARIABLE)? {
                Some(value) => Some(Detection::parse(&value)?),
                None => None,
            },
        })
    }

    /// For what tells where the program runs: variables of AWS's services, which are not ours to refuse.
    pub(crate) fn surroundings() -> Surroundings {
        Surroundings::of_process(|name| std::env::var(name).ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(variables: &[(&str, &str)]) -> Result<Environment, Error> {
        Environment::from_variables(|name| {
            Ok(variables
                .iter()
                .find(|(other, _)| *other == name)
                .map(|(_, value)| (*value).to_owned()))
        })
    }

    #[test]
    fn empty_variables_are_not_set() {
        let read = environment(&[(DAEMON_ADDRESS, ""), (TRACING_NAME, " ")]).expect("usable");
        assert_eq!(read, Environment::default());
    }

    #[test]
    fn a_value_that_cannot_be_used_is_an_error_that_names_the_variable() {
        let error = environment(&[(missing::VARIABLE, "PANIC")]).expect_err("no such strategy");
        assert!(error.is_environment());
        assert!(
            error
                .to_string()
                .starts_with("AWS_XRAY_CONTEXT_MISSING=\"PANIC\""),
            "{error}"
        );
        let error = environment(&[(origin::VARIABLE, "yes")]).expect_err("no such detection");
        assert!(
            error.to_string().starts_with("AWS_XRAY_ORIGINS=\"yes\""),
            "{error}"
        );
    }
}
