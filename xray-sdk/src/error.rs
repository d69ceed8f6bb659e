use std::fmt;

/// What went wrong while something was built, parsed or configured.
///
/// Nothing that runs while a program is traced returns an error: a recorder that was built never fails.
/// The text names the value that was refused, what was expected, and what to do.
pub struct Error {
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    /// A value that does not have the form it must have.
    Invalid {
        what: &'static str,
        value: String,
        expected: &'static str,
    },
    /// An environment variable holds a value that cannot be used.
    Environment {
        variable: &'static str,
        value: String,
        expected: &'static str,
    },
    /// JSON that could not be read as X-Ray's.
    Json {
        what: &'static str,
        source: serde_json::Error,
    },
    /// A place in a text that does not have the form it must have.
    Located {
        name: String,
        line: usize,
        column: usize,
        problem: String,
    },
    /// The operating system refused a socket or a thread.
    System {
        what: &'static str,
        source: std::io::Error,
    },
    /// A file could not be read.
    File {
        what: &'static str,
        path: String,
        source: std::io::Error,
    },
}

/// The longest part of a refused value that is repeated in a message.
const SHOWN: usize = 80;

impl Error {
    pub(crate) fn invalid(what: &'static str, value: &str, expected: &'static str) -> Self {
        Self {
            kind: Kind::Invalid {
                what,
                value: shown(value),
                expected,
            },
        }
    }

    pub(crate) fn environment(variable: &'static str, value: &str, expected: &'static str) -> Self {
        Self {
            kind: Kind::Environment {
                variable,
                value: shown(value),
                expected,
            },
        }
    }

    pub(crate) fn json(what: &'static str, source: serde_json::Error) -> Self {
        Self {
            kind: Kind::Json { what, source },
        }
    }

    /// `name` says which text it is: the path of a file, or what the text is for.
    pub(crate) fn located(name: &str, line: usize, column: usize, problem: String) -> Self {
        Self {
            kind: Kind::Located {
                name: name.to_owned(),
                line,
                column,
                problem,
            },
        }
    }

    pub(crate) fn file(what: &'static str, path: &str, source: std::io::Error) -> Self {
        Self {
            kind: Kind::File {
                what,
                path: path.to_owned(),
                source,
            },
        }
    }

    pub(crate) fn system(what: &'static str, source: std::io::Error) -> Self {
        Self {
            kind: Kind::System { what, source },
        }
    }

    /// The value of an environment variable was refused.
    pub fn is_environment(&self) -> bool {
        matches!(self.kind, Kind::Environment { .. })
    }

    /// A text or a number did not have the form it must have.
    pub fn is_invalid(&self) -> bool {
        matches!(
            self.kind,
            Kind::Invalid { .. }
                | Kind::Json { .. }
                | Kind::Located { .. }
                | Kind::Environment { .. }
        )
    }

    /// The operating system refused a socket, a thread or a file.
    pub fn is_system(&self) -> bool {
        matches!(self.kind, Kind::System { .. } | Kind::File { .. })
    }
}

fn shown(value: &str) -> String {
    match value.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &value[..end]),
        None => value.to_owned(),
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Invalid {
                what,
                value,
                expected,
            } => write!(f, "{what} {value:?} is not valid: expected {expected}"),
            Kind::Environment {
                variable,
                value,
                expected,
            } => write!(
                f,
                "{variable}={value:?} cannot be used: expected {expected}"
            ),
            Kind::Json { what, source } => write!(f, "{what} cannot be read: {source}"),
            Kind::Located {
                name,
                line,
                column,
                problem,
            } => write!(f, "{name}:{line}:{column}: {problem}"),
            Kind::System { what, source } => write!(f, "{what} failed: {source}"),
            Kind::File { what, path, source } => {
                write!(f, "reading {what} from {path} failed: {source}")
            }
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.kind, f)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.kind {
            Kind::Invalid { .. } | Kind::Environment { .. } | Kind::Located { .. } => None,
            Kind::Json { source, .. } => Some(source),
            Kind::System { source, .. } | Kind::File { source, .. } => Some(source),
        }
    }
}
