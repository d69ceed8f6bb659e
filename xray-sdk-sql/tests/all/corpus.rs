//! Statements with literals planted in them, of each engine, and what is left of them.
//!
//! Each holds `S3cret` or `7319` in its literals and comments, and nowhere else.

use xray_sdk_sql::{Engine, sanitize, statement_name};

struct Entry {
    statement: String,
    sanitized: String,
    name: String,
}

/// A corpus: each entry is a statement, a line with `=> ` and its sanitised text, and one with `== ` and its name.
fn read(corpus: &str) -> Vec<Entry> {
    let entry = |text: &str| {
        let (statement, rest) = text.split_once("\n=> ")?;
        let (sanitized, name) = rest.split_once("\n== ")?;
        Some(Entry {
            statement: statement.to_owned(),
            sanitized: sanitized.to_owned(),
            name: name.to_owned(),
        })
    };
    let texts = corpus.trim_end().split("\n\n");
    texts
        .map(|text| entry(text).unwrap_or_else(|| panic!("no entry: {text}")))
        .collect()
}

fn corpora() -> [(Engine, Vec<Entry>); 3] {
    [
        (Engine::PostgreSql, include_str!("corpus/postgresql.txt")),
        (Engine::MySql, include_str!("corpus/mysql.txt")),
        (Engine::Sqlite, include_str!("corpus/sqlite.txt")),
    ]
    .map(|(engine, corpus)| (engine, read(corpus)))
}

#[test]
fn each_statement_is_left_without_its_literals() {
    let mut count = 0;
    for (engine, entries) in corpora() {
        for entry in entries {
            let sanitized = sanitize(engine, &entry.statement);
            assert_eq!(
                sanitized, entry.sanitized,
                "{engine:?}: {}",
                entry.statement
            );
            assert!(
                !sanitized.to_ascii_lowercase().contains("s3cret"),
                "{sanitized}"
            );
            assert!(!sanitized.contains("7319"), "{sanitized}");
            assert_eq!(sanitize(engine, &sanitized), sanitized);
            count += 1;
        }
    }
    assert!(count >= 300, "{count} statements are too few");
}

#[test]
fn each_statement_has_a_name_without_values() {
    for (engine, entries) in corpora() {
        for entry in entries {
            let name = statement_name(engine, &entry.statement);
            assert_eq!(name, entry.name, "{engine:?}: {}", entry.statement);
            assert!(!name.contains("S3cret") && !name.contains("7319"), "{name}");
        }
    }
}
