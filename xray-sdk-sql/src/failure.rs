//! What is recorded of an error of a database: its code, and its message as far as that holds no values.
//!
//! Databases quote names and values alike. The message is kept where, by its code, only names are quoted; in any other the quoted
//! parts are replaced. Details, hints and the statement's position are never recorded: PostgreSQL's `DETAIL` holds the row.

use std::borrow::Cow;

/// What went wrong with a call.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Failure<'a> {
    /// The type of the error.
    pub(crate) kind: &'a str,
    /// The database's code, with the name of the annotation that it goes by.
    pub(crate) code: Option<(&'static str, Cow<'a, str>)>,
    pub(crate) message: Cow<'a, str>,
    /// The database, or the pool, had no room for another connection.
    pub(crate) is_throttled: bool,
}

/// The annotation for the five characters of the SQL standard.
pub(crate) const SQLSTATE: &str = "sqlstate";

/// The annotation for SQLite's number.
pub(crate) const SQLITE_CODE: &str = "sqlite_code";

/// What is told of a message that the program's own functions made up.
const LEFT_OUT: &str = "(a message of the program's own, left out as it may hold values)";

impl<'a> Failure<'a> {
    /// An error that no server sent.
    pub(crate) fn new(kind: &'a str, message: impl Into<Cow<'a, str>>) -> Self {
        Self {
            kind,
            code: None,
            message: message.into(),
            is_throttled: false,
        }
    }

    /// The same, with a code of the SQL standard.
    pub(crate) fn with_sqlstate(self, code: Cow<'a, str>) -> Self {
        Self {
            code: Some((SQLSTATE, code)),
            ..self
        }
    }

    /// An error of PostgreSQL. `routine` is where in the server it was raised.
    pub(crate) fn postgres(kind: &'a str, code: &'a str, message: &'a str, routine: &str) -> Self {
        let message = match code {
            _ if code.starts_with("P0") || routine == "exec_stmt_raise" => LEFT_OUT.into(),
            "42601" | "42602" | "42622" => without_quoted(message, &['"']),
            _ if QUOTES_NAMES.contains(&code.get(..2).unwrap_or_default()) => message.into(),
            _ => without_numbers(&without_quoted(message, &['"'])).into(),
        };
        Self {
            code: Some((SQLSTATE, code.into())),
            is_throttled: code == "53300",
            ..Self::new(kind, message)
        }
    }

    /// An error of MySQL or MariaDB.
    pub(crate) fn mysql(kind: &'a str, number: u16, state: &'a str, message: &'a str) -> Self {
        let message = match number {
            _ if state == "45000" || number == 1644 => LEFT_OUT.into(),
            1062 => match (message.find('\''), message.rfind("' for key ")) {
                (Some(begin), Some(end)) if begin <= end => {
                    format!("{}?{}", &message[..begin], &message[end + 1..]).into()
                }
                _ => without_quoted(message, &['\'']),
            },
            _ if MYSQL_QUOTES_NAMES.contains(&number) => message.into(),
            _ => without_quoted(message, &['\'', '"']),
        };
        Self {
            code: Some((SQLSTATE, state.into())),
            is_throttled: matches!(number, 1040 | 1203 | 1226),
            ..Self::new(kind, message)
        }
    }

    /// An error of SQLite, by its extended result code.
    pub(crate) fn sqlite(kind: &'a str, code: Cow<'a, str>, message: &'a str) -> Self {
        const RAISED_BY_TRIGGER: &str = "1811";
        let message = match message.split_once("no such column: ") {
            _ if code == RAISED_BY_TRIGGER => LEFT_OUT.into(),
            // It may be a string in the wrong quotes.
            Some((before, _)) => format!("{before}no such column: ?").into(),
            None => without_quoted(message, &['"', '\'']),
        };
        Self {
            code: Some((SQLITE_CODE, code)),
            ..Self::new(kind, message)
        }
    }
}

/// The classes of PostgreSQL's codes whose messages quote names only (manual, "PostgreSQL Error Codes").
const QUOTES_NAMES: &[&str] = &[
    "08", "23", "25", "28", "3D", "3F", "40", "42", "53", "55", "57",
];

/// The numbers of MySQL's errors whose messages quote names only (manual, "Server Error Message Reference").
/// 1054, an unknown column, is not among them: it may be a string in the wrong quotes.
const MYSQL_QUOTES_NAMES: &[u16] = &[
    1040, 1044, 1045, 1046, 1048, 1049, 1050, 1051, 1052, 1060, 1061, 1091, 1109, 1136, 1142, 1143,
    1146, 1203, 1205, 1213, 1226, 1265, 1305, 1317, 1364, 1406, 1451, 1452, 1927, 1969, 3024, 3819,
    4025,
];

/// Without all between the first and the last quote: a value may hold quotes itself.
fn without_quoted<'a>(message: &'a str, quotes: &[char]) -> Cow<'a, str> {
    let Some(begin) = message.find(quotes) else {
        return message.into();
    };
    let end = message.rfind(quotes).unwrap_or(begin);
    let rest = match end == begin {
        true => "",
        false => &message[end + 1..],
    };
    format!("{}?{rest}", &message[..begin]).into()
}

fn without_numbers(message: &str) -> String {
    let mut text = String::with_capacity(message.len());
    let mut was_digit = false;
    for character in message.chars() {
        let is_digit = character.is_ascii_digit();
        match (is_digit, was_digit) {
            (true, false) => text.push('?'),
            (true, true) => {}
            (false, _) => text.push(character),
        }
        was_digit = is_digit;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn postgres(code: &'static str, message: &'static str) -> Cow<'static, str> {
        Failure::postgres("e", code, message, "").message
    }

    fn mysql(number: u16, message: &'static str) -> Cow<'static, str> {
        Failure::mysql("e", number, "HY000", message).message
    }

    fn sqlite(code: &'static str, message: &'static str) -> Cow<'static, str> {
        Failure::sqlite("e", code.into(), message).message
    }

    #[test]
    fn names_are_kept() {
        let unique = "duplicate key value violates unique constraint \"users_email_key\"";
        assert_eq!(postgres("23505", unique), unique);
        let table = "relation \"orders\" does not exist";
        assert_eq!(postgres("42P01", table), table);
        let table = "Table 'shop.orders' doesn't exist";
        assert_eq!(mysql(1146, table), table);
        let unique = "UNIQUE constraint failed: users.email";
        assert_eq!(sqlite("2067", unique), unique);
    }

    #[test]
    fn values_are_not() {
        for (message, expected) in [
            (
                postgres(
                    "22P02",
                    "invalid input syntax for type integer: \"S3\"cret\"",
                ),
                "invalid input syntax for type integer: ?",
            ),
            (
                postgres("22003", "value \"73191\" is out of range for type integer"),
                "value ? is out of range for type integer",
            ),
            (
                postgres(
                    "22021",
                    "invalid byte sequence for encoding \"UTF8\": 0x73 0x19",
                ),
                "invalid byte sequence for encoding ?: ?x? ?x?",
            ),
            (
                postgres("42601", "syntax error at or near \"S3cret\""),
                "syntax error at or near ?",
            ),
            (
                postgres("42601", "unterminated quoted string at or near \"'S3cret"),
                "unterminated quoted string at or near ?",
            ),
            (postgres("P0001", "no such token: S3cret"), LEFT_OUT),
            (
                mysql(
                    1062,
                    "Duplicate entry 'S3' for key 'cret' for key 'users.email'",
                ),
                "Duplicate entry ? for key 'users.email'",
            ),
            (
                mysql(
                    1064,
                    "You have an error in your SQL syntax; … near 'S3cret' at line 1",
                ),
                "You have an error in your SQL syntax; … near ? at line 1",
            ),
            (
                mysql(1292, "Truncated incorrect INTEGER value: 'S3'cret'"),
                "Truncated incorrect INTEGER value: ?",
            ),
            (
                mysql(1054, "Unknown column 'S3cret' in 'where clause'"),
                "Unknown column ?",
            ),
            (mysql(1644, "S3cret"), LEFT_OUT),
            (sqlite("1811", "S3cret"), LEFT_OUT),
            (
                sqlite("1", "near \"S3cret\": syntax error"),
                "near ?: syntax error",
            ),
            (
                sqlite("1", "unrecognized token: \"'S3cret\""),
                "unrecognized token: ?",
            ),
            (
                sqlite("1", "no such column: S3cret - should this be a string?"),
                "no such column: ?",
            ),
        ] {
            assert_eq!(message, expected);
        }
    }

    #[test]
    fn a_message_that_a_function_raised_is_left_out_whatever_its_code() {
        let failure = Failure::postgres("e", "23505", "taken: S3cret", "exec_stmt_raise");
        assert_eq!(failure.message, LEFT_OUT);
        let failure = Failure::mysql("e", 30001, "45000", "S3cret");
        assert_eq!(failure.message, LEFT_OUT);
    }

    #[test]
    fn too_many_connections_is_throttling() {
        assert!(Failure::postgres("e", "53300", "", "").is_throttled);
        assert!(Failure::mysql("e", 1040, "08004", "Too many connections").is_throttled);
        assert!(!Failure::postgres("e", "23505", "", "").is_throttled);
    }
}
