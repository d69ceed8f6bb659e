//! Where bare words are values: a setting's, a pragma's, the arguments of a module, the key of an attached database.

use super::token::{Kind, Token};
use crate::engine::Engine;

/// How far a statement is that may have such a place.
#[derive(Default)]
pub(super) struct Hidden {
    state: State,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum State {
    /// A statement begins.
    #[default]
    Begin,
    /// Words as `=` and `TO` are followed by values: `SET app.token TO abc`.
    Setting,
    /// So is `SET`, when it comes.
    Alter,
    /// So are `=` and a bracket.
    Pragma,
    /// So is `KEY`.
    Attach,
    Create,
    /// The name of a module follows `USING`.
    Virtual,
    /// Its arguments follow in a bracket.
    Module,
    /// All words are values, to the end of the statement.
    Values,
    /// None is.
    Names,
}

impl Hidden {
    /// Goes past a token, and tells whether it is a value though it looks like a name.
    pub(super) fn pass(&mut self, engine: Engine, statement: &str, token: Token) -> bool {
        if self.state == State::Names {
            self.end(statement, token);
            return false;
        }
        let is_name = matches!(token.kind, Kind::Word | Kind::Quoted | Kind::Doubled);
        let hides = self.state == State::Values && is_name;
        self.end(statement, token);
        if token.kind != Kind::Word {
            self.state = match (self.state, token.kind) {
                (State::Setting | State::Pragma, _) if token.text(statement) == "=" => {
                    State::Values
                }
                (State::Pragma | State::Module, Kind::Open) => State::Values,
                (state, _) => state,
            };
            return hides;
        }
        let is = |words: &[&str]| words.iter().any(|word| token.is_word(statement, word));
        self.state = match (self.state, engine) {
            (State::Begin, _) if is(&["EXPLAIN", "QUERY", "PLAN", "ANALYZE"]) => State::Begin,
            (State::Begin, Engine::PostgreSql) if is(&["SET"]) => State::Setting,
            (State::Begin, Engine::PostgreSql) if is(&["ALTER"]) => State::Alter,
            (State::Begin, Engine::Sqlite) if is(&["PRAGMA"]) => State::Pragma,
            (State::Begin, Engine::Sqlite) if is(&["ATTACH"]) => State::Attach,
            (State::Begin, Engine::Sqlite) if is(&["CREATE"]) => State::Create,
            (State::Begin, _) => State::Names,
            (State::Setting, _) if is(&["TO"]) => State::Values,
            // Columns and constraints have defaults, and no settings.
            (State::Alter, _) if is(&["TABLE", "COLUMN", "DEFAULT", "DOMAIN"]) => State::Names,
            (State::Alter, _) if is(&["SET"]) => State::Setting,
            (State::Attach, _) if is(&["KEY"]) => State::Values,
            (State::Create, _) if is(&["VIRTUAL"]) => State::Virtual,
            (State::Create, _) => State::Names,
            (State::Virtual, _) if is(&["USING"]) => State::Module,
            (state, _) => state,
        };
        hides
    }

    fn end(&mut self, statement: &str, token: Token) {
        if token.kind == Kind::Operator && token.text(statement) == ";" {
            self.state = State::Begin;
        }
    }
}
