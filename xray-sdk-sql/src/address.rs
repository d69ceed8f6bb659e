//! Where a database is, from a URL or a list of settings, and never how to log in there.

use crate::engine::Engine;

/// What a connection string says, without passwords and without any parameter that is not known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Address {
    pub(crate) engine: Option<Engine>,
    pub(crate) user: Option<String>,
    pub(crate) host: Option<String>,
    pub(crate) port: Option<u16>,
    pub(crate) database: Option<String>,
}

impl Address {
    /// Reads `postgres://user:password@host:port/database?…`, `host=… user=… password=…`, or the path of a SQLite file.
    /// What is not clear is left out: a text of another form may hold a password anywhere.
    pub(crate) fn read(text: &str) -> Self {
        let path = text
            .strip_prefix("sqlite:")
            .or_else(|| text.strip_prefix("file:"));
        if is_settings(text) {
            return match text.contains(';') {
                true => Self::default(),
                false => settings(text),
            };
        }
        match (text.split_once("://"), path) {
            (Some((scheme, rest)), _) => url(scheme, rest),
            (None, Some(path)) => file(path),
            (None, None) if is_path(text) => file(text),
            (None, None) => Self::default(),
        }
    }
}

fn engine(scheme: &str) -> Option<Engine> {
    match scheme.split(['+', ' ']).next()? {
        "postgres" | "postgresql" => Some(Engine::PostgreSql),
        "mysql" => Some(Engine::MySql),
        "mariadb" => Some(Engine::MariaDb),
        "sqlite" | "file" => Some(Engine::Sqlite),
        _ => None,
    }
}

fn url(scheme: &str, rest: &str) -> Address {
    let engine = engine(&scheme.to_ascii_lowercase());
    if engine == Some(Engine::Sqlite) {
        return file(rest);
    }
    let query = rest.find(['?', '#']).unwrap_or(rest.len());
    let (place, parameters) = rest.split_at(query);
    let (login, place) = match place.rsplit_once('@') {
        Some((login, place)) => (Some(login), place),
        // A password with a question mark in it would make the host a part of the password.
        None if parameters.contains('@') => {
            return Address {
                engine,
                ..Address::default()
            };
        }
        None => (None, place),
    };
    let (hosts, database) = place.split_once('/').unwrap_or((place, ""));
    let (host, port) = host_and_port(hosts.split(',').next().unwrap_or_default());
    Address {
        engine,
        user: login.and_then(user),
        host,
        port,
        database: some(database),
    }
}

/// What stands before the password, also where the colon between them is written as `%3A`.
fn user(login: &str) -> Option<String> {
    let end = login.find(':').unwrap_or(login.len());
    let escaped = login.to_ascii_lowercase().find("%3a").unwrap_or(end);
    some(&login[..end.min(escaped)])
}

fn host_and_port(text: &str) -> (Option<String>, Option<u16>) {
    let after_bracket = text.rfind(']').unwrap_or(0);
    match text[after_bracket..].rfind(':') {
        Some(colon) => {
            let (host, port) = text.split_at(after_bracket + colon);
            (some(host), port[1..].parse().ok())
        }
        None => (some(text), None),
    }
}

/// A path, and not `user:password` or a driver's own form. A drive stands before a colon, too.
fn is_path(text: &str) -> bool {
    let rest = match text.as_bytes() {
        [drive, b':', ..] if drive.is_ascii_alphabetic() => &text[2..],
        _ => text,
    };
    text == ":memory:" || !rest.contains(['@', ';', '=', ':'])
}

/// `key=value` pairs, as libpq has them.
fn is_settings(text: &str) -> bool {
    let text = text.trim_start();
    let key = text.split(['=', ' ']).next().unwrap_or_default();
    text.contains('=')
        && !key.is_empty()
        && key
            .bytes()
            .all(|byte| byte.is_ascii_alphabetic() || byte == b'_')
}

fn settings(mut text: &str) -> Address {
    let mut address = Address {
        engine: Some(Engine::PostgreSql),
        ..Address::default()
    };
    while let Some((key, rest)) = text.split_once('=') {
        let (value, after) = value(rest.trim_start());
        match key.trim() {
            "user" => address.user = some(&value),
            "host" | "hostaddr" if address.host.is_none() => {
                address.host = some(value.split(',').next().unwrap_or_default());
            }
            "port" => address.port = value.split(',').next().and_then(|port| port.parse().ok()),
            "dbname" => address.database = some(&value),
            _ => {}
        }
        text = after;
    }
    address
}

/// A value, in quotes or up to the next blank, and what follows it. A backslash hides the character after it.
fn value(text: &str) -> (String, &str) {
    let (mut rest, is_quoted) = match text.strip_prefix('\'') {
        Some(inner) => (inner.chars(), true),
        None => (text.chars(), false),
    };
    let mut value = String::new();
    while let Some(character) = rest.next() {
        match character {
            '\\' => value.extend(rest.next()),
            '\'' if is_quoted => break,
            blank if blank.is_whitespace() && !is_quoted => break,
            other => value.push(other),
        }
    }
    (value, rest.as_str())
}

/// SQLite's file, without its folders and parameters.
fn file(path: &str) -> Address {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let name = path.rsplit(['/', '\\']).next().unwrap_or_default();
    let name = match name {
        "" | ":memory:" => "memory",
        name => name,
    };
    Address {
        engine: Some(Engine::Sqlite),
        database: some(name),
        ..Address::default()
    }
}

/// A part, if it is nothing but that: settings that stick to it, as `;password=…`, or a URL in it may hold a password.
fn some(text: &str) -> Option<String> {
    let is_plain = !text.contains([';', '&', '=']) && !text.contains("://");
    (is_plain && !text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `user host port database`, with `-` for what is not known.
    fn told(text: &str) -> String {
        let address = Address::read(text);
        let or = |part: Option<String>| part.unwrap_or_else(|| "-".to_owned());
        format!(
            "{} {} {} {}",
            or(address.user),
            or(address.host),
            or(address.port.map(|port| port.to_string())),
            or(address.database)
        )
    }

    #[test]
    fn urls_and_settings_tell_where_and_who() {
        for (text, expected) in [
            (
                "postgres://app@db.internal:5433/shop",
                "app db.internal 5433 shop",
            ),
            ("postgresql://db/shop?sslmode=require", "- db - shop"),
            ("mysql://app:S3cret@10.0.0.1/shop", "app 10.0.0.1 - shop"),
            ("mariadb://h1:3306,h2:3307/shop", "- h1 3306 shop"),
            ("postgres://app@[::1]:5432/shop", "app [::1] 5432 shop"),
            ("postgres:///shop", "- - - shop"),
            ("host=db port=5433 user=app dbname=shop", "app db 5433 shop"),
            ("user='my app' host = 'db' dbname=shop", "my app db - shop"),
            (
                "host=/var/run/postgresql dbname=shop",
                "- /var/run/postgresql - shop",
            ),
            ("sqlite::memory:", "- - - memory"),
            ("sqlite:///var/lib/shop.db?mode=ro", "- - - shop.db"),
            ("file:shop.db", "- - - shop.db"),
            ("/var/lib/shop.db", "- - - shop.db"),
            ("C:\\data\\shop.db", "- - - shop.db"),
            (":memory:", "- - - memory"),
            ("", "- - - memory"),
        ] {
            assert_eq!(told(text), expected, "{text}");
        }
    }

    #[test]
    fn passwords_are_told_nowhere() {
        for text in [
            "postgres://app:S3cret@db/shop",
            "postgres://app:S3@cret/S3cret@db/shop",
            "postgres://app:a/S3cret@db/shop",
            "postgres://app:a?S3cret@db/shop",
            "postgres://app:a#S3cret@db/shop",
            "postgres://:S3cret@db/shop",
            "postgres://app%3aS3cret@db/shop",
            "postgres://app%3AS3cret@db/shop",
            "postgres://db/shop?user=me@x&password=S3cret",
            "postgres://db/shop?password=S3cret",
            "postgres://app@db/shop#S3cret",
            "mysql://app:S3cret@db",
            "host=db password=S3cret user=app",
            "host=db password='it\\'s S3cret user=S3cret' user=app",
            "host=db password=with\\ S3cret user=app",
            "password = S3cret host=db",
            "sqlite:shop.db?key=S3cret",
            "file:///a/shop.db?key=S3cret",
            "Server=db;User Id=app;Password=S3cret",
            "host=db;password=S3cret",
            "HOST=db PASSWORD=S3cret",
            "host=db user=app password=a://S3cret",
            "app:S3cret@db",
            "app:S3cret@tcp(db:3306)/shop",
            "app:S3cret",
            "jdbc:oracle:thin:app/S3cret",
            "jdbc:sqlserver://db;user=app;password=S3cret",
            "postgres://app@db/shop;password=S3cret",
            "postgres://app@db/shop&password=S3cret",
            "postgres://app@db;password=S3cret/shop",
            "sqlite:shop.db;password=S3cret",
            "host=db dbname=postgres://app:S3cret@db/shop",
            "host=db dbname='user=app password=S3cret'",
        ] {
            assert!(!told(text).contains("S3cret"), "{text}: {}", told(text));
        }
    }
}
