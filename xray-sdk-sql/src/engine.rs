/// A database engine: what a statement's text means depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Engine {
    /// PostgreSQL, and what speaks its language: CockroachDB, Redshift, Aurora.
    PostgreSql,
    /// MySQL, and what speaks its language.
    MySql,
    /// MariaDB. Read as MySQL.
    MariaDb,
    /// SQLite.
    Sqlite,
}

impl Engine {
    /// The name as X-Ray shows it in `sql.database_type`.
    pub fn name(self) -> &'static str {
        match self {
            Self::PostgreSql => "PostgreSQL",
            Self::MySql => "MySQL",
            Self::MariaDb => "MariaDB",
            Self::Sqlite => "SQLite",
        }
    }

    /// The scheme of its URLs.
    pub(crate) fn scheme(self) -> &'static str {
        match self {
            Self::PostgreSql => "postgresql",
            Self::MySql => "mysql",
            Self::MariaDb => "mariadb",
            Self::Sqlite => "sqlite",
        }
    }

    pub(crate) fn is_mysql(self) -> bool {
        matches!(self, Self::MySql | Self::MariaDb)
    }
}
