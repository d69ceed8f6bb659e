//! SQLite takes `"…"` for a string where it knows no such name, so it is kept only where a name has to stand.

use super::token::{Kind, Token};

/// What stands before the next token, as far as it tells whether that is a name.
#[derive(Default)]
pub(super) struct Surroundings {
    before: Before,
    /// What a comma outside of brackets is followed by: names in a list of columns or tables.
    in_names: bool,
    /// The same for each open bracket.
    brackets: Vec<bool>,
    /// A name was named that a list of columns may follow.
    takes_columns: bool,
    /// The word before was `DISTINCT`: a `FROM` after it compares, and no table follows.
    is_distinct: bool,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Before {
    /// Only a name can follow.
    Name,
    /// A name follows if it is compared with something.
    Either,
    /// A value may follow.
    #[default]
    Value,
}

/// A name follows these, or nothing in quotes does.
const BEFORE_NAMES: &[&str] = &[
    "AS",
    "COLLATE",
    "COLUMN",
    "CONSTRAINT",
    "EXISTS",
    "FROM",
    "INDEX",
    "INTO",
    "JOIN",
    "ONLY",
    "RECURSIVE",
    "REFERENCES",
    "RELEASE",
    "RENAME",
    "SAVEPOINT",
    "TABLE",
    "TO",
    "TRIGGER",
    "UPDATE",
    "VIEW",
    "WITH",
    "ADD",
    "DROP",
];

/// Lists of names follow these.
const BEFORE_LISTS: &[&str] = &[
    "SELECT",
    "DISTINCT",
    "ALL",
    "BY",
    "SET",
    "RETURNING",
    "FROM",
    "WITH",
];

/// Conditions follow these.
const BEFORE_CONDITIONS: &[&str] = &["WHERE", "AND", "OR", "NOT", "ON", "HAVING", "WHEN", "CASE"];

/// A list of columns in brackets follows the name after these.
const BEFORE_COLUMNS: &[&str] = &["INTO", "TABLE", "REFERENCES", "ON", "EXISTS", "RECURSIVE"];

/// A list of columns in brackets follows these.
const COLUMNS: &[&str] = &["CONFLICT", "KEY", "UNIQUE", "USING", "OF"];

/// What is compared stands before these.
const COMPARISONS: &[&str] = &[
    "BETWEEN", "COLLATE", "GLOB", "IN", "IS", "LIKE", "MATCH", "NOT", "REGEXP", "ASC", "DESC",
];

fn is_one_of(words: &[&str], word: &str) -> bool {
    words.iter().any(|one| one.eq_ignore_ascii_case(word))
}

impl Surroundings {
    /// Whether a text in double quotes that stands here, before `next`, must be a name.
    pub(super) fn want_name(&self, statement: &str, next: Option<Token>) -> bool {
        let is_compared = || {
            next.is_some_and(|next| match next.kind {
                Kind::Operator | Kind::Open => true,
                Kind::Word => is_one_of(COMPARISONS, next.text(statement)),
                _ => false,
            })
        };
        let is_qualified = next.is_some_and(|next| next.kind == Kind::Dot);
        is_qualified
            || match self.before {
                Before::Name => true,
                Before::Either => is_compared(),
                Before::Value => false,
            }
    }

    /// Goes past a token.
    pub(super) fn pass(&mut self, statement: &str, token: Token) {
        self.before = match token.kind {
            Kind::Word => self.pass_word(token.text(statement)),
            Kind::Open => {
                let holds_names = std::mem::take(&mut self.takes_columns);
                let is_group = self.before == Before::Either;
                self.brackets.push(holds_names);
                match (holds_names, is_group) {
                    (true, _) => Before::Name,
                    (_, true) => Before::Either,
                    _ => Before::Value,
                }
            }
            Kind::Close => {
                self.brackets.pop();
                self.takes_columns = false;
                Before::Value
            }
            Kind::Comma => match self.brackets.last().unwrap_or(&self.in_names) {
                true => Before::Name,
                false => Before::Value,
            },
            Kind::Dot => Before::Name,
            // A list of columns may still follow.
            Kind::Quoted | Kind::Doubled => Before::Value,
            _ => {
                self.takes_columns = false;
                Before::Value
            }
        };
    }

    fn pass_word(&mut self, word: &str) -> Before {
        let was_distinct =
            std::mem::replace(&mut self.is_distinct, word.eq_ignore_ascii_case("DISTINCT"));
        if was_distinct && word.eq_ignore_ascii_case("FROM") {
            return Before::Value;
        }
        if is_one_of(BEFORE_COLUMNS, word) || is_one_of(COLUMNS, word) {
            self.takes_columns = true;
        } else if is_keyword(word) {
            self.takes_columns = false;
        }
        let begins_list = is_one_of(BEFORE_LISTS, word);
        if begins_list {
            match self.brackets.last_mut() {
                Some(bracket) => *bracket = true,
                None => self.in_names = true,
            }
        }
        if is_one_of(BEFORE_CONDITIONS, word) {
            Before::Either
        } else if begins_list || is_one_of(BEFORE_NAMES, word) {
            Before::Name
        } else {
            if word.eq_ignore_ascii_case("VALUES") {
                self.in_names = false;
            }
            Before::Value
        }
    }
}

fn is_keyword(word: &str) -> bool {
    ["VALUES", "SELECT", "IN", "AS", "DEFAULT", "CHECK"]
        .iter()
        .any(|one| one.eq_ignore_ascii_case(word))
        || is_one_of(BEFORE_CONDITIONS, word)
}
