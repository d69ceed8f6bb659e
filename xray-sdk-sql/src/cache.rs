//! Statements that were read lately, so that a statement is not read again at each call.
//!
//! What is kept depends on nothing but the engine and the text, so one cache serves the whole process. It never blocks: whoever
//! finds it busy reads the statement himself.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, RwLock, TryLockError};

use crate::engine::Engine;
use crate::statement::Statement;

/// How many statements of one engine are kept at least, of those used last. At most twice as many.
const KEPT: usize = 256;

/// The longest statement that is kept, in bytes. With [`KEPT`] this bounds the memory: 4 MB for each engine, at the very most.
const LONGEST: usize = 4096;

static CACHES: LazyLock<[Cache; 3]> = LazyLock::new(Default::default);

/// What is recorded of the statement `text`.
pub(crate) fn statement(engine: Engine, text: &str) -> Arc<Statement> {
    let number = match engine {
        Engine::PostgreSql => 0,
        Engine::MySql | Engine::MariaDb => 1,
        Engine::Sqlite => 2,
    };
    CACHES[number].get(engine, text)
}

#[derive(Default)]
struct Cache {
    generations: RwLock<Generations>,
}

/// When the young are as many as are kept, they become the old, and the old are forgotten. Who is used among the old
/// becomes young again.
#[derive(Default)]
struct Generations {
    young: HashMap<Box<str>, Arc<Statement>>,
    old: HashMap<Box<str>, Arc<Statement>>,
}

impl Cache {
    fn get(&self, engine: Engine, text: &str) -> Arc<Statement> {
        if text.len() > LONGEST {
            return Arc::new(Statement::read(engine, text));
        }
        if let Some(statement) = self.young(text) {
            return statement;
        }
        let mut generations = match self.generations.try_write() {
            Ok(generations) => generations,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return Arc::new(Statement::read(engine, text)),
        };
        generations.take(engine, text)
    }

    fn young(&self, text: &str) -> Option<Arc<Statement>> {
        let generations = match self.generations.try_read() {
            Ok(generations) => generations,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return None,
        };
        generations.young.get(text).cloned()
    }
}

impl Generations {
    fn take(&mut self, engine: Engine, text: &str) -> Arc<Statement> {
        let statement = match self.old.remove(text) {
            Some(statement) => statement,
            None => Arc::new(Statement::read(engine, text)),
        };
        if self.young.len() >= KEPT {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(text.into(), statement.clone());
        statement
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_read_once() {
        let cache = Cache::default();
        let first = cache.get(Engine::PostgreSql, "SELECT 1");
        let again = cache.get(Engine::PostgreSql, "SELECT 1");
        assert!(Arc::ptr_eq(&first, &again));
        assert_eq!((&*first.sanitized, &*first.name), ("SELECT ?", "SELECT"));
    }

    #[test]
    fn what_is_used_stays_and_what_is_not_goes() {
        let cache = Cache::default();
        let used = cache.get(Engine::PostgreSql, "SELECT used");
        let unused = cache.get(Engine::PostgreSql, "SELECT unused");
        for number in 0..5 * KEPT {
            cache.get(Engine::PostgreSql, &format!("SELECT t{number}"));
            assert!(Arc::ptr_eq(
                &used,
                &cache.get(Engine::PostgreSql, "SELECT used")
            ));
        }
        assert!(!Arc::ptr_eq(
            &unused,
            &cache.get(Engine::PostgreSql, "SELECT unused")
        ));
        let generations = cache.generations.read().expect("not poisoned");
        assert!(generations.young.len() + generations.old.len() <= 2 * KEPT);
    }

    #[test]
    fn a_long_statement_is_read_and_not_kept() {
        let cache = Cache::default();
        let text = format!("SELECT {}", "a, ".repeat(LONGEST));
        let (first, again) = (
            cache.get(Engine::MySql, &text),
            cache.get(Engine::MySql, &text),
        );
        assert!(!Arc::ptr_eq(&first, &again));
        assert_eq!(first.name, again.name);
    }

    #[test]
    fn a_busy_cache_is_not_waited_for() {
        let cache = Cache::default();
        let _busy = cache.generations.write().expect("not poisoned");
        assert_eq!(
            &*cache.get(Engine::Sqlite, "SELECT 'a'").sanitized,
            "SELECT ?"
        );
    }
}
