use tokio_postgres::Error;

use super::client::TracedClient;
use super::{DRIVER, error};
use crate::call::{Call, What};
use crate::database::Database;

/// A transaction of PostgreSQL whose calls are recorded, `BEGIN` and `COMMIT` among them.
///
/// One that is dropped is rolled back by tokio-postgres later and elsewhere: that has no subsegment. [`rollback`](Self::rollback) has.
pub type Transaction<'a> = TracedClient<tokio_postgres::Transaction<'a>>;

/// Begins a transaction. The subsegment begins where this is called.
#[track_caller]
pub(super) fn begin<'a, F>(
    database: Database,
    begin: impl FnOnce() -> F,
) -> impl Future<Output = Result<Transaction<'a>, Error>>
where
    F: Future<Output = Result<tokio_postgres::Transaction<'a>, Error>>,
{
    let call = Call::begin(|| &database, DRIVER, What::Named("BEGIN"));
    let begin = begin();
    async move {
        let outcome = begin.await;
        error::settle(call, &outcome, |_, _| {});
        Ok(TracedClient::new(outcome?, database))
    }
}

impl TracedClient<tokio_postgres::Client> {
    /// Begins a transaction.
    ///
    /// # Errors
    ///
    /// What [`tokio_postgres::Client::transaction`] returns, untouched.
    #[track_caller]
    pub fn transaction(&mut self) -> impl Future<Output = Result<Transaction<'_>, Error>> + Send {
        let database = self.database.clone();
        let inner = &mut self.inner;
        begin(database, || inner.transaction())
    }
}

impl<'c> TracedClient<tokio_postgres::Transaction<'c>> {
    /// Begins a transaction within this one: a savepoint.
    ///
    /// # Errors
    ///
    /// What [`tokio_postgres::Transaction::transaction`] returns, untouched.
    #[track_caller]
    pub fn transaction(&mut self) -> impl Future<Output = Result<Transaction<'_>, Error>> + Send {
        let call = self.begin(What::Named("SAVEPOINT"));
        let database = self.database.clone();
        let inner = &mut self.inner;
        async move {
            let outcome = inner.transaction().await;
            error::settle(call, &outcome, |_, _| {});
            Ok(TracedClient {
                is_savepoint: true,
                ..TracedClient::new(outcome?, database)
            })
        }
    }

    /// Commits the transaction.
    ///
    /// # Errors
    ///
    /// What [`tokio_postgres::Transaction::commit`] returns, untouched.
    #[track_caller]
    pub fn commit(self) -> impl Future<Output = Result<(), Error>> + Send + use<'c> {
        let call = self.begin(What::Named(match self.is_savepoint {
            true => "RELEASE SAVEPOINT",
            false => "COMMIT",
        }));
        error::recorded(call, self.inner.commit(), |_, ()| {})
    }

    /// Rolls the transaction back.
    ///
    /// # Errors
    ///
    /// What [`tokio_postgres::Transaction::rollback`] returns, untouched.
    #[track_caller]
    pub fn rollback(self) -> impl Future<Output = Result<(), Error>> + Send + use<'c> {
        let call = self.begin(What::Named(match self.is_savepoint {
            true => "ROLLBACK TO SAVEPOINT",
            false => "ROLLBACK",
        }));
        error::recorded(call, self.inner.rollback(), |_, ()| {})
    }
}
