//! Every environment variable that this crate reads, in one place. All of them are set by Lambda before the program starts.

use std::env;
use std::fs;
use std::io;

use xray_sdk::{Error, Recorder};

const FUNCTION_NAME: &str = "AWS_LAMBDA_FUNCTION_NAME";
const TASK_ROOT: &str = "LAMBDA_TASK_ROOT";
const INITIALIZATION_TYPE: &str = "AWS_LAMBDA_INITIALIZATION_TYPE";

/// What invocations are named where no function has a name.
const UNNAMED: &str = "function";

/// The recorder of a Lambda function, which is named as the function is, by `AWS_LAMBDA_FUNCTION_NAME`.
///
/// It is set up by the variables that [`Recorder::from_env`] names, of which Lambda sets `AWS_XRAY_DAEMON_ADDRESS` and
/// `AWS_XRAY_CONTEXT_MISSING`. No sampling rules are asked for: Lambda decides. For other settings there is
/// [`RecorderBuilder::segments_by_lambda`](xray_sdk::RecorderBuilder::segments_by_lambda).
///
/// # Errors
///
/// When a variable has a value that cannot be used, or the thread that sends cannot be started.
pub fn recorder() -> Result<Recorder, Error> {
    let name = env::var(FUNCTION_NAME).ok().filter(|name| !name.is_empty());
    Recorder::builder(name.as_deref().unwrap_or(UNNAMED))
        .segments_by_lambda()
        .build()
}

/// How Lambda initialised the environment that the function runs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Initialization {
    /// When an invocation waited for it.
    OnDemand,
    /// Ahead of all invocations.
    Ahead,
    /// Ahead too, and what invocations find is a copy of the memory.
    SnapStart,
}

impl Initialization {
    pub(crate) fn read() -> Self {
        Self::parse(env::var(INITIALIZATION_TYPE).ok().as_deref())
    }

    /// Developer guide of Lambda, "Using Lambda environment variables".
    fn parse(value: Option<&str>) -> Self {
        match value {
            Some("provisioned-concurrency") => Self::Ahead,
            Some("snap-start") => Self::SnapStart,
            _ => Self::OnDemand,
        }
    }
}

/// Leaves the sign that the official SDKs leave for Lambda: a file which says that there is an X-Ray SDK.
pub(crate) fn announce() {
    if env::var_os(TASK_ROOT).is_none() {
        return;
    }
    let folder = env::temp_dir().join(".aws-xray");
    let write = || -> io::Result<()> {
        fs::create_dir_all(&folder)?;
        fs::File::create(folder.join("initialized"))?;
        Ok(())
    };
    if let Err(error) = write() {
        log::debug!(target: "xray_sdk", "the sign of an X-Ray SDK cannot be left in {}: {error}", folder.display());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lambdas_ways_of_initialising_are_told_apart() {
        for (value, initialization) in [
            (None, Initialization::OnDemand),
            (Some("on-demand"), Initialization::OnDemand),
            (Some("something new"), Initialization::OnDemand),
            (Some("provisioned-concurrency"), Initialization::Ahead),
            (Some("snap-start"), Initialization::SnapStart),
        ] {
            assert_eq!(Initialization::parse(value), initialization, "{value:?}");
        }
    }
}
