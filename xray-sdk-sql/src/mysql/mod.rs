//! MySQL and MariaDB through mysql_async.
//!
//! ```no_run
//! use xray_sdk_sql::mysql::Traced as _;
//!
//! # async fn run(pool: mysql_async::Pool) -> mysql_async::Result<()> {
//! let mut connection = pool.get_conn().await?.traced();
//! let names: Vec<String> = connection.exec("SELECT name FROM items WHERE id = ?", (7,)).await?;
//! # Ok(())
//! # }
//! ```
//!
//! # What is recorded
//!
//! Each call has a subsegment `shop@db` of the namespace `remote`, from the call to its last row. It has the statement without literals, its
//! name as the annotation `statement`, the numbers of rows as metadata, and for an error the annotation `sqlstate` and the server's
//! message without values. A call that is given up has the metadata `aborted: true` in the namespace `sql`. Bound values are
//! never recorded.
//!
//! The methods have the names of `mysql_async`'s `Queryable`, and are no implementation of it: what that trait is given to execute does not
//! tell its text. So code that is generic over `Queryable`, and queries built by `with` and run by `run`, take the connection by
//! `&mut **connection`, and are not recorded.

mod connection;
mod error;
mod query;
mod statement;

pub use connection::{Traced, TracedConnection, Transaction};
pub(crate) use error::recognise;
pub use statement::{PreparedStatement, Sql};

/// What `sql.driver_version` says.
const DRIVER: &str = "mysql_async 0.37";
