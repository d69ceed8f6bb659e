//! From text to tokens.

use std::fmt;
use std::iter::Peekable;
use std::str::CharIndices;

use super::FilterError;

/// A token and the column where it begins, counted in characters from 1.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Placed<'a> {
    pub(super) column: usize,
    pub(super) token: Token<'a>,
}

/// The smallest part of an expression that means something.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token<'a> {
    /// A keyword, or a value without quotes.
    Word(&'a str),
    /// A value in double quotes, without them.
    Text(String),
    /// A number.
    Number(f64),
    /// What stands between square brackets, without the quotes around it, if there are some.
    Bracket(String),
    /// The JSON after `#`, up to the end of its value.
    Json(serde_json::Value),
    /// `=`, `!=`, `<`, `<=`, `>` or `>=`.
    Operator(&'static str),
    /// `!`, `(`, `)`, `{`, `}`, `,` or `:`.
    Sign(char),
    /// What comes behind the last token.
    End,
}

impl fmt::Display for Token<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Word(word) => write!(f, "`{word}`"),
            Self::Text(text) => write!(f, "{text:?}"),
            Self::Number(number) => write!(f, "{number}"),
            Self::Bracket(text) => write!(f, "[{text}]"),
            Self::Json(_) => f.write_str("#JSON"),
            Self::Operator(operator) => write!(f, "`{operator}`"),
            Self::Sign(sign) => write!(f, "`{sign}`"),
            Self::End => f.write_str("the end"),
        }
    }
}

/// All tokens of a text, the end among them.
pub(super) fn tokens(text: &str) -> Result<Vec<Placed<'_>>, FilterError> {
    let mut lexer = Lexer {
        text,
        chars: text.char_indices().peekable(),
        column: 1,
    };
    let mut tokens = Vec::new();
    loop {
        let placed = lexer.next()?;
        let is_end = placed.token == Token::End;
        tokens.push(placed);
        if is_end {
            return Ok(tokens);
        }
    }
}

struct Lexer<'a> {
    text: &'a str,
    chars: Peekable<CharIndices<'a>>,
    column: usize,
}

impl<'a> Lexer<'a> {
    fn next(&mut self) -> Result<Placed<'a>, FilterError> {
        while self.peek().is_some_and(char::is_whitespace) {
            self.take();
        }
        let column = self.column;
        let token = match self.peek() {
            None => Token::End,
            Some('"') => Token::Text(self.quoted()?),
            Some('[') => self.bracket()?,
            Some('#') => self.json()?,
            Some(sign @ ('=' | '<' | '>' | '!')) => self.operator(sign),
            Some(sign @ ('(' | ')' | '{' | '}' | ',' | ':')) => {
                self.take();
                Token::Sign(sign)
            }
            Some(first) if first.is_ascii_digit() || matches!(first, '-' | '+' | '.') => {
                self.number()?
            }
            Some(first) if is_word(first) => Token::Word(self.while_(is_word)),
            Some(other) => {
                return Err(FilterError::new(
                    column,
                    format!("{other:?} means nothing here: texts stand in double quotes"),
                ));
            }
        };
        Ok(Placed { column, token })
    }

    fn peek(&mut self) -> Option<char> {
        self.chars.peek().map(|(_, next)| *next)
    }

    fn take(&mut self) -> Option<char> {
        let (_, taken) = self.chars.next()?;
        self.column += 1;
        Some(taken)
    }

    /// How far in the text the next character stands, in bytes.
    fn offset(&mut self) -> usize {
        self.chars.peek().map_or(self.text.len(), |(at, _)| *at)
    }

    fn while_(&mut self, belongs: impl Fn(char) -> bool) -> &'a str {
        let start = self.offset();
        while self.peek().is_some_and(&belongs) {
            self.take();
        }
        &self.text[start..self.offset()]
    }

    fn quoted(&mut self) -> Result<String, FilterError> {
        let column = self.column;
        self.take();
        let mut text = String::new();
        loop {
            match self.take() {
                Some('"') => return Ok(text),
                // A backslash stands for itself, unless what follows would mean something.
                Some('\\') if matches!(self.peek(), Some('"' | '\\')) => text.extend(self.take()),
                Some(other) => text.push(other),
                None => {
                    return Err(FilterError::new(
                        column,
                        "this text has no end: expected a second double quote",
                    ));
                }
            }
        }
    }

    fn bracket(&mut self) -> Result<Token<'a>, FilterError> {
        let column = self.column;
        self.take();
        self.while_(char::is_whitespace);
        let text = match self.peek() {
            // Between quotes a `]` is a character as others are.
            Some('"') => {
                let text = self.quoted()?;
                self.while_(char::is_whitespace);
                text
            }
            _ => self.while_(|next| next != ']').trim().to_owned(),
        };
        match self.take() {
            Some(']') => Ok(Token::Bracket(text)),
            Some(_) => Err(FilterError::new(
                self.column - 1,
                "expected `]` behind the key",
            )),
            None => Err(FilterError::new(column, "`[` has no end: expected `]`")),
        }
    }

    fn json(&mut self) -> Result<Token<'a>, FilterError> {
        let column = self.column;
        self.take();
        let rest = &self.text[self.offset()..];
        let mut values = serde_json::Deserializer::from_str(rest).into_iter();
        let value = match values.next() {
            Some(Ok(value)) => value,
            Some(Err(error)) => {
                return Err(FilterError::new(
                    column,
                    format!("what follows `#` is no JSON: {error}"),
                ));
            }
            None => return Err(FilterError::new(column, "expected JSON after `#`")),
        };
        let end = self.text.len() - rest.len() + values.byte_offset();
        while self.offset() < end {
            self.take();
        }
        Ok(Token::Json(value))
    }

    fn operator(&mut self, first: char) -> Token<'a> {
        self.take();
        let with_equals = self.peek() == Some('=') && first != '=';
        if with_equals {
            self.take();
        }
        match (first, with_equals) {
            ('=', _) => Token::Operator("="),
            ('<', false) => Token::Operator("<"),
            ('<', true) => Token::Operator("<="),
            ('>', false) => Token::Operator(">"),
            ('>', true) => Token::Operator(">="),
            (_, true) => Token::Operator("!="),
            (sign, false) => Token::Sign(sign),
        }
    }

    fn number(&mut self) -> Result<Token<'a>, FilterError> {
        let column = self.column;
        let text = self.while_(|next| is_word(next) || next == '+');
        match text.parse() {
            Ok(number) if f64::is_finite(number) => Ok(Token::Number(number)),
            _ => Err(FilterError::new(
                column,
                format!("{text:?} is no number: texts stand in double quotes"),
            )),
        }
    }
}

fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || matches!(letter, '_' | '.' | '-')
}
