//! Lists that differ only in their length become one: `IN (1, 2, 3)`, `ARRAY[1, 2]`, rows after `VALUES`.

use super::lexer::Lexer;
use super::output::Output;
use super::token::{Kind, Token};
use crate::engine::Engine;

/// The brackets that are open, and which of them hold a list to be shortened.
pub(super) struct Lists {
    engine: Engine,
    frames: Vec<Frame>,
}

enum Frame {
    /// Anything else in brackets.
    Plain,
    /// The values of `IN (…)` or `ARRAY[…]`.
    Values(Elements),
    /// The rows after `VALUES`, which have no bracket around them.
    Rows(Elements),
}

/// A list that is being written, as places in the output.
struct Elements {
    /// Where the element begins that is being written.
    begin: usize,
    /// The last element before it.
    previous: Option<(usize, usize)>,
    /// It consists of values and brackets only.
    is_plain: bool,
    /// So did all before it.
    were_plain: bool,
}

impl Elements {
    fn at(begin: usize) -> Self {
        Self {
            begin,
            previous: None,
            is_plain: true,
            were_plain: true,
        }
    }

    /// An element is complete. Takes it back when it is like the one before it.
    fn complete(&mut self, engine: Engine, output: &mut Output<'_>, must_be_plain: bool) {
        let end = output.len();
        let is_repeated = (self.is_plain || !must_be_plain)
            && self.previous.is_some_and(|(begin, end)| {
                let text = output.text();
                let (one, other) = (&text[begin..end], &text[self.begin..]);
                one.trim() == other.trim() || have_same_shape(engine, one, other)
            });
        match self.previous {
            Some((_, end)) if is_repeated => output.truncate(end),
            _ => self.previous = Some((self.begin, end)),
        }
        self.were_plain &= self.is_plain;
        self.is_plain = true;
    }
}

impl Lists {
    pub(super) fn new(engine: Engine) -> Self {
        Self {
            engine,
            frames: Vec::new(),
        }
    }

    /// Before `token` is written. `is_row` says that it may belong to a row of `VALUES` though it is a word.
    pub(super) fn before(&mut self, token: Token, is_row: bool, output: &mut Output<'_>) {
        let is_name = matches!(token.kind, Kind::Word | Kind::Quoted | Kind::Doubled);
        if let Some(Frame::Rows(elements)) = self.frames.last_mut() {
            match token.kind {
                Kind::Open => {}
                Kind::Word if is_row => {}
                Kind::Comma => elements.complete(self.engine, output, false),
                _ => {
                    elements.complete(self.engine, output, false);
                    self.frames.pop();
                }
            }
        }
        match (self.frames.last_mut(), token.kind) {
            (Some(Frame::Values(elements)), Kind::Comma | Kind::Close) => {
                elements.complete(self.engine, output, true);
            }
            (Some(Frame::Values(elements)), _) => elements.is_plain &= !is_name,
            _ => {}
        }
        if token.kind == Kind::Close {
            self.close();
        }
    }

    /// After `token` was written. `opens_list` says that a bracket holds the values of a list.
    pub(super) fn after(&mut self, token: Token, opens_list: bool, output: &Output<'_>) {
        let is_square = output.text().ends_with('[');
        match token.kind {
            Kind::Open => {
                let is_inner = match self.frames.last() {
                    Some(Frame::Values(around)) => is_square && around.is_plain,
                    _ => false,
                };
                self.frames.push(match opens_list || is_inner {
                    true => Frame::Values(Elements::at(output.len())),
                    false => Frame::Plain,
                });
            }
            Kind::Comma => {
                if let Some(Frame::Values(elements) | Frame::Rows(elements)) =
                    self.frames.last_mut()
                {
                    elements.begin = output.len();
                }
            }
            _ => {}
        }
    }

    /// The word `VALUES` was written.
    pub(super) fn rows(&mut self, output: &Output<'_>) {
        self.frames.push(Frame::Rows(Elements::at(output.len())));
    }

    /// The end of the statement.
    pub(super) fn finish(&mut self, output: &mut Output<'_>) {
        if let Some(Frame::Rows(elements)) = self.frames.last_mut() {
            elements.complete(self.engine, output, false);
        }
    }

    fn close(&mut self) {
        if let Some(Frame::Values(inner)) = self.frames.pop()
            && let Some(Frame::Values(around)) = self.frames.last_mut()
        {
            around.is_plain &= inner.were_plain;
        }
    }
}

/// Whether two texts differ only in which values they hold, and in signs before them.
fn have_same_shape(engine: Engine, one: &str, other: &str) -> bool {
    shape(engine, one).eq(shape(engine, other))
}

/// The tokens, with nothing for each value.
fn shape(engine: Engine, text: &str) -> impl Iterator<Item = Option<&str>> {
    let mut tokens = Lexer::new(engine, text).peekable();
    std::iter::from_fn(move || {
        loop {
            let token = tokens.next()?;
            let is_sign = matches!(token.text(text), "-" | "+");
            if is_sign && tokens.peek().is_some_and(Token::is_value) {
                continue;
            }
            return Some((!token.is_value()).then(|| token.text(text)));
        }
    })
}
