use std::error::Error;

use crate::call::{Call, What};
use crate::database::Database;
use crate::engine::Engine;
use crate::failure::Failure;

/// What is recorded of an error of one driver, if it is one.
type Recognise = for<'a> fn(Engine, &'a (dyn Error + 'static)) -> Option<Failure<'a>>;

const DRIVERS: &[Recognise] = &[
    #[cfg(feature = "postgres")]
    crate::postgres::recognise,
    #[cfg(feature = "sqlx")]
    crate::sqlx::recognise,
    #[cfg(feature = "mysql")]
    crate::mysql::recognise,
    #[cfg(feature = "diesel")]
    crate::diesel::recognise,
];

/// What pools say of themselves, and whether it is that they have no connection left (deadpool, bb8, r2d2, tokio's time-outs).
const OF_POOLS: &[(&str, bool)] = &[
    (
        "Timeout occurred while waiting for a slot to become available",
        true,
    ),
    ("Timeout occurred while creating a new object", false),
    ("Timeout occurred while recycling an object", false),
    ("Pool has been closed", false),
    ("Timed out in bb8", true),
    ("timed out waiting for connection", true),
    ("deadline has elapsed", true),
];

/// So many errors are looked at, each the source of the one before.
const DEEPEST: usize = 8;

/// What is told of any other error: its text may hold how to log in.
const NO_CONNECTION: &str = "no connection was to be had";

impl Database {
    /// Waits for a connection of a pool, or anything else that one has to wait for before a call. Where that is recorded, the wait has a
    /// subsegment of the database, with the name `ACQUIRE`: so a pool that is exhausted is seen where it holds up a request.
    ///
    /// Of an error that a pool hands on from its driver the same is recorded as of a call's. Other texts than those that
    /// pools are known to have are left out, as they may hold how to log in.
    ///
    /// ```no_run
    /// use xray_sdk_sql::postgres::{self, Traced as _};
    ///
    /// # async fn run(config: tokio_postgres::Config, pool: deadpool_postgres::Pool) -> Result<(), Box<dyn std::error::Error>> {
    /// let shop = postgres::database(&config);
    /// let client = shop.acquire(pool.get()).await?;
    /// let row = client.traced_as(&shop).query_one("SELECT now()", &[]).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// What `wait` returns, untouched.
    #[track_caller]
    pub fn acquire<T, E, F>(&self, wait: F) -> impl Future<Output = Result<T, E>> + use<T, E, F>
    where
        E: Error + 'static,
        F: Future<Output = Result<T, E>>,
    {
        let call = Call::begin(|| self, POOL, What::Named("ACQUIRE"));
        let engine = self.description().engine;
        async move {
            let outcome = wait.await;
            settle(call, engine, &outcome);
            outcome
        }
    }

    /// As [`acquire`](Self::acquire), for pools that block: `shop.acquire_sync(|| pool.get())`.
    ///
    /// # Errors
    ///
    /// What `wait` returns, untouched.
    #[track_caller]
    pub fn acquire_sync<T, E>(&self, wait: impl FnOnce() -> Result<T, E>) -> Result<T, E>
    where
        E: Error + 'static,
    {
        let call = Call::begin(|| self, POOL, What::Named("ACQUIRE"));
        let outcome = wait();
        settle(call, self.description().engine, &outcome);
        outcome
    }
}

/// What `sql.driver_version` says of a wait.
const POOL: &str = "pool";

fn settle<T, E: Error + 'static>(call: Option<Call>, engine: Engine, outcome: &Result<T, E>) {
    match (call, outcome) {
        (Some(call), Ok(_)) => call.complete(),
        (Some(call), Err(error)) => call.fail(&failure(engine, error), error),
        (None, _) => {}
    }
}

/// What is recorded of a pool's error: that of the driver's below it, if there is one.
fn failure<'a, E: Error + 'static>(engine: Engine, error: &'a E) -> Failure<'a> {
    let mut source: Option<&(dyn Error + 'static)> = Some(error);
    for _ in 0..DEEPEST {
        let Some(error) = source else {
            break;
        };
        if let Some(failure) = DRIVERS
            .iter()
            .find_map(|recognise| recognise(engine, error))
        {
            return failure;
        }
        source = error.source();
    }
    of_pool(error)
}

/// What is recorded of an error that is a pool's own.
pub(crate) fn of_pool<E: Error>(error: &E) -> Failure<'static> {
    let kind = std::any::type_name::<E>();
    let text = crate::failure::text_of(error);
    match OF_POOLS.iter().find(|(known, _)| *known == text) {
        Some((known, true)) => Failure::new(kind, *known).throttled(),
        Some((known, false)) => Failure::new(kind, *known),
        None => Failure::new(kind, NO_CONNECTION),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An error of a pool, with that of a driver below it.
    #[derive(Debug)]
    struct OfPool(&'static str, Option<sqlx::Error>);

    impl std::fmt::Display for OfPool {
        fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            formatter.write_str(self.0)
        }
    }

    impl Error for OfPool {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            self.1.as_ref().map(|error| error as _)
        }
    }

    #[test]
    fn a_pool_that_is_exhausted_is_throttling_and_what_it_hands_on_is_the_drivers() {
        for (error, is_throttled, expected) in [
            (OfPool("Timed out in bb8", None), true, "Timed out in bb8"),
            (
                OfPool("Pool has been closed", None),
                false,
                "Pool has been closed",
            ),
            (
                OfPool("no host=db password=S3cret", None),
                false,
                NO_CONNECTION,
            ),
            (
                OfPool("S3cret", Some(sqlx::Error::PoolTimedOut)),
                true,
                "the pool had no connection in time",
            ),
            (
                OfPool("S3cret", Some(sqlx::Error::Protocol("S3cret".to_owned()))),
                false,
                "unexpected data from the server",
            ),
        ] {
            let failure = failure(Engine::PostgreSql, &error);
            assert_eq!(failure.told(&|_| false), expected);
            assert_eq!(failure.is_throttled, is_throttled, "{error:?}");
        }
    }
}
