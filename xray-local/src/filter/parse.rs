//! From tokens to an expression. `AND` binds tighter than `OR`, and what only stands side by side is joined by `AND`.

use super::FilterError;
use super::expression::{Expression, Failure, Field, Part, Test, Value};
use super::keyword::{self, Subject};
use super::selector::Selector;
use super::token::{Placed, Token, tokens};

mod hope;
mod node;

pub(crate) use hope::{Hope, Hopes};

/// How deep expressions may stand in one another: far more than anyone writes, and no more than a stack holds.
const DEPTH: usize = 100;

/// How many conditions an expression may have: each is held against each trace.
const CONDITIONS: usize = 500;

/// Reads a condition on traces.
pub(super) fn expression(text: &str) -> Result<Expression, FilterError> {
    let mut parser = Parser::new(tokens(text)?);
    let expression = parser.any(Subject::Trace)?;
    match parser.peek() {
        Token::End => Ok(expression),
        _ => Err(parser.expected("a keyword, `AND`, `OR` or the end")),
    }
}

/// Reads which services or calls are meant.
pub(super) fn selector(text: &str) -> Result<Selector, FilterError> {
    let mut parser = Parser::new(tokens(text)?);
    let selector = parser.selector()?;
    match parser.peek() {
        Token::End => Ok(selector),
        _ => Err(parser.expected("the end")),
    }
}

struct Parser<'a> {
    tokens: Vec<Placed<'a>>,
    at: usize,
    depth: usize,
    conditions: usize,
    /// What could stand at the end of the text, where that is asked for.
    hopes: Option<Vec<Hope>>,
}

impl<'a> Parser<'a> {
    fn new(tokens: Vec<Placed<'a>>) -> Self {
        Self {
            tokens,
            at: 0,
            depth: 0,
            conditions: 0,
            hopes: None,
        }
    }

    fn any(&mut self, subject: Subject) -> Result<Expression, FilterError> {
        let mut parts = vec![self.all(subject)?];
        while self.take_word("OR") {
            parts.push(self.all(subject)?);
        }
        Ok(joined(parts, Expression::Any))
    }

    fn all(&mut self, subject: Subject) -> Result<Expression, FilterError> {
        let mut parts = vec![self.one(subject)?];
        while self.take_word("AND") || self.is_next_condition() {
            parts.push(self.one(subject)?);
        }
        self.hope_for_word("AND");
        self.hope_for_word("OR");
        Ok(joined(parts, Expression::All))
    }

    /// Whether another condition follows without a word between.
    fn is_next_condition(&self) -> bool {
        match self.peek() {
            Token::Word(word) => !word.eq_ignore_ascii_case("OR"),
            Token::Sign(sign) => matches!(sign, '!' | '('),
            _ => false,
        }
    }

    fn one(&mut self, subject: Subject) -> Result<Expression, FilterError> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(self.error(format!(
                "conditions stand in one another more than {DEPTH} levels deep"
            )));
        }
        let expression = if self.take_sign('!') {
            self.one(subject).map(|one| Expression::Not(Box::new(one)))
        } else if self.take_sign('(') {
            let inner = self.any(subject)?;
            self.expect_sign(')').map(|()| inner)
        } else {
            self.term(subject)
        };
        self.depth -= 1;
        expression
    }

    fn term(&mut self, subject: Subject) -> Result<Expression, FilterError> {
        self.conditions += 1;
        if self.conditions > CONDITIONS {
            return Err(self.error(format!("there are more than {CONDITIONS} conditions")));
        }
        self.hope_for_condition(subject);
        let Token::Word(word) = *self.peek() else {
            return Err(self.expected("a keyword such as `fault`, `http.url` or `annotation.key`"));
        };
        let lower = word.to_ascii_lowercase();
        if let Some(key) = self.annotation(word, &lower)? {
            self.refuse_annotation_in(subject)?;
            return self.tested(Field::Annotation(key));
        }
        if subject == Subject::Trace
            && let Some(of_trace) = self.of_trace(&lower)?
        {
            return Ok(of_trace);
        }
        let field = keyword::field(word).ok_or_else(|| self.unknown(word, subject))?;
        if !keyword::speaks_of(&field, subject) {
            return Err(self.misplaced(word, subject));
        }
        self.advance();
        self.tested(field)
    }

    /// The conditions that speak of the whole trace.
    fn of_trace(&mut self, word: &str) -> Result<Option<Expression>, FilterError> {
        if let Some(rest) = word.strip_prefix("rootcause.") {
            return self.root_cause(rest).map(Some);
        }
        if let Some(rest) = word.strip_prefix("group.") {
            return self.group(rest).map(Some);
        }
        match word {
            // The guide lists the word alone, too.
            "json" => {
                self.advance();
                self.form().map(Some)
            }
            "service" => self.service().map(Some),
            "edge" => self.edge().map(Some),
            _ => Ok(None),
        }
    }

    /// The key, if an annotation is named: `annotation.key`, `annotation[key]` or `annotation["key"]`.
    fn annotation(&mut self, word: &str, lower: &str) -> Result<Option<String>, FilterError> {
        if lower == "annotation" {
            let Token::Bracket(key) = &self.tokens[self.at + 1].token else {
                self.advance();
                return Err(self.expected("the key, as in `annotation.key` or `annotation[key]`"));
            };
            let key = key.clone();
            self.advance();
            if key.is_empty() {
                return Err(self.error("the key is missing: expected one, as in `annotation[age]`"));
            }
            if key.starts_with('\'') && key.ends_with('\'') {
                return Err(self.error(
                    "the key stands in single quotes: expected double ones, as in `annotation[\"age\"]`, or none",
                ));
            }
            self.advance();
            return Ok(Some(key));
        }
        if !lower.starts_with("annotation.") {
            return Ok(None);
        }
        let key = &word["annotation.".len()..];
        if key.is_empty() {
            return Err(self.error("`annotation.` lacks its key, as in `annotation.age`"));
        }
        self.advance();
        Ok(Some(key.to_owned()))
    }

    fn refuse_annotation_in(&self, subject: Subject) -> Result<(), FilterError> {
        match subject {
            Subject::RootCause => Err(self.error("a root cause has no annotations")),
            _ => Ok(()),
        }
    }

    /// A field, and what is asked of it.
    fn tested(&mut self, field: Field) -> Result<Expression, FilterError> {
        self.hope_for_operator(&field);
        let written = match *self.peek() {
            Token::Word(word) => word,
            Token::Operator(operator) => operator,
            _ => return Ok(Expression::Field(field, Test::Holds)),
        };
        let Some(operator) = keyword::operator(written) else {
            return Ok(Expression::Field(field, Test::Holds));
        };
        if !keyword::compares(&field, operator) {
            return Err(self.error(format!("`{written}` does not compare {}", kind_of(&field))));
        }
        self.advance();
        let value = self.value(&field)?;
        Ok(Expression::Field(field, Test::Is(operator, value)))
    }

    fn value(&mut self, field: &Field) -> Result<Value, FilterError> {
        self.hope_for_value(field);
        let value = match (field, self.peek()) {
            (_, Token::Number(number)) if !matches!(field, Field::Flag(_) | Field::Text(_)) => {
                Value::Number(*number)
            }
            (Field::Flag(_) | Field::Annotation(_), Token::Word(word))
                if boolean(word).is_some() =>
            {
                Value::Boolean(boolean(word) == Some(true))
            }
            (Field::Text(_) | Field::Annotation(_), Token::Word(word)) => {
                Value::Text((*word).to_owned())
            }
            (Field::Text(_) | Field::Annotation(_), Token::Text(text)) => Value::Text(text.clone()),
            _ => {
                return Err(self.expected(match field {
                    Field::Flag(_) => "`true` or `false`",
                    Field::Number(_) => "a number",
                    Field::Text(_) => "a text in double quotes",
                    Field::Annotation(_) => "a text in double quotes, a number, `true` or `false`",
                }));
            }
        };
        self.advance();
        Ok(value)
    }

    fn root_cause(&mut self, rest: &str) -> Result<Expression, FilterError> {
        if rest == "json" {
            self.advance();
            return self.form();
        }
        let read = rest
            .split_once('.')
            .and_then(|(failure, part)| Some((named(FAILURES, failure)?, named(PARTS, part)?)));
        let Some((failure, part)) = read else {
            return Err(self.error(
                "expected `rootcause.json`, or `rootcause.` with `fault`, `error` or `responsetime`, a dot, and `service`, `entity` or `exception`",
            ));
        };
        self.advance();
        let condition = self.braced(Subject::RootCause)?;
        let condition = condition.ok_or_else(|| self.expected("`{` and a condition"))?;
        Ok(Expression::RootCause(failure, part, condition))
    }

    fn form(&mut self) -> Result<Expression, FilterError> {
        let is_negated = self.equality()?;
        self.hope_for_word("#");
        let Token::Json(form) = self.peek() else {
            return Err(self.expected("`#` and JSON, as in `#[{\"Services\": []}]`"));
        };
        let form = Expression::RootCauseForm(form.clone());
        self.advance();
        Ok(negated_if(is_negated, form))
    }

    /// `=` or `!=`: whether it was the second.
    fn equality(&mut self) -> Result<bool, FilterError> {
        self.hope_for_word("=");
        self.hope_for_word("!=");
        match self.peek() {
            Token::Operator(operator @ ("=" | "!=")) => {
                let is_negated = *operator == "!=";
                self.advance();
                Ok(is_negated)
            }
            _ => Err(self.expected("`=` or `!=`")),
        }
    }

    /// A condition in braces, where there is one. Empty braces say nothing.
    fn braced(&mut self, subject: Subject) -> Result<Option<Box<Expression>>, FilterError> {
        self.hope_for_word("{");
        if !self.take_sign('{') || self.take_sign('}') {
            return Ok(None);
        }
        let inner = self.any(subject)?;
        self.expect_sign('}')?;
        Ok(Some(Box::new(inner)))
    }

    fn peek(&self) -> &Token<'a> {
        &self.tokens[self.at].token
    }

    fn advance(&mut self) {
        // The last token is the end, which nothing passes.
        self.at = (self.at + 1).min(self.tokens.len() - 1);
    }

    fn take_word(&mut self, word: &str) -> bool {
        let is_there = matches!(self.peek(), Token::Word(next) if next.eq_ignore_ascii_case(word));
        if is_there {
            self.advance();
        }
        is_there
    }

    fn take_sign(&mut self, sign: char) -> bool {
        let is_there = *self.peek() == Token::Sign(sign);
        if is_there {
            self.advance();
        }
        is_there
    }

    fn expect_sign(&mut self, sign: char) -> Result<(), FilterError> {
        self.hope_for_word(sign.encode_utf8(&mut [0; 4]));
        match self.take_sign(sign) {
            true => Ok(()),
            false => Err(self.expected(&format!("`{sign}`"))),
        }
    }

    fn expected(&self, what: &str) -> FilterError {
        self.error(format!("expected {what}, found {}", self.peek()))
    }

    fn error(&self, problem: impl Into<String>) -> FilterError {
        FilterError::new(self.tokens[self.at].column, problem)
    }

    fn unknown(&self, word: &str, subject: Subject) -> FilterError {
        let words: Vec<_> = keyword::words(subject).collect();
        self.error(format!(
            "`{word}` is no keyword here: expected one of {}",
            words.join(", ")
        ))
    }

    fn misplaced(&self, word: &str, subject: Subject) -> FilterError {
        self.error(match subject {
            Subject::RootCause => format!("`{word}` says nothing of a root cause"),
            _ => format!(
                "`{word}` speaks of root causes: expected inside braces, as in `rootcause.fault.service {{ {word} … }}`"
            ),
        })
    }
}

const FAILURES: &[(&str, Failure)] = &[
    ("fault", Failure::Fault),
    ("error", Failure::Error),
    ("responsetime", Failure::ResponseTime),
];

const PARTS: &[(&str, Part)] = &[
    ("service", Part::Service),
    ("entity", Part::Entity),
    ("exception", Part::Exception),
];

fn named<T: Copy>(names: &[(&str, T)], name: &str) -> Option<T> {
    names
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, value)| *value)
}

fn joined(mut parts: Vec<Expression>, join: fn(Vec<Expression>) -> Expression) -> Expression {
    match parts.len() {
        1 => parts.remove(0),
        _ => join(parts),
    }
}

fn negated_if(is_negated: bool, expression: Expression) -> Expression {
    match is_negated {
        true => Expression::Not(Box::new(expression)),
        false => expression,
    }
}

fn boolean(word: &str) -> Option<bool> {
    match word {
        _ if word.eq_ignore_ascii_case("true") => Some(true),
        _ if word.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

fn kind_of(field: &Field) -> &'static str {
    match field {
        Field::Flag(_) => "a flag: expected `=` or `!=`",
        Field::Number(_) => "numbers: expected `=`, `!=`, `<`, `<=`, `>` or `>=`",
        Field::Text(_) => "texts: expected `=`, `!=`, `CONTAINS`, `BEGINSWITH` or `ENDSWITH`",
        Field::Annotation(_) => "annotations",
    }
}
