//! What databases say, by the code of the error, in English. Facts from the sources and manuals of the servers; what is not here, and what is
//! said in another language, is told by its code only.

use super::template::Template;

/// By the five characters of PostgreSQL's code.
pub(super) const POSTGRESQL: &[(&str, &[Template])] = &[
    ("22001", &["value too long for type {}"]),
    (
        "22003",
        &[
            "value \"*\" is out of range for type {}",
            "smallint out of range",
            "integer out of range",
            "bigint out of range",
            "numeric field overflow",
        ],
    ),
    ("22007", &["invalid input syntax for type {}: \"*\""]),
    ("22008", &["date/time field value out of range: \"*\""]),
    ("22012", &["division by zero"]),
    ("22021", &["invalid byte sequence for encoding \"{}\": *"]),
    (
        "22P02",
        &[
            "invalid input syntax for type {}: \"*\"",
            "invalid input value for enum {}: \"*\"",
        ],
    ),
    (
        "23502",
        &["null value in column \"{}\" of relation \"{}\" violates not-null constraint"],
    ),
    (
        "23503",
        &[
            "insert or update on table \"{}\" violates foreign key constraint \"{}\"",
            "update or delete on table \"{}\" violates foreign key constraint \"{}\" on table \"{}\"",
        ],
    ),
    (
        "23505",
        &["duplicate key value violates unique constraint \"{}\""],
    ),
    (
        "23514",
        &[
            "new row for relation \"{}\" violates check constraint \"{}\"",
            "value for domain {} violates check constraint \"{}\"",
        ],
    ),
    (
        "23P01",
        &["conflicting key value violates exclusion constraint \"{}\""],
    ),
    ("25006", &["cannot execute {} in a read-only transaction"]),
    (
        "25P02",
        &["current transaction is aborted, commands ignored until end of transaction block"],
    ),
    (
        "25P03",
        &["terminating connection due to idle-in-transaction timeout"],
    ),
    ("28000", &["role \"{}\" does not exist"]),
    ("28P01", &["password authentication failed for user \"{}\""]),
    ("3D000", &["database \"{}\" does not exist"]),
    ("3F000", &["schema \"[]\" does not exist"]),
    (
        "40001",
        &[
            "could not serialize access due to concurrent update",
            "could not serialize access due to concurrent delete",
            "could not serialize access due to read/write dependencies among transactions",
        ],
    ),
    ("40P01", &["deadlock detected"]),
    (
        "42501",
        &[
            "permission denied for table []",
            "permission denied for schema []",
            "permission denied for sequence []",
            "permission denied for function []",
        ],
    ),
    (
        "42601",
        &[
            "syntax error at or near \"[]\"",
            "syntax error at end of input",
            "unterminated quoted string at or near \"*\"",
        ],
    ),
    (
        "42701",
        &["column \"[]\" of relation \"[]\" already exists"],
    ),
    ("42702", &["column reference \"[]\" is ambiguous"]),
    (
        "42703",
        &[
            "column \"[]\" of relation \"[]\" does not exist",
            "column \"[]\" does not exist",
            "column [] does not exist",
        ],
    ),
    (
        "42704",
        &["type \"[]\" does not exist", "role \"[]\" does not exist"],
    ),
    (
        "42803",
        &["column \"[]\" must appear in the GROUP BY clause or be used in an aggregate function"],
    ),
    (
        "42804",
        &["column \"[]\" is of type {} but expression is of type {}"],
    ),
    (
        "42883",
        &[
            "function []({}) does not exist",
            "operator does not exist: *",
        ],
    ),
    (
        "42P01",
        &[
            "relation \"[]\" does not exist",
            "missing FROM-clause entry for table \"[]\"",
        ],
    ),
    ("42P07", &["relation \"[]\" already exists"]),
    (
        "53300",
        &[
            "sorry, too many clients already",
            "remaining connection slots are reserved *",
            "too many connections for role \"{}\"",
            "too many connections for database \"{}\"",
        ],
    ),
    (
        "55P03",
        &[
            "could not obtain lock on relation \"[]\"",
            "could not obtain lock on row in relation \"[]\"",
            "canceling statement due to lock timeout",
        ],
    ),
    (
        "57014",
        &[
            "canceling statement due to statement timeout",
            "canceling statement due to user request",
        ],
    ),
    (
        "57P01",
        &["terminating connection due to administrator command"],
    ),
    (
        "57P03",
        &[
            "the database system is starting up",
            "the database system is shutting down",
        ],
    ),
];

/// By the number of MySQL's or MariaDB's error.
pub(super) const MYSQL: &[(&str, &[Template])] = &[
    ("1040", &["Too many connections"]),
    (
        "1044",
        &["Access denied for user '{}'@'{}' to database '{}'"],
    ),
    (
        "1045",
        &["Access denied for user '{}'@'{}' (using password: {})"],
    ),
    ("1046", &["No database selected"]),
    ("1048", &["Column '{}' cannot be null"]),
    ("1049", &["Unknown database '{}'"]),
    ("1050", &["Table '[]' already exists"]),
    ("1051", &["Unknown table '{}.[]'"]),
    (
        "1052",
        &[
            "Column '[]' in '{}' is ambiguous",
            "Column '[]' in {} is ambiguous",
        ],
    ),
    ("1053", &["Server shutdown in progress"]),
    ("1054", &["Unknown column '[]' in '{}'"]),
    ("1062", &["Duplicate entry '*' for key '{}'"]),
    ("1064", &["You have an error in your SQL syntax; *"]),
    ("1136", &["Column count doesn't match value count at row #"]),
    ("1142", &["[] command denied to user *"]),
    ("1146", &["Table '{}.[]' doesn't exist"]),
    (
        "1203",
        &["User {} already has more than 'max_user_connections' active connections"],
    ),
    (
        "1205",
        &["Lock wait timeout exceeded; try restarting transaction"],
    ),
    (
        "1213",
        &["Deadlock found when trying to get lock; try restarting transaction"],
    ),
    ("1226", &["User '{}' has exceeded the '{}' resource *"]),
    ("1264", &["Out of range value for column '{}' at row #"]),
    ("1265", &["Data truncated for column '{}' at row #"]),
    (
        "1292",
        &[
            "Truncated incorrect {} value: '*'",
            "Incorrect {} value: '*' for column *",
        ],
    ),
    (
        "1305",
        &[
            "PROCEDURE {}.[] does not exist",
            "FUNCTION {}.[] does not exist",
        ],
    ),
    ("1317", &["Query execution was interrupted"]),
    ("1364", &["Field '{}' doesn't have a default value"]),
    ("1366", &["Incorrect {} value: *"]),
    ("1406", &["Data too long for column '{}' at row #"]),
    (
        "1451",
        &[
            "Cannot delete or update a parent row: a foreign key constraint fails (`{}`.`{}`, CONSTRAINT `{}` FOREIGN KEY *",
        ],
    ),
    (
        "1452",
        &[
            "Cannot add or update a child row: a foreign key constraint fails (`{}`.`{}`, CONSTRAINT `{}` FOREIGN KEY *",
        ],
    ),
    (
        "1792",
        &["Cannot execute statement in a READ ONLY transaction"],
    ),
    ("1927", &["Connection was killed"]),
    (
        "1969",
        &["Query execution was interrupted (max_statement_time exceeded)"],
    ),
    (
        "3024",
        &["Query execution was interrupted, maximum statement execution time exceeded"],
    ),
    ("3819", &["Check constraint '{}' is violated."]),
    ("4025", &["CONSTRAINT `{}` failed for `{}`.`{}`"]),
];

/// By SQLite's extended result code.
pub(super) const SQLITE: &[(&str, &[Template])] = &[
    (
        "1",
        &[
            "no such table: []",
            "no such column: []",
            "no such function: []",
            "near \"[]\": syntax error",
            "unrecognized token: \"*\"",
            "incomplete input",
            "table [] already exists",
            "table [] has no column named []",
            "ambiguous column name: []",
        ],
    ),
    ("5", &["database is locked"]),
    ("6", &["database table is locked"]),
    ("8", &["attempt to write a readonly database"]),
    ("9", &["interrupted"]),
    ("13", &["database or disk is full"]),
    ("14", &["unable to open database file"]),
    ("20", &["datatype mismatch"]),
    ("26", &["file is not a database"]),
    ("275", &["CHECK constraint failed: {}"]),
    ("787", &["FOREIGN KEY constraint failed"]),
    ("1299", &["NOT NULL constraint failed: {}"]),
    ("1555", &["UNIQUE constraint failed: {}"]),
    ("2067", &["UNIQUE constraint failed: {}"]),
];

/// What a code of the SQL standard means, by the whole of it or by its class (PostgreSQL manual, "PostgreSQL Error Codes"; MySQL manual, "Server Error
/// Message Reference"). The first that a code begins with counts.
const STATES: &[(&str, &str)] = &[
    ("22P02", "the text is no value of the type"),
    ("23502", "a not-null constraint was violated"),
    ("23503", "a foreign key was violated"),
    ("23505", "a unique constraint was violated"),
    ("23514", "a check was violated"),
    ("40001", "the transaction could not be serialised"),
    ("40P01", "deadlock"),
    ("42501", "permission denied"),
    ("42601", "syntax error"),
    ("42703", "no such column"),
    ("42883", "no such function"),
    ("42P01", "no such table"),
    ("42S02", "no such table"),
    ("42S22", "no such column"),
    ("53300", "too many connections"),
    ("55P03", "a lock was not to be had"),
    ("57014", "the statement was cancelled"),
    ("57P01", "the server closed the connection"),
    ("02", "no data"),
    ("08", "the connection failed"),
    ("0A", "not supported"),
    ("21", "cardinality violation"),
    ("22", "a value is not as it has to be"),
    ("23", "a constraint was violated"),
    ("24", "invalid cursor state"),
    ("25", "invalid transaction state"),
    ("26", "invalid statement name"),
    ("28", "login refused"),
    ("2F", "a function failed"),
    ("34", "invalid cursor name"),
    ("3B", "invalid savepoint"),
    ("3D", "no such database"),
    ("3F", "no such schema"),
    ("40", "the transaction was rolled back"),
    ("42", "syntax error or access rule violation"),
    ("45", "raised by the program's own statements"),
    ("53", "the server has no resources left"),
    ("54", "a limit of the server was exceeded"),
    ("55", "an object is not in the state that is needed"),
    ("57", "an operator intervened"),
    ("58", "system error of the server"),
    ("70", "the statement was interrupted"),
    ("P0", "raised by the program's own functions"),
    ("XA", "the distributed transaction failed"),
    ("XX", "internal error of the server"),
];

/// What the first eight bits of SQLite's code mean (SQLite documentation, "Result and Error Codes").
const SQLITE_CODES: &[(u16, &str)] = &[
    (1, "error in the statement"),
    (4, "aborted"),
    (5, "the database is locked"),
    (6, "a table is locked"),
    (7, "out of memory"),
    (8, "the database is read-only"),
    (9, "interrupted"),
    (10, "input/output error"),
    (11, "the database is damaged"),
    (13, "the database or the disk is full"),
    (14, "the database cannot be opened"),
    (18, "a value is too large"),
    (19, "a constraint was violated"),
    (20, "a value has the wrong type"),
    (21, "misuse of the library"),
    (23, "not authorised"),
    (26, "no database"),
];

/// What is told of an error whose message is not.
pub(super) const UNKNOWN: &str =
    "the database refused the call, with a message that is left out as it may hold values";

pub(super) fn of_state(code: &str) -> &'static str {
    let found = STATES.iter().find(|(known, _)| code.starts_with(known));
    found.map_or(UNKNOWN, |(_, text)| text)
}

pub(super) fn of_sqlite(code: &str) -> &'static str {
    let primary = code.parse::<u16>().ok().map(|code| code & 0xff);
    let found = SQLITE_CODES
        .iter()
        .find(|(known, _)| Some(*known) == primary);
    found.map_or(UNKNOWN, |(_, text)| text)
}
