use proptest::prelude::*;

use super::lexer::Lexer;
use super::token::{Kind, Token};
use super::{LONGEST, sanitize, statement_name};
use crate::engine::Engine;

const ENGINES: [Engine; 4] = [
    Engine::PostgreSql,
    Engine::MySql,
    Engine::MariaDb,
    Engine::Sqlite,
];

/// What every literal holds.
const SECRET: &str = "zq7319x";

/// The kinds of the tokens, and the text of those that are no values.
fn shape(engine: Engine, text: &str) -> Vec<String> {
    Lexer::new(engine, text)
        .flat_map(|token: Token| match token.kind {
            // What stands for it.
            Kind::Doubtful => vec!["value".to_owned(), "Word …".to_owned()],
            _ if token.is_value() => vec!["value".to_owned()],
            kind => vec![format!("{kind:?} {}", token.text(text))],
        })
        .collect()
}

/// Literals as the engine writes them, around a text.
fn literals(engine: Engine) -> &'static [(&'static str, &'static str)] {
    match engine {
        Engine::PostgreSql => &[
            ("'", "'"),
            ("'it''s ", "'''"),
            ("'\\\\ \" ", "'"),
            ("E'\\' ", "\\\\'"),
            ("e'", "\\''' '"),
            ("$$' ", " $'$$"),
            ("$a$ $$ ", "$b$ $a$"),
            ("U&'", "'"),
            ("B'", "'"),
            ("x'", "'"),
            ("n'", "'"),
            ("'-- ", "'"),
            ("'/* ", "'"),
            ("7319", ""),
            (".5", "e7"),
            ("0x", ""),
            ("1e-5", ""),
            ("'\n", "\n'"),
        ],
        Engine::MySql | Engine::MariaDb => &[
            ("'", "'"),
            ("\"", "\""),
            ("'it''s ", "'''"),
            ("\"a\"\" ", "\""),
            ("'it\\'s ", "'"),
            ("'\\\\ ", "\\\\'"),
            ("N'", "'"),
            ("x'", "'"),
            ("b'", "'"),
            ("'\" ", "'"),
            ("\"' ", "\""),
            ("'# -- ", "'"),
            ("'/* ", " */'"),
            ("7319", ""),
            ("0x", ""),
            ("0b", ""),
            ("1.5e-3", ""),
        ],
        _ => &[
            ("'", "'"),
            ("'it''s ", "'''"),
            ("'C:\\", "\\'"),
            ("X'", "'"),
            ("'-- ", "'"),
            ("'/* ", "'"),
            ("'\" ", "'"),
            ("7319", ""),
            (".5", "e7"),
            ("0x", ""),
            ("1_000", ""),
        ],
    }
}

/// Anything but literals. No word of it begins a list.
fn others(engine: Engine) -> &'static [&'static str] {
    match engine {
        Engine::PostgreSql => &[
            "SELECT",
            "from",
            "größe",
            "_x",
            "a$1",
            "\"it's\"",
            "\"a\"\"--b\"",
            "$1",
            "(",
            ")",
            "[",
            "]",
            ",",
            ".",
            "=",
            "<>",
            "::",
            "->>",
            "-",
            "+",
            "*",
            ";",
            "U&\"n\"",
            "?",
        ],
        Engine::MySql | Engine::MariaDb => &[
            "SELECT", "from", "größe", "_x", "`it's`", "`a``--b`", "?", "@v", "@@g", ":name", "(",
            ")", ",", ".", "=", "<=>", ":=", "->>", "-", "+", "*", ";", "_utf8",
        ],
        _ => &[
            "SELECT", "from", "größe", "_x", "`it's`", "[a b]", "[it's]", "?", "?12", ":1a", "@v",
            "$v", "(", ")", ",", ".", "=", "||", "->>", "-", "+", "*", ";",
        ],
    }
}

const BLANKS: &[&str] = &[
    " ",
    "\n",
    "\t ",
    "\r\n",
    " /* ' zq7319x */ ",
    " -- zq7319x ' \n",
    " /**/ ",
];

fn engine() -> impl Strategy<Value = Engine> {
    prop::sample::select(ENGINES.to_vec())
}

/// One token in two: a literal or something else, and the blanks after it.
fn token(engine: Engine) -> impl Strategy<Value = String> {
    let literal = prop::sample::select(literals(engine))
        .prop_map(|(before, after)| format!("{before}{SECRET}{after}"));
    let other = prop::sample::select(others(engine)).prop_map(str::to_owned);
    let blank = prop::sample::select(BLANKS);
    (prop_oneof![literal, other], blank).prop_map(|(token, blank)| token + blank)
}

fn statement() -> impl Strategy<Value = (Engine, String)> {
    engine().prop_flat_map(|engine| {
        let tokens = prop::collection::vec(token(engine), 0..40);
        tokens.prop_map(move |tokens| (engine, tokens.concat()))
    })
}

/// As above, with lists that become shorter.
fn lists() -> impl Strategy<Value = (Engine, String)> {
    const BEGIN: &[&str] = &[
        "IN (", "in(", "VALUES (", "VALUES ", ") , (", "), ROW (", "((", "))", "", "ARRAY[",
    ];
    engine().prop_flat_map(|engine| {
        // In SQLite a square bracket begins a name.
        let begin = &BEGIN[..BEGIN.len() - usize::from(engine != Engine::PostgreSql)];
        let part = (prop::sample::select(begin), token(engine));
        let parts = prop::collection::vec(
            part.prop_map(|(begin, token)| format!("{begin}{token},")),
            0..30,
        );
        parts.prop_map(move |parts| (engine, parts.concat()))
    })
}

/// A statement for a server that is set so that backslashes hide characters, or so that they do not.
fn set_either_way() -> impl Strategy<Value = (Engine, String)> {
    const PLAIN: &[(&str, &str)] = &[
        ("'", "\\'"),
        ("'\\", "'"),
        ("'C:\\' , '", "\\'"),
        ("'", "'"),
    ];
    const ESCAPED: &[(&str, &str)] = &[
        ("'it\\'s ", "'"),
        ("'", "\\''"),
        ("'\\\\", "\\\\'"),
        ("'", "'"),
    ];
    let engine = prop::sample::select(vec![Engine::PostgreSql, Engine::MySql]);
    (engine, any::<bool>()).prop_flat_map(|(engine, is_plain)| {
        let literal = prop::sample::select(if is_plain { PLAIN } else { ESCAPED })
            .prop_map(|(before, after)| format!("{before}{SECRET}{after} "));
        let other = prop::sample::select(others(engine)).prop_map(|other| format!("{other} "));
        let tokens = prop::collection::vec(prop_oneof![literal, other], 0..20);
        tokens.prop_map(move |tokens| (engine, tokens.concat()))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn no_literal_is_left_of_any_statement_and_its_shape_is_the_same((engine, statement) in statement()) {
        let sanitized = sanitize(engine, &statement);
        prop_assert!(!sanitized.contains(SECRET), "{sanitized}");
        prop_assert!(!sanitized.contains("7319"), "{sanitized}");
        prop_assert_eq!(shape(engine, &sanitized), shape(engine, &statement), "{}", sanitized);
        prop_assert_eq!(&sanitize(engine, &sanitized), &sanitized);
    }

    #[test]
    fn no_literal_is_left_of_lists((engine, statement) in lists()) {
        let sanitized = sanitize(engine, &statement);
        prop_assert!(!sanitized.contains("7319"), "{sanitized}");
        prop_assert!(!statement_name(engine, &statement).contains("7319"));
        prop_assert_eq!(&sanitize(engine, &sanitized), &sanitized);
    }

    #[test]
    fn no_literal_is_left_however_the_server_is_set((engine, statement) in set_either_way()) {
        let sanitized = sanitize(engine, &statement);
        prop_assert!(!sanitized.contains(SECRET), "{statement}: {sanitized}");
        prop_assert!(!statement_name(engine, &statement).contains(SECRET));
    }

    #[test]
    fn any_text_is_read_within_bounds(engine in engine(), text in ".{0,200}") {
        let sanitized = sanitize(engine, &text);
        prop_assert!(sanitized.len() <= text.len() + " …".len() + 1);
        statement_name(engine, &text);
    }

    #[test]
    fn any_bytes_of_sql_are_read(engine in engine(), bytes in prop::collection::vec(
        prop::sample::select(&b"'\"`\\$-/*#![](){}?:@.,;eExXuU&nb0195 \n\r\0_a+\xc3\xa9\xff"[..]), 0..300)) {
        let text = String::from_utf8_lossy(&bytes);
        let sanitized = sanitize(engine, &text);
        prop_assert!(sanitized.len() <= text.len() + " …".len() + 1);
        statement_name(engine, &text);
        let mut end = 0;
        for token in Lexer::new(engine, &text) {
            prop_assert!(token.start >= end && token.end > token.start, "{token:?}");
            end = token.end;
        }
    }
}

#[test]
fn a_text_that_needs_no_change_is_not_copied() {
    for text in [
        "SELECT a, b FROM t WHERE id = $1",
        "  SELECT a FROM t -- comment",
        "",
        "/* only */",
    ] {
        let sanitized = sanitize(Engine::PostgreSql, text);
        assert!(matches!(sanitized, std::borrow::Cow::Borrowed(_)), "{text}");
    }
}

#[test]
fn a_long_statement_is_cut_and_marked() {
    let columns = "größe, ".repeat(2_000);
    let sanitized = sanitize(Engine::Sqlite, &columns);
    assert!(
        sanitized.len() <= LONGEST + " …".len(),
        "{}",
        sanitized.len()
    );
    assert!(sanitized.ends_with(" …"));
}

#[test]
fn a_list_of_many_thousand_values_leaves_a_short_text() {
    let values = vec!["'zq7319x'"; 20_000].join(", ");
    let statement = format!("SELECT * FROM t WHERE id IN ({values}) AND b = 1");
    let sanitized = sanitize(Engine::MySql, &statement);
    assert_eq!(sanitized, "SELECT * FROM t WHERE id IN (?) AND b = ?");
}

#[test]
fn queries_within_queries_take_no_more_stack_the_deeper_they_stand() {
    let statement = format!("{}SELECT * FROM orders", "SELECT * FROM (".repeat(16_000));
    assert_eq!(statement_name(Engine::MySql, &statement), "SELECT orders");
}

#[test]
fn what_is_beyond_the_bound_of_reading_is_left_out() {
    let values = vec!["'zq7319x'"; 40_000].join(", ");
    let statement = format!("SELECT * FROM t WHERE id IN ({values}) AND b = 1");
    let sanitized = sanitize(Engine::Sqlite, &statement);
    assert!(
        sanitized.starts_with("SELECT * FROM t WHERE id IN (?"),
        "{sanitized}"
    );
    assert!(sanitized.ends_with('…'), "{sanitized}");
}

#[test]
fn a_string_ends_where_the_whole_statement_makes_sense() {
    for engine in [Engine::PostgreSql, Engine::MySql] {
        let plain = "SELECT 'a\\' OR b = 'zq7319x'";
        assert_eq!(sanitize(engine, plain), "SELECT ? OR b = ?");
        let escaped = "SELECT 'a\\' OR b = zq7319x' OR c";
        assert_eq!(sanitize(engine, escaped), "SELECT ? OR c");
    }
}

#[test]
fn a_doubtful_end_of_a_string_hides_the_rest() {
    // By either reading everything ends, or by none.
    for text in [
        "SELECT 'a\\' /*' zq7319x */",
        "SELECT 'a\\' , 'zq7319x",
        "SELECT 'a\\'OR b='zq7319x'",
    ] {
        for engine in [Engine::PostgreSql, Engine::MySql] {
            assert_eq!(sanitize(engine, text), "SELECT ? …");
            let last = Lexer::new(engine, text).last().map(|token| token.kind);
            assert_eq!(last, Some(Kind::Doubtful));
        }
    }
}
