use std::error::Error;
use std::fmt;

/// Why text is no list of keys: what is wrong, and what was expected. Tells no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeysError {
    problem: String,
}

impl KeysError {
    pub(super) fn new(problem: impl Into<String>) -> Self {
        Self {
            problem: problem.into(),
        }
    }
}

impl fmt::Display for KeysError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.problem)
    }
}

impl Error for KeysError {}
