use sqlx::Connection;

use crate::database::Database;
use crate::engine::Engine;

/// The settings that connections of a database are made with.
type Options<DB> = <<DB as sqlx::Database>::Connection as Connection>::Options;

/// A database of sqlx that can be traced: each behind its feature.
pub trait TracedDatabase: sqlx::Database {
    /// Whose language its statements are in.
    const ENGINE: Engine;

    /// Where connections with these settings lead.
    fn database(options: &Options<Self>) -> Database;

    /// How many rows a statement changed.
    fn rows_affected(result: &Self::QueryResult) -> u64;
}

#[cfg(feature = "sqlx-postgres")]
impl TracedDatabase for sqlx::Postgres {
    const ENGINE: Engine = Engine::PostgreSql;

    fn database(options: &Options<Self>) -> Database {
        let socket = options.get_socket().map(|path| path.display().to_string());
        let user = options.get_username();
        Database::new(Self::ENGINE)
            .host(socket.unwrap_or_else(|| options.get_host().to_owned()))
            .port(options.get_port())
            // The server takes the user's name where none is given.
            .name(options.get_database().unwrap_or(user))
            .user(user)
    }

    fn rows_affected(result: &Self::QueryResult) -> u64 {
        result.rows_affected()
    }
}

#[cfg(feature = "sqlx-mysql")]
impl TracedDatabase for sqlx::MySql {
    const ENGINE: Engine = Engine::MySql;

    fn database(options: &Options<Self>) -> Database {
        let socket = options.get_socket().map(|path| path.display().to_string());
        let database = Database::new(Self::ENGINE)
            .host(socket.unwrap_or_else(|| options.get_host().to_owned()))
            .port(options.get_port())
            .user(options.get_username());
        match options.get_database() {
            Some(name) => database.name(name),
            None => database,
        }
    }

    fn rows_affected(result: &Self::QueryResult) -> u64 {
        result.rows_affected()
    }
}

#[cfg(feature = "sqlx-sqlite")]
impl TracedDatabase for sqlx::Sqlite {
    const ENGINE: Engine = Engine::Sqlite;

    fn database(options: &Options<Self>) -> Database {
        let path = options.get_filename().display().to_string();
        // A database in memory has a name that sqlx makes up.
        match path.starts_with("file:sqlx-in-memory") {
            true => Database::from_url("sqlite::memory:"),
            false => Database::from_url(&format!("sqlite://{path}")),
        }
    }

    fn rows_affected(result: &Self::QueryResult) -> u64 {
        result.rows_affected()
    }
}
