//! PostgreSQL, MySQL and SQLite through sqlx.
//!
//! A pool becomes a [`TracedPool`] where it is made; all that takes an executor takes a reference to it.
//!
//! ```no_run
//! use xray_sdk_sql::sqlx::Traced as _;
//!
//! # async fn run() -> Result<(), sqlx::Error> {
//! let pool = sqlx::PgPool::connect("postgres://app@db/shop").await?.traced();
//! let row = sqlx::query("SELECT name FROM items WHERE id = $1").bind(7).fetch_one(&pool).await?;
//!
//! let mut transaction = pool.begin().await?;
//! sqlx::query("UPDATE items SET pieces = pieces - 1").execute(&mut transaction).await?;
//! transaction.commit().await?;
//! # Ok(())
//! # }
//! ```
//!
//! # What is recorded
//!
//! Each call has a subsegment `shop@db` of the namespace `remote`, from the call to its last row, with the wait for a connection of the pool.
//! It has the statement without literals, its name as the annotation `statement`, the numbers of rows as metadata, and for an
//! error the database's code as the annotation `sqlstate` or `sqlite_code` and its message without values. A call that is given
//! up has the metadata `aborted: true` in the namespace `sql`. Bound values are never recorded.
//!
//! `sqlx::events` needs no other pool: it records what sqlx logs, which is less.
//!
//! sqlx's own `pool.begin()`, reached by [`TracedPool::inner`], is not recorded, and neither is what goes around the traced handles.

mod connection;
mod engine;
mod error;
#[cfg(feature = "sqlx-events")]
mod events;
mod execute;
mod pool;
mod stream;

pub use connection::{Traced, TracedConnection};
pub use engine::TracedDatabase;
#[cfg(feature = "sea-orm")]
pub(crate) use error::failure;
pub(crate) use error::recognise;
#[cfg(feature = "sqlx-events")]
pub use events::events;
pub use pool::TracedPool;

/// What `sql.driver_version` says.
const DRIVER: &str = "sqlx 0.9";
