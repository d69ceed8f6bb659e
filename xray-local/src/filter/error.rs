use std::fmt;

/// Why a text is no filter expression, and where in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilterError {
    column: usize,
    problem: String,
}

impl FilterError {
    pub(super) fn new(column: usize, problem: impl Into<String>) -> Self {
        Self {
            column,
            problem: problem.into(),
        }
    }

    /// Where the text stops making sense: the number of the character, counted from 1.
    pub fn column(&self) -> usize {
        self.column
    }

    /// What was found there, and what was expected.
    pub fn problem(&self) -> &str {
        &self.problem
    }
}

impl fmt::Display for FilterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "column {}: {}", self.column, self.problem)
    }
}

impl std::error::Error for FilterError {}
