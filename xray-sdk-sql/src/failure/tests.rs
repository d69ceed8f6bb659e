use super::*;

/// What is told where the statement has the name `orders`.
fn told(failure: &Failure<'_>) -> String {
    failure.told(&|name| name == "orders").into_owned()
}

fn postgres(code: &str, message: &str) -> String {
    told(&Failure::postgres("e", code, message))
}

fn mysql(number: u16, state: &str, message: &str) -> String {
    told(&Failure::mysql("e", number, state, message))
}

fn sqlite(code: &str, message: &str) -> String {
    told(&Failure::sqlite("e", code.into(), message))
}

#[test]
fn what_a_server_is_known_to_say_is_told_with_its_names() {
    let same = "duplicate key value violates unique constraint \"users_email_key\"";
    assert_eq!(postgres("23505", same), same);
    let same = "relation \"orders\" does not exist";
    assert_eq!(postgres("42P01", same), same);
    let same = "canceling statement due to statement timeout";
    assert_eq!(postgres("57014", same), same);
    let same = "Table 'shop.orders' doesn't exist";
    assert_eq!(mysql(1146, "42S02", same), same);
    let same = "Field 'name' doesn't have a default value";
    assert_eq!(mysql(1364, "HY000", same), same);
    let same = "UNIQUE constraint failed: users.email, users.name";
    assert_eq!(sqlite("2067", same), same);
}

#[test]
fn values_are_not() {
    for (message, expected) in [
        (
            postgres(
                "22P02",
                "invalid input syntax for type integer: \"S3\"cret\"",
            ),
            "invalid input syntax for type integer: \"?\"",
        ),
        (
            postgres("22003", "value \"73191\" is out of range for type integer"),
            "value \"?\" is out of range for type integer",
        ),
        (
            postgres(
                "22021",
                "invalid byte sequence for encoding \"UTF8\": 0x73 0x19",
            ),
            "invalid byte sequence for encoding \"UTF8\": ?",
        ),
        (
            postgres("42601", "syntax error at or near \"S3cret\""),
            "syntax error at or near \"?\"",
        ),
        (
            postgres("42601", "unterminated quoted string at or near \"'S3cret"),
            "syntax error",
        ),
        // 'S3cret'::regclass
        (
            postgres("42P01", "relation \"S3cret\" does not exist"),
            "relation \"?\" does not exist",
        ),
        (
            postgres("42704", "type \"S3cret\" does not exist"),
            "type \"?\" does not exist",
        ),
        (
            postgres("42704", "unrecognized configuration parameter \"S3cret\""),
            UNKNOWN_42,
        ),
        (
            mysql(
                1062,
                "23000",
                "Duplicate entry 'S3' for key 'cret' for key 'users.email'",
            ),
            "Duplicate entry '?' for key 'users.email'",
        ),
        (
            mysql(
                1064,
                "42000",
                "You have an error in your SQL syntax; … near 'S3cret' at line 1",
            ),
            "You have an error in your SQL syntax; ?",
        ),
        (
            mysql(
                1292,
                "22007",
                "Truncated incorrect INTEGER value: 'S3'cret'",
            ),
            "Truncated incorrect INTEGER value: '?'",
        ),
        (
            mysql(
                1366,
                "HY000",
                "Incorrect string value: 'S3cret' for column `shop`.`t`.`a` at row 1",
            ),
            "Incorrect string value: ?",
        ),
        (
            mysql(1054, "42S22", "Unknown column 'S3cret' in 'where clause'"),
            "Unknown column '?' in 'where clause'",
        ),
        (
            sqlite("1", "near \"S3cret\": syntax error"),
            "near \"?\": syntax error",
        ),
        (
            sqlite("1", "unrecognized token: \"'S3cret\""),
            "unrecognized token: \"?\"",
        ),
        (
            sqlite("1", "no such column: S3cret - should this be a string?"),
            "no such column: ?",
        ),
        (
            sqlite("275", "CHECK constraint failed: name <> 'S3cret'"),
            "CHECK constraint failed: ?",
        ),
        (
            sqlite("275", "CHECK constraint failed: age > 7319"),
            "CHECK constraint failed: ?",
        ),
    ] {
        assert_eq!(message, expected);
    }
}

const UNKNOWN_42: &str = "syntax error or access rule violation";

#[test]
fn what_a_function_raised_is_not_whatever_its_code() {
    for (message, expected) in [
        (
            postgres("P0001", "no such token: S3cret"),
            "raised by the program's own functions",
        ),
        (
            postgres("23505", "taken: S3cret"),
            "a unique constraint was violated",
        ),
        (postgres("42P01", "S3cret"), "no such table"),
        (
            postgres("22003", "S3cret out of range"),
            "a value is not as it has to be",
        ),
        (postgres("57014", "S3cret"), "the statement was cancelled"),
        (postgres("S3crt", "S3cret"), messages::UNKNOWN),
        (
            mysql(1644, "45000", "S3cret"),
            "raised by the program's own statements",
        ),
        (
            mysql(30001, "45000", "S3cret"),
            "raised by the program's own statements",
        ),
        (mysql(1146, "42S02", "S3cret"), "no such table"),
        (mysql(1205, "HY000", "S3cret"), messages::UNKNOWN),
        (sqlite("1811", "S3cret"), "a constraint was violated"),
        (
            sqlite("1811", "UNIQUE constraint failed: S3cret"),
            "a constraint was violated",
        ),
        (sqlite("1", "S3cret"), "error in the statement"),
    ] {
        assert_eq!(message, expected);
    }
}

#[test]
fn what_a_server_says_in_another_language_is_not() {
    for (message, expected) in [
        (
            postgres("22P02", "ungültige Eingabesyntax für Typ integer: »S3cret«"),
            "the text is no value of the type",
        ),
        (
            postgres(
                "23505",
                "doppelter Schlüsselwert verletzt Unique-Constraint »S3cret«",
            ),
            "a unique constraint was violated",
        ),
        (
            postgres("42601", "erreur de syntaxe sur ou près de « S3cret »"),
            "syntax error",
        ),
        (
            postgres("42P01", "リレーション\"S3cret\"は存在しません"),
            "no such table",
        ),
        (
            mysql(
                1062,
                "23000",
                "Doppelter Eintrag 'S3cret' für Schlüssel 'users.email'",
            ),
            "a constraint was violated",
        ),
        (
            mysql(1146, "42S02", "Tabelle 'shop.S3cret' existiert nicht"),
            "no such table",
        ),
    ] {
        assert_eq!(message, expected);
    }
}

#[test]
fn what_is_not_told_is_withheld() {
    let failure =
        Failure::postgres("e", "23505", "taken: S3cret").with_details([Some("Key (S3cret)"), None]);
    let told = failure.told(&|_| false);
    let withheld: Vec<_> = failure.withheld(&told).collect();
    let told = "a unique constraint was violated";
    assert_eq!(
        withheld,
        [("taken: S3cret", told), ("Key (S3cret)", LEFT_OUT)]
    );
    let failure = Failure::postgres("e", "40P01", "deadlock detected");
    assert_eq!(failure.withheld("deadlock detected").count(), 0);
}

#[test]
fn too_many_connections_is_throttling() {
    assert!(Failure::postgres("e", "53300", "").is_throttled);
    assert!(Failure::mysql("e", 1040, "08004", "Too many connections").is_throttled);
    assert!(!Failure::postgres("e", "23505", "").is_throttled);
}
