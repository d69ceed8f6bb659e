use std::borrow::Cow;

use super::doubled::Surroundings;
use super::hidden::Hidden;
use super::lexer::Lexer;
use super::lists::Lists;
use super::output::Output;
use super::token::{Kind, Token};
use super::{LONGEST, LONGEST_READ};
use crate::engine::Engine;

/// What stands for a value.
const VALUE: &str = "?";

/// What stands for a rest that is left out.
const REST: &str = "…";

/// The statement without its literals and comments: `?` stands for each literal. What was bound is not in it anyway.
///
/// Lists of values in `IN (…)` and `ARRAY[…]`, and rows after `VALUES`, are reduced to their first element; blanks between tokens to one.
/// At most 4096 bytes are kept; a rest that is left out is marked by `…`. The text is borrowed where nothing
/// had to change.
///
/// Any text is read, also one that is no SQL. What is not terminated is a literal to its end. Where it
/// depends on a setting of the server whether a string ends (`'…\'` in PostgreSQL and MySQL), the reading that makes sense of the whole statement
/// counts; where both do, or neither does, the rest is left out.
/// In SQLite `"…"` is kept where a name has to stand, alone in a list after `SELECT`, and where it is compared; in MySQL it is always a literal.
/// Words that are values are replaced, too: of `SET` in PostgreSQL, of `PRAGMA` and the arguments of modules in SQLite.
///
/// ```
/// use xray_sdk_sql::{Engine, sanitize};
///
/// let statement = "SELECT * FROM users WHERE email = 'ann@example.com' AND id IN (1, 2, 3)";
/// assert_eq!(
///     sanitize(Engine::PostgreSql, statement),
///     "SELECT * FROM users WHERE email = ? AND id IN (?)",
/// );
/// ```
pub fn sanitize(engine: Engine, statement: &str) -> Cow<'_, str> {
    let (text, is_cut) = head(statement, LONGEST_READ);
    let mut reader = Reader {
        text,
        output: Output::new(text.trim_start_matches(is_blank)),
        offset: text.len() - text.trim_start_matches(is_blank).len(),
        lists: Lists::new(engine),
        surroundings: (engine == Engine::Sqlite).then(Surroundings::default),
        hidden: Hidden::default(),
        end: 0,
        before: None,
    };
    let is_whole = reader.read(engine);
    if is_cut || !is_whole {
        reader.output.put(REST, true);
    }
    reader.output.finish()
}

fn is_blank(character: char) -> bool {
    character <= ' ' || character == '\x7f'
}

/// At most so many bytes, and whether that is less than all.
pub(super) fn head(text: &str, longest: usize) -> (&str, bool) {
    match text.len() > longest {
        true => (&text[..text.floor_char_boundary(longest)], true),
        false => (text, false),
    }
}

struct Reader<'a> {
    text: &'a str,
    output: Output<'a>,
    /// Where the output's source begins in the text.
    offset: usize,
    lists: Lists,
    surroundings: Option<Surroundings>,
    hidden: Hidden,
    /// Where the last token ended.
    end: usize,
    before: Option<Token>,
}

impl Reader<'_> {
    /// Reads all tokens. Tells whether all were written.
    fn read(&mut self, engine: Engine) -> bool {
        let mut lexer = Lexer::new(engine, self.text);
        let mut next = lexer.next();
        while let Some(token) = next {
            next = lexer.next();
            if token.kind == Kind::Doubtful {
                self.output.put(VALUE, self.gap(token));
                return false;
            }
            self.write(engine, token, next);
            if self.output.len() > LONGEST {
                let length = self.output.text().floor_char_boundary(LONGEST);
                self.output.truncate(length);
                return false;
            }
        }
        self.lists.finish(&mut self.output);
        true
    }

    fn gap(&self, token: Token) -> bool {
        self.before.is_some() && token.start > self.end
    }

    fn write(&mut self, engine: Engine, token: Token, next: Option<Token>) {
        let token = match self.hidden.pass(engine, self.text, token) {
            true => Token {
                kind: Kind::Literal,
                ..token
            },
            false => self.without_doubt(token, next),
        };
        let is_row = token.is_word(self.text, "ROW");
        self.lists.before(token, is_row, &mut self.output);
        let gap = self.gap(token);
        if token.kind == Kind::Literal {
            self.output.put(VALUE, gap);
        } else {
            let offset = self.offset;
            self.output
                .keep(token.start - offset, token.end - offset, gap);
        }
        let opens_list = self.before.is_some_and(|before| {
            before.is_word(self.text, "IN") || before.is_word(self.text, "ARRAY")
        });
        self.lists.after(token, opens_list, &self.output);
        if token.is_word(self.text, "VALUES") {
            self.lists.rows(&self.output);
        }
        if let Some(surroundings) = &mut self.surroundings {
            surroundings.pass(self.text, token);
        }
        self.end = token.end;
        self.before = Some(token);
    }

    /// A text in double quotes as what it is: a name or a literal.
    fn without_doubt(&self, token: Token, next: Option<Token>) -> Token {
        let kind = match (token.kind, &self.surroundings) {
            (Kind::Doubled, Some(surroundings)) if surroundings.want_name(self.text, next) => {
                Kind::Quoted
            }
            (Kind::Doubled, _) => Kind::Literal,
            (kind, _) => kind,
        };
        Token { kind, ..token }
    }
}
