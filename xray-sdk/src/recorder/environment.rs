//! Every environment variable that this crate reads, in one place.

use crate::context::missing::{self, ContextMissing};
use crate::error::Error;
use crate::origin::{self, Detection, Surroundings};

pub(crate) const DAEMON_ADDRESS: &str = "AWS_XRAY_DAEMON_ADDRESS";
const SDK_ENABLED: &str = "AWS_XRAY_SDK_ENABLED";
const SDK_DISABLED: &str = "AWS_XRAY_SDK_DISABLED";
const NOOP_ID: &str = "AWS_XRAY_NOOP_ID";
const REPORT_HEALTH: &str = "AWS_XRAY_REPORT_HEALTH";
const TRACING_NAME: &str = "AWS_XRAY_TRACING_NAME";
/// Set by AWS Lambda for every function (developer guide of Lambda, "Using Lambda environment variables").
const LAMBDA: &str = "LAMBDA_TASK_ROOT";

/// What the environment says of a recorder.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Environment {
    pub(crate) daemon_address: Option<String>,
    pub(crate) tracing_name: Option<String>,
    pub(crate) context_missing: Option<ContextMissing>,
    pub(crate) detection: Option<Detection>,
    /// Nothing is to be recorded.
    pub(crate) is_disabled: bool,
    /// The program is a function of AWS Lambda.
    pub(crate) is_function: bool,
    pub(crate) unsampled_ids: UnsampledIds,
    /// The daemon is told how the recorder does.
    pub(crate) reports_health: bool,
    /// What to tell of values that are not understood and count as not set, as in the official SDKs.
    pub(crate) misunderstood: Vec<String>,
}

/// The ids of a new trace that is not sampled, and of its segments.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) enum UnsampledIds {
    /// Nothing but zeros, as the official SDKs have them by default: they cost nothing.
    #[default]
    Zero,
    /// As of other traces: they can be found in logs.
    Random,
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
        let enabled = read(SDK_ENABLED)?;
        let is_enabled = enabled.as_deref().and_then(truth);
        let disabled = read(SDK_DISABLED)?;
        let is_disabled = disabled.as_deref().is_some_and(|value| is(value, "true"));
        let noop_id = read(NOOP_ID)?;
        let has_real_ids = noop_id.as_deref().is_some_and(|value| is(value, "false"));
        let unsampled_ids = if has_real_ids {
            UnsampledIds::Random
        } else {
            UnsampledIds::Zero
        };
        if is_disabled || is_enabled == Some(false) {
            // What is turned off is not kept from starting by what else is wrong.
            return Ok(Self {
                is_disabled: true,
                unsampled_ids,
                tracing_name: read(TRACING_NAME).ok().flatten(),
                ..Self::default()
            });
        }
        let report_health = read(REPORT_HEALTH)?;
        let reports_health = report_health.as_deref().and_then(truth) == Some(true);
        let no_switch = enabled.filter(|_| is_enabled.is_none()).map(|value| {
            format!("{SDK_ENABLED}={value:?} is neither true nor false, and counts as true")
        });
        let no_truth = |name, value: Option<String>, counts_as: &str| {
            value
                .filter(|value| !is(value, "true") && !is(value, "false"))
                .map(|value| {
                    format!("{name}={value:?} is neither true nor false, and counts as {counts_as}")
                })
        };
        let others = [
            no_truth(SDK_DISABLED, disabled, "false"),
            no_truth(NOOP_ID, noop_id, "true"),
        ];
        Ok(Self {
            is_disabled: false,
            unsampled_ids,
            reports_health,
            misunderstood: no_switch
                .into_iter()
                .chain(others.into_iter().flatten())
                .collect(),
            is_function: read(LAMBDA)?.is_some(),
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

fn is(value: &str, word: &str) -> bool {
    value.trim().eq_ignore_ascii_case(word)
}

/// The words that the Python SDK knows.
fn truth(value: &str) -> Option<bool> {
    let is_one_of = |words: &[&str]| words.iter().any(|word| is(value, word));
    if is_one_of(&["y", "yes", "t", "true", "on", "1"]) {
        Some(true)
    } else if is_one_of(&["n", "no", "f", "false", "off", "0"]) {
        Some(false)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_switch_is_read_as_the_python_sdk_reads_it() {
        for (value, is_disabled, is_understood) in [
            ("false", true, true),
            ("No", true, true),
            ("N", true, true),
            ("f", true, true),
            ("OFF", true, true),
            ("0", true, true),
            ("true", false, true),
            ("Y", false, true),
            ("on", false, true),
            ("1", false, true),
            ("disabled", false, false),
            ("2", false, false),
        ] {
            let read = environment(&[(SDK_ENABLED, value)]).expect("usable");
            assert_eq!(read.is_disabled, is_disabled, "{value}");
            assert_eq!(read.misunderstood.is_empty(), is_understood, "{value}");
        }
    }

    #[test]
    fn the_other_switch_is_read_as_the_go_sdk_reads_it() {
        for (value, is_disabled) in [("true", true), ("TRUE", true), ("1", false), ("yes", false)] {
            let read = environment(&[(SDK_DISABLED, value)]).expect("usable");
            assert_eq!(read.is_disabled, is_disabled, "{value}");
        }
        let both = environment(&[(SDK_ENABLED, "true"), (SDK_DISABLED, "true")]).expect("usable");
        assert!(both.is_disabled);
    }

    #[test]
    fn ids_of_unsampled_traces_are_zeros_unless_they_are_wanted() {
        for (value, ids) in [
            ("false", UnsampledIds::Random),
            ("False", UnsampledIds::Random),
            ("true", UnsampledIds::Zero),
            ("0", UnsampledIds::Zero),
        ] {
            let read = environment(&[(NOOP_ID, value)]).expect("usable");
            assert_eq!(read.unsampled_ids, ids, "{value}");
        }
    }

    #[test]
    fn a_value_of_a_switch_that_is_not_understood_is_told() {
        for (variable, value, counts_as) in [
            (SDK_DISABLED, "1", "false"),
            (NOOP_ID, "bogus", "true"),
            (SDK_ENABLED, "bogus", "true"),
        ] {
            let read = environment(&[(variable, value)]).expect("usable");
            let told = format!(
                "{variable}={value:?} is neither true nor false, and counts as {counts_as}"
            );
            assert_eq!(read.misunderstood, [told]);
        }
        for (variable, value) in [(SDK_DISABLED, "False"), (NOOP_ID, "true")] {
            let read = environment(&[(variable, value)]).expect("usable");
            assert_eq!(read.misunderstood, [""; 0]);
        }
    }

    #[test]
    fn what_is_turned_off_is_not_kept_from_starting_by_what_else_is_wrong() {
        for (switch, value) in [(SDK_ENABLED, "no"), (SDK_DISABLED, "true")] {
            let wrong = [
                (switch, value),
                (missing::VARIABLE, "PANIC"),
                (origin::VARIABLE, "yes"),
                (TRACING_NAME, "shop"),
            ];
            let read = environment(&wrong).expect("a program that starts");
            assert!(read.is_disabled);
            assert_eq!(read.tracing_name.as_deref(), Some("shop"));
        }
    }

    #[test]
    fn health_is_reported_where_that_is_asked_for() {
        for (value, reports_health) in [("true", true), ("1", true), ("false", false), ("", false)]
        {
            let read = environment(&[(REPORT_HEALTH, value)]).expect("usable");
            assert_eq!(read.reports_health, reports_health, "{value}");
        }
    }

    fn environment(variables: &[(&str, &str)]) -> Result<Environment, Error> {
        Environment::from_variables(|name| {
            Ok(variables
                .iter()
                .find(|(other, _)| *other == name)
                .map(|(_, value)| (*value).to_owned()))
        })
    }

    #[test]
    fn a_function_is_recognised_as_the_official_sdks_do() {
        let read = environment(&[(LAMBDA, "/var/task")]).expect("usable");
        assert!(read.is_function);
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
