//! AWS X-Ray for databases: each call of tokio-postgres, sqlx, diesel, mysql_async, redis and SeaORM becomes a subsegment, without the values
//! that it holds.
//!
//! One module for each driver, behind a feature of its name; each is one line where the program connects:
//!
//! ```no_run
//! # use redis::AsyncCommands as _;
//! # async fn run(url: &str, client: redis::Client, pool: mysql_async::Pool) -> Result<(), Box<dyn std::error::Error>> {
//! let (db, connection) = xray_sdk_sql::postgres::connect(url, tokio_postgres::NoTls).await?; // stands for tokio-postgres's client
//!
//! use xray_sdk_sql::sqlx::Traced as _;
//! let pool_of_sqlx = sqlx::PgPool::connect(url).await?.traced();                             // an executor, as sqlx's pool
//!
//! xray_sdk_sql::diesel::install();                                                           // diesel and diesel-async, all of it
//!
//! use xray_sdk_sql::mysql::Traced as _;
//! let my = pool.get_conn().await?.traced();                                                  // the methods of mysql_async
//!
//! let cache = xray_sdk_sql::redis::connect(&client).await?;                                  // all of redis's commands
//!
//! use xray_sdk_sql::sea_orm::Traced as _;
//! let orm = sea_orm::Database::connect(url).await?.traced(url);                              // a ConnectionTrait
//! # Ok(())
//! # }
//! ```
//!
//! # What is recorded
//!
//! A subsegment `shop@db.internal` for each call, from the call to its last row, which X-Ray draws as a database on its map. It tells the
//! address without user and password, the user, the kind and the version of the server, the statement, how many rows came back or were changed, and
//! whether the call was given up. Annotations can be searched for: `statement` is what a statement does and to what (`INSERT orders`), `sqlstate`
//! the code of an error.
//!
//! # What is not
//!
//! - Values. [`sanitize`] takes all literals out of a statement, by a lexer that knows the quoting of its engine; what is bound is never looked
//!   at. [`Record`] lets a program record more or less.
//! - Values in errors. Of an error its code is recorded, and its message where that is one that the server is known to say for the code, with
//!   the names in it: not its details, not what a program's own functions raise, not what is said in another language than English.
//! - Passwords. Connection strings are taken apart, and of them only engine, user, host, port and name are kept.
//!
//! The same holds for what a program records itself of an error of a traced call, by [`Entity::record_error`](xray_sdk::Entity::record_error) or an attribute, as it
//! is or wrapped in others: what was left out is [withheld](xray_sdk::Entity::withhold) from the segment. With [`Record::Raw`] the whole message is recorded.
//!
//! # What it costs
//!
//! Where nothing is recorded, some 40 nanoseconds to look at what is current, and no allocation. Else one to one and a half microseconds, over a driver that
//! answers at once (`cargo bench -p xray-sdk-sql`): what is recorded of a statement is found by its text in a bounded cache, and not made anew.
//!
//! # Features
//!
//! None is on by default. `postgres`, `diesel`, `mysql`, `redis`, `sea-orm`; for sqlx one for each engine: `sqlx-postgres`, `sqlx-mysql`, `sqlx-sqlite`,
//! and `sqlx-events` for `sqlx::events`, which records its queries with no change where they are made.

#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(
    not(all(
        feature = "diesel",
        feature = "mysql",
        feature = "postgres",
        feature = "redis",
        feature = "sea-orm"
    )),
    allow(dead_code, reason = "each driver uses its part of what they share")
)]

mod acquire;
mod address;
mod cache;
mod call;
mod database;
#[cfg(feature = "diesel")]
pub mod diesel;
mod engine;
mod failure;
#[cfg(feature = "mysql")]
pub mod mysql;
#[cfg(feature = "postgres")]
pub mod postgres;
#[cfg(feature = "redis")]
pub mod redis;
#[cfg(feature = "sea-orm")]
pub mod sea_orm;
#[cfg(feature = "sqlx")]
pub mod sqlx;
mod statement;

pub use database::{Database, Record};
pub use engine::Engine;
pub use statement::{sanitize, statement_name};
