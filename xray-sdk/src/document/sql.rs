use std::borrow::Cow;

use serde::Serialize;
use serde::de::MapAccess;

use super::lenient::{Block, Field};

/// A query that a subsegment sent to an SQL database.
///
/// The texts may be borrowed, so that recording a query copies each of them once.
///
/// ```
/// use xray_sdk::document::Sql;
///
/// let statement = "SELECT name FROM users WHERE id = ?";
/// let sql = Sql {
///     database_type: Some("PostgreSQL".into()),
///     user: Some("shop".into()),
///     sanitized_query: Some(statement.into()),
///     ..Sql::default()
/// };
/// # assert_eq!(sql.sanitized_query.as_deref(), Some(statement));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Sql<'a> {
    /// For databases that are not reached by URL: the connection string without passwords.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connection_string: Option<Cow<'a, str>>,
    /// For databases that are reached by URL: the URL without passwords.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<Cow<'a, str>>,
    /// The statement, with every value that a user gave replaced or removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sanitized_query: Option<Cow<'a, str>>,
    /// The name of the database engine, for example `PostgreSQL`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub database_type: Option<Cow<'a, str>>,
    /// The version of the database engine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub database_version: Option<Cow<'a, str>>,
    /// The name and version of the driver that the program uses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub driver_version: Option<Cow<'a, str>>,
    /// The database user, at most 250 characters (segment document schema).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<Cow<'a, str>>,
    /// `call` when the query used a prepared call, `statement` when a prepared statement.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preparation: Option<Cow<'a, str>>,
}

impl Block for Sql<'static> {
    fn field<'de, A: MapAccess<'de>>(
        &mut self,
        key: &str,
        value: Field<'_, A>,
    ) -> Result<(), A::Error> {
        match key {
            "connection_string" => value.read(&mut self.connection_string),
            "url" => value.read(&mut self.url),
            "sanitized_query" => value.read(&mut self.sanitized_query),
            "database_type" => value.read(&mut self.database_type),
            "database_version" => value.read(&mut self.database_version),
            "driver_version" => value.read(&mut self.driver_version),
            "user" => value.read(&mut self.user),
            "preparation" => value.read(&mut self.preparation),
            _ => value.skip(),
        }
    }
}
