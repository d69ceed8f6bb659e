use super::lexer::Lexer;
use super::token::{Kind, Token};
use crate::engine::Engine;

/// The longest name, in bytes.
const LONGEST_NAME: usize = 200;

/// What a statement does and to what: `INSERT orders`. Of low cardinality: no values, and only the first table.
///
/// The verb is in upper case, the table as it is written, without quotes. What is no SQL goes by its first word, and `SQL` if it
/// has none.
///
/// ```
/// use xray_sdk_sql::{Engine, statement_name};
///
/// let name = |statement| statement_name(Engine::PostgreSql, statement);
/// assert_eq!(name("insert into orders (id) values ($1)"), "INSERT orders");
/// assert_eq!(name("WITH big AS (SELECT 1) SELECT * FROM \"public\".\"Orders\" JOIN big ON true"), "SELECT public.Orders");
/// assert_eq!(name("BEGIN"), "BEGIN");
/// ```
pub fn statement_name(engine: Engine, statement: &str) -> String {
    let (text, _) = super::sanitize::head(statement, super::LONGEST_READ);
    let mut words = Words {
        text,
        lexer: Lexer::new(engine, text),
        depth: 0,
        next: None,
    };
    let Some(verb) = words.verb() else {
        return "SQL".to_owned();
    };
    let table = words.object(&verb);
    let mut name = verb;
    if let Some(table) = table {
        name.push(' ');
        name.push_str(&table);
    }
    name.truncate(name.floor_char_boundary(LONGEST_NAME));
    name
}

/// Whether the statement has this name, in any case, as a word or in quotes.
pub(crate) fn has_name(engine: Engine, statement: &str, name: &str) -> bool {
    Lexer::new(engine, statement).any(|token| {
        let is_name = matches!(token.kind, Kind::Word | Kind::Quoted | Kind::Doubled);
        is_name && bare(token, statement).eq_ignore_ascii_case(name)
    })
}

struct Words<'a> {
    text: &'a str,
    lexer: Lexer<'a>,
    /// How many brackets are open.
    depth: usize,
    /// A token that was looked at and not taken.
    next: Option<Token>,
}

impl Words<'_> {
    fn take(&mut self) -> Option<Token> {
        let token = self.next.take().or_else(|| self.lexer.next())?;
        match token.kind {
            Kind::Open => self.depth += 1,
            Kind::Close => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
        Some(token)
    }

    fn peek(&mut self) -> Option<Token> {
        if self.next.is_none() {
            self.next = self.lexer.next();
        }
        self.next
    }

    fn is(&self, token: Token, words: &[&str]) -> bool {
        words.iter().any(|word| token.is_word(self.text, word))
    }

    /// The first word; after `WITH`, the verb of the statement that follows the common tables.
    fn verb(&mut self) -> Option<String> {
        let mut first = self.take()?;
        while first.kind != Kind::Word {
            first = self.take()?;
        }
        if first.is_word(self.text, "WITH") {
            self.depth = 0;
            while let Some(token) = self.take() {
                let is_verb = self.is(
                    token,
                    &["SELECT", "INSERT", "UPDATE", "DELETE", "MERGE", "REPLACE"],
                );
                if self.depth == 0 && is_verb {
                    first = token;
                    break;
                }
            }
        }
        self.depth = 0;
        Some(first.text(self.text).to_ascii_uppercase())
    }

    /// What the statement is about.
    fn object(&mut self, verb: &str) -> Option<String> {
        match verb {
            "SELECT" | "DELETE" => self.after(&["FROM"]),
            "INSERT" | "REPLACE" | "MERGE" => self.after(&["INTO"]),
            "UPDATE" | "TRUNCATE" | "COPY" | "CALL" | "PRAGMA" | "ANALYZE" | "LOCK" | "REFRESH" => {
                self.here()
            }
            "CREATE" | "ALTER" | "DROP" => self.defined(),
            _ => None,
        }
    }

    /// The name after a word, wherever that stands: the first of a query inside brackets, if the outer one comes later.
    fn after(&mut self, words: &[&str]) -> Option<String> {
        let mut is_distinct = false;
        while let Some(token) = self.take() {
            // `IS DISTINCT FROM` compares.
            let was_distinct = std::mem::replace(&mut is_distinct, self.is(token, &["DISTINCT"]));
            if self.is(token, words) && self.depth == 0 && !was_distinct {
                while self.peek().is_some_and(|next| next.kind == Kind::Open) {
                    self.take();
                }
                let next = self.peek()?;
                if !self.is(next, &["SELECT", "WITH", "VALUES"]) {
                    return self.here();
                }
                // A query inside: what that is about comes after its own word.
                self.depth = 0;
            }
        }
        None
    }

    /// The name that stands here, after words that only say how.
    fn here(&mut self) -> Option<String> {
        const HOW: &[&str] = &[
            "ONLY",
            "TABLE",
            "IGNORE",
            "LOW_PRIORITY",
            "DELAYED",
            "HIGH_PRIORITY",
            "OR",
            "ROLLBACK",
            "ABORT",
            "REPLACE",
            "FAIL",
            "IF",
            "NOT",
            "EXISTS",
            "CONCURRENTLY",
            "LATERAL",
            "MATERIALIZED",
            "VIEW",
            "TABLES",
        ];
        while self.peek().is_some_and(|next| self.is(next, HOW)) {
            self.take();
        }
        let mut name = String::new();
        while let Some(token) = self.peek() {
            if !matches!(token.kind, Kind::Word | Kind::Quoted | Kind::Doubled) {
                break;
            }
            self.take();
            name.push_str(&bare(token, self.text));
            if self.peek().is_none_or(|next| next.kind != Kind::Dot) {
                break;
            }
            self.take();
            name.push('.');
        }
        (!name.is_empty()).then_some(name)
    }

    /// What is made, changed or dropped: its kind and its name.
    fn defined(&mut self) -> Option<String> {
        const KINDS: &[&str] = &[
            "TABLE",
            "INDEX",
            "VIEW",
            "SEQUENCE",
            "SCHEMA",
            "DATABASE",
            "FUNCTION",
            "PROCEDURE",
            "TRIGGER",
            "TYPE",
            "EXTENSION",
        ];
        while let Some(token) = self.take() {
            if self.is(token, KINDS) {
                let kind = token.text(self.text).to_ascii_uppercase();
                let object = self.here();
                return Some(match object {
                    Some(object) => format!("{kind} {object}"),
                    None => kind,
                });
            }
            // Accounts have no name here: theirs may be a person's.
            if self.is(token, &["USER", "ROLE"]) {
                return Some(token.text(self.text).to_ascii_uppercase());
            }
        }
        None
    }
}

/// A name without its quotes.
fn bare(token: Token, text: &str) -> String {
    let name = token.text(text);
    if token.kind == Kind::Word {
        return name.to_owned();
    }
    let name = name
        .strip_prefix(['u', 'U'])
        .map_or(name, |rest| rest.trim_start_matches('&'));
    let mut characters = name.chars();
    let quote = characters.next();
    characters.next_back();
    let inner = characters.as_str();
    match quote {
        Some(quote @ ('"' | '`')) => {
            let twice = String::from_iter([quote, quote]);
            inner.replace(&twice, quote.encode_utf8(&mut [0; 4]))
        }
        _ => inner.to_owned(),
    }
}
