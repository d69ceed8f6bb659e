use super::scan::{self, Backslash, End};
use super::token::{Kind, Token};
use crate::engine::Engine;

/// The tokens of a statement. Any text has some: what no engine would accept is still cut into pieces, and whatever
/// could be the inside of a string is never taken for anything else.
pub(crate) struct Lexer<'a> {
    text: &'a [u8],
    at: usize,
    engine: Engine,
    /// What a backslash does in a plain string.
    backslash: Backslash,
    /// Inside `/*! … */`, which MySQL executes.
    is_executable: bool,
    last: Option<Token>,
    /// So far everything ends that begins, nothing is stuck to the end of a string, and no backslash stands outside of quotes.
    is_sound: bool,
}

/// What begins with `/*`.
enum Comment {
    /// Nothing of it is executed. It ends here.
    Plain(usize),
    /// MySQL executes it. Its inside begins here.
    Executed(usize),
    /// It depends on the server whether it is executed, and on that where it ends.
    Doubtful,
}

impl<'a> Lexer<'a> {
    pub(crate) fn new(engine: Engine, text: &'a str) -> Self {
        Self {
            text: text.as_bytes(),
            at: 0,
            engine,
            backslash: match engine {
                Engine::Sqlite => Backslash::Plain,
                _ => Backslash::Depends,
            },
            is_executable: false,
            last: None,
            is_sound: true,
        }
    }

    /// What a backslash does here, which depends on a setting of the server: by the one of the two readings that makes sense of the whole
    /// statement. By the other a string does not end, or something stands where it cannot.
    fn settle(&self) -> Backslash {
        let makes_sense = |backslash| {
            let mut lexer = Lexer {
                text: self.text,
                at: 0,
                engine: self.engine,
                backslash,
                is_executable: false,
                last: None,
                is_sound: true,
            };
            lexer.by_ref().for_each(drop);
            lexer.is_sound
        };
        match (
            makes_sense(Backslash::Plain),
            makes_sense(Backslash::Escape),
        ) {
            (true, false) => Backslash::Plain,
            (false, true) => Backslash::Escape,
            _ => Backslash::Depends,
        }
    }

    fn byte(&self, at: usize) -> Option<u8> {
        self.text.get(at).copied()
    }

    /// Goes to the next token, over blanks and comments.
    fn skip(&mut self) {
        while let Some(byte) = self.byte(self.at) {
            self.at = match byte {
                0..=b' ' | 0x7f => self.at + 1,
                b'-' if self.is_line_comment() => {
                    scan::line(self.text, self.at, self.engine == Engine::PostgreSql)
                }
                b'#' if self.engine.is_mysql() => scan::line(self.text, self.at, false),
                b'/' if self.byte(self.at + 1) == Some(b'*') => match self.comment() {
                    Comment::Plain(end) => end,
                    Comment::Executed(inside) => {
                        self.is_executable = true;
                        inside
                    }
                    Comment::Doubtful => return,
                },
                b'*' if self.is_executable && self.byte(self.at + 1) == Some(b'/') => {
                    self.is_executable = false;
                    self.at + 2
                }
                _ => return,
            };
        }
    }

    /// MySQL wants a blank after the two dashes.
    fn is_line_comment(&self) -> bool {
        self.byte(self.at + 1) == Some(b'-')
            && (!self.engine.is_mysql() || self.byte(self.at + 2).is_none_or(|byte| byte <= b' '))
    }

    /// What begins here with `/*`.
    fn comment(&self) -> Comment {
        let rest = &self.text[self.at + 2..];
        if !(self.engine.is_mysql() && matches!(rest, [b'!', ..] | [b'M', b'!', ..])) {
            let is_nested = self.engine == Engine::PostgreSql;
            return Comment::Plain(scan::comment(self.text, self.at, is_nested));
        }
        if let Some(length) = scan::executed_by_all(rest) {
            return Comment::Executed(self.at + 2 + length);
        }
        // Some servers execute it and others do not: they agree where it ends if nothing in it begins with a quote or a comment.
        match scan::plain_inside(rest) {
            Some(length) => Comment::Plain(self.at + 2 + length),
            None => Comment::Doubtful,
        }
    }

    /// A literal that ends at `end`. What does not end is one to the end of the text.
    fn literal(&mut self, end: End) -> Kind {
        self.closed(Kind::Literal, end)
    }

    fn closed(&mut self, kind: Kind, end: End) -> Kind {
        let (kind, end) = match end {
            End::At(end) => (kind, end),
            End::Never => {
                self.is_sound = false;
                (Kind::Literal, self.text.len())
            }
            End::Doubtful => (Kind::Doubtful, self.text.len()),
        };
        self.at = end;
        kind
    }

    fn single(&mut self, kind: Kind) -> Kind {
        self.at += 1;
        kind
    }

    fn string(&mut self, open: usize) -> Kind {
        let ends = |backslash| scan::quoted(self.text, open + 1, self.text[open], backslash);
        let mut end = ends(self.backslash);
        if end == End::Doubtful {
            let settled = self.settle();
            end = ends(settled);
            self.backslash = settled;
        }
        let kind = self.literal(end);
        let is_stuck = |byte| scan::continues_word(byte) || byte == b'\'' || byte == b'"';
        self.is_sound &= !self.byte(self.at).is_some_and(is_stuck);
        kind
    }

    fn name(&mut self, kind: Kind, open: usize, quote: u8) -> Kind {
        let end = scan::quoted(self.text, open + 1, quote, Backslash::Plain);
        self.closed(kind, end)
    }

    /// A word, or a string with a letter before it.
    fn word(&mut self) -> Kind {
        let start = self.at;
        let end = scan::word(self.text, start + 1);
        let quote = self.byte(end);
        if end == start + 1 {
            let letter = self.text[start].to_ascii_lowercase();
            match (letter, quote) {
                (b'e', Some(b'\'')) if self.engine == Engine::PostgreSql => {
                    let end = scan::quoted(self.text, end + 1, b'\'', Backslash::Escape);
                    return self.literal(end);
                }
                (b'b' | b'n' | b'x', Some(b'\'')) => return self.string(end),
                (b'u', Some(b'&')) if self.engine == Engine::PostgreSql => {
                    match self.byte(end + 1) {
                        Some(b'\'') => return self.string(end + 1),
                        Some(b'"') => return self.name(Kind::Quoted, end + 1, b'"'),
                        _ => {}
                    }
                }
                _ => {}
            }
        }
        self.at = end;
        Kind::Word
    }

    fn dollar(&mut self) -> Kind {
        let start = self.at;
        let next = self.byte(start + 1);
        match self.engine {
            Engine::PostgreSql if next.is_some_and(|byte| byte.is_ascii_digit()) => {
                let digits = self.text[start + 1..].iter();
                self.at += 1 + digits.take_while(|byte| byte.is_ascii_digit()).count();
                Kind::Parameter
            }
            Engine::PostgreSql => match scan::dollar_quoted(self.text, start) {
                Some(end) => self.literal(end),
                None => self.single(Kind::Operator),
            },
            _ => self.parameter(),
        }
    }

    /// A parameter with a name, where one begins here.
    fn parameter(&mut self) -> Kind {
        let sign = self.text[self.at];
        let mut begin = self.at + 1;
        if sign == b'@' && self.byte(begin) == Some(b'@') && self.engine.is_mysql() {
            begin += 1;
        }
        let is_parameter = match (self.engine, sign) {
            (Engine::PostgreSql, _) | (Engine::MySql | Engine::MariaDb, b'$') => false,
            (Engine::Sqlite, _) => self.byte(begin).is_some_and(scan::continues_word),
            _ => self
                .byte(begin)
                .is_some_and(|byte| scan::continues_word(byte) && !byte.is_ascii_digit()),
        };
        if !is_parameter {
            return self.single(Kind::Operator);
        }
        self.at = scan::word(self.text, begin);
        Kind::Parameter
    }

    fn question_mark(&mut self) -> Kind {
        self.at += 1;
        if self.engine == Engine::Sqlite {
            let digits = self.text[self.at..].iter();
            self.at += digits.take_while(|byte| byte.is_ascii_digit()).count();
        }
        Kind::Parameter
    }

    /// A dot between names, or before the digits of a number.
    fn dot(&mut self) -> Kind {
        let is_number = self
            .byte(self.at + 1)
            .is_some_and(|byte| byte.is_ascii_digit())
            && !self.last.is_some_and(|last| {
                last.end == self.at
                    && matches!(
                        last.kind,
                        Kind::Word | Kind::Quoted | Kind::Doubled | Kind::Close
                    )
            });
        if is_number {
            return self.number();
        }
        self.single(Kind::Dot)
    }

    fn number(&mut self) -> Kind {
        self.at = scan::number(self.text, self.at);
        Kind::Literal
    }
}

impl Iterator for Lexer<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        self.skip();
        let start = self.at;
        let kind = match self.byte(start)? {
            b'a'..=b'z' | b'A'..=b'Z' | b'_' | 0x80.. => self.word(),
            b'0'..=b'9' => self.number(),
            b'(' => self.single(Kind::Open),
            b')' | b']' => self.single(Kind::Close),
            b',' => self.single(Kind::Comma),
            b'.' => self.dot(),
            b'\'' => self.string(start),
            b'"' => match self.engine {
                Engine::PostgreSql => self.name(Kind::Quoted, start, b'"'),
                Engine::MySql | Engine::MariaDb => self.string(start),
                Engine::Sqlite => self.name(Kind::Doubled, start, b'"'),
            },
            b'`' if self.engine != Engine::PostgreSql => self.name(Kind::Quoted, start, b'`'),
            b'[' if self.engine == Engine::Sqlite => {
                let end = scan::bracketed(self.text, start + 1);
                self.closed(Kind::Quoted, end)
            }
            b'[' => self.single(Kind::Open),
            b'?' => self.question_mark(),
            b'$' => self.dollar(),
            b':' | b'@' => self.parameter(),
            b'/' if self.byte(start + 1) == Some(b'*') => {
                self.closed(Kind::Doubtful, End::Doubtful)
            }
            b'\\' => {
                self.is_sound = false;
                self.single(Kind::Operator)
            }
            _ => self.single(Kind::Operator),
        };
        let token = Token {
            kind,
            start,
            end: self.at,
        };
        self.last = Some(token);
        Some(token)
    }
}
