/// A piece of a statement, as the place where it stands. Blanks and comments lie between tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A keyword or a plain name.
    Word,
    /// A name in quotes.
    Quoted,
    /// Text in double quotes where the engine takes it for a name or, if there is none of that name, for a string (SQLite).
    Doubled,
    /// A value written into the statement: a string or a number. Also whatever is not terminated.
    Literal,
    /// A place for a bound value: `?`, `$1`, `:name`, `@name`.
    Parameter,
    /// `(` or `[`.
    Open,
    /// `)` or `]`.
    Close,
    Comma,
    Dot,
    /// One character of anything else.
    Operator,
    /// All the rest, which means one thing or another depending on a setting of the server.
    Doubtful,
}

impl Token {
    pub(crate) fn text<'a>(&self, statement: &'a str) -> &'a str {
        &statement[self.start..self.end]
    }

    pub(crate) fn is_value(&self) -> bool {
        matches!(self.kind, Kind::Literal | Kind::Parameter)
    }

    /// Whether this is the keyword `word`, in any case.
    pub(crate) fn is_word(&self, statement: &str, word: &str) -> bool {
        self.kind == Kind::Word && self.text(statement).eq_ignore_ascii_case(word)
    }
}
