use std::collections::HashSet;
use std::panic::Location;
use std::sync::{Mutex, OnceLock, PoisonError};

use crate::error::Error;
use crate::foreign::guarded;

/// The environment variable that chooses the strategy, with the meaning of the official SDKs.
pub(crate) const VARIABLE: &str = "AWS_XRAY_CONTEXT_MISSING";

/// What happens when something is recorded where there is no segment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum ContextMissing {
    /// Log an error, once for each place in the program (the default; `LOG_ERROR`).
    Log,
    /// Do nothing (`IGNORE_ERROR`).
    Ignore,
    /// Panic (`RUNTIME_ERROR`). For tests: it breaks the program that is traced.
    Panic,
}

/// Where there is no segment there is no recorder either, so this is the one setting of a whole process.
static STRATEGY: OnceLock<ContextMissing> = OnceLock::new();

/// Places that were told already; more are not kept.
const PLACES: usize = 1_000;

impl ContextMissing {
    /// Reads the value that `AWS_XRAY_CONTEXT_MISSING` has in all official SDKs.
    pub(crate) fn parse(value: &str) -> Result<Self, Error> {
        match value.trim().to_ascii_uppercase().as_str() {
            "LOG_ERROR" => Ok(Self::Log),
            "IGNORE_ERROR" => Ok(Self::Ignore),
            "RUNTIME_ERROR" => Ok(Self::Panic),
            _ => Err(Error::environment(
                VARIABLE,
                value,
                "LOG_ERROR, IGNORE_ERROR or RUNTIME_ERROR",
            )),
        }
    }

    /// Chooses the strategy for the whole process. The environment variable `AWS_XRAY_CONTEXT_MISSING` wins over it,
    /// and so does whatever was in force when something was first recorded without a segment.
    /// Returns what is in force now.
    pub fn install(self) -> Self {
        *STRATEGY.get_or_init(|| from_environment().unwrap_or(self))
    }
}

/// Nothing is recorded in this process: where there is no segment there is nothing to tell.
pub(crate) fn silence() {
    let _ = STRATEGY.set(ContextMissing::Ignore);
}

fn from_environment() -> Option<ContextMissing> {
    let value = std::env::var(VARIABLE).ok()?;
    ContextMissing::parse(&value).ok()
}

/// Something was to be recorded at `place`, and there is no segment.
#[cold]
pub(crate) fn report(place: &'static Location<'static>) {
    match ContextMissing::Log.install() {
        ContextMissing::Ignore => {}
        ContextMissing::Panic => panic!("{}", message(place)),
        ContextMissing::Log => {
            if is_new(place) {
                // A logger is code of others, and may panic.
                let _ = guarded(|| log::error!(target: "xray_sdk", "{}", message(place)));
            }
        }
    }
}

fn message(place: &Location<'_>) -> String {
    format!(
        "no segment is current at {place}, so nothing is recorded there (told once); \
         open one with recorder.segment(…), or carry the current one to spawned work with in_current()"
    )
}

fn is_new(place: &'static Location<'static>) -> bool {
    // Guards the places told so far. Locked only where a segment is missing.
    static TOLD: Mutex<Option<HashSet<&'static Location<'static>>>> = Mutex::new(None);
    let mut told = TOLD.lock().unwrap_or_else(PoisonError::into_inner);
    let told = told.get_or_insert_with(HashSet::new);
    told.len() < PLACES && told.insert(place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_values_of_the_official_sdks_are_read() {
        assert_eq!(
            ContextMissing::parse("LOG_ERROR").ok(),
            Some(ContextMissing::Log)
        );
        assert_eq!(
            ContextMissing::parse("ignore_error ").ok(),
            Some(ContextMissing::Ignore)
        );
        assert_eq!(
            ContextMissing::parse("RUNTIME_ERROR").ok(),
            Some(ContextMissing::Panic)
        );
        let error = ContextMissing::parse("PANIC").expect_err("not a value");
        assert!(error.to_string().contains("LOG_ERROR"), "{error}");
    }

    #[test]
    fn each_place_is_new_once() {
        let place = Location::caller();
        assert!(is_new(place));
        assert!(!is_new(place));
    }
}
