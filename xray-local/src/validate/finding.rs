use std::fmt;

use serde::Serialize;

use super::code::{FindingCode, Severity};
use crate::terminal::printable;

/// Something that X-Ray does not take as it stands: what it is, where, what becomes of it, and what to do.
///
/// As JSON: `{"line":1,"column":9,"path":"name","code":"InvalidName","severity":"rejected","message":"…","cure":"…"}`.
/// Printed: `1:9: InvalidName: name "a<b" holds '<' (rejected); …`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Finding {
    /// The line of the text, counted from 1.
    pub line: usize,
    /// The character of the line, counted from 1.
    pub column: usize,
    /// The place in the document, as `subsegments[2].http.request.url`. Empty for the document itself.
    pub path: String,
    /// What it is.
    pub code: FindingCode,
    /// What becomes of it: that of the code.
    pub severity: Severity,
    /// What is wrong, with the value: one sentence without a full stop.
    pub message: String,
    /// What to do: one sentence without a full stop.
    pub cure: &'static str,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = match self.path.as_str() {
            "" => String::new(),
            path => format!("{}: ", printable(path)),
        };
        write!(
            f,
            "{}:{}: {}: {path}{} ({}); {}",
            self.line,
            self.column,
            self.code,
            printable(&self.message),
            self.severity,
            self.cure
        )
    }
}
