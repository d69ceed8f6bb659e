//! The tests that need real servers. `scripts/test` starts them and says where they are; by hand:
//!
//! ```console
//! $ scripts/servers.py postgres mysql redis -- cargo nextest run -p xray-sdk-sql
//! ```

mod diesel;
mod mysql;
mod place;
mod pools;
mod postgres;
mod proxy;
mod redis;
mod sea_orm;
#[path = "../seen/mod.rs"]
mod seen;
mod sqlx;
mod weather;
