//! The calls that give a stream, or take one.

use bytes::Buf;
use tokio_postgres::types::{BorrowToSql, Type};
use tokio_postgres::{CopyOutStream, Error, RowStream};

use super::client::{TracedClient, sealed};
use super::copy::TracedCopyIn;
use super::error::fail;
use super::statement::{Sql, what};
use super::stream::TracedStream;
use crate::call::{Call, What};

impl<C: sealed::Holds> TracedClient<C> {
    /// As [`tokio_postgres::Client::query_raw`]. The subsegment ends with the stream.
    ///
    /// # Errors
    ///
    /// What tokio-postgres returns, untouched.
    #[track_caller]
    pub fn query_raw<T, P, I>(
        &self,
        statement: &T,
        params: I,
    ) -> impl Future<Output = Result<TracedStream<RowStream>, Error>> + Send
    where
        T: Sql + ?Sized,
        P: BorrowToSql,
        I: IntoIterator<Item = P> + Send,
        I::IntoIter: ExactSizeIterator + Send,
    {
        let call = self.begin(what(statement));
        begun(
            call,
            self.inner.client().query_raw(statement.inner(), params),
            TracedStream::new,
        )
    }

    /// As [`tokio_postgres::Client::query_typed_raw`]. The subsegment ends with the stream.
    ///
    /// # Errors
    ///
    /// What tokio-postgres returns, untouched.
    #[track_caller]
    pub fn query_typed_raw<P, I>(
        &self,
        statement: &str,
        params: I,
    ) -> impl Future<Output = Result<TracedStream<RowStream>, Error>> + Send
    where
        P: BorrowToSql + Send,
        I: IntoIterator<Item = (P, Type)> + Send,
        I::IntoIter: Send,
    {
        let call = self.begin(What::text(statement));
        begun(
            call,
            self.inner.client().query_typed_raw(statement, params),
            TracedStream::new,
        )
    }

    /// As [`tokio_postgres::Client::copy_out`]. The subsegment ends with the stream.
    ///
    /// # Errors
    ///
    /// What tokio-postgres returns, untouched.
    #[track_caller]
    pub fn copy_out<T: Sql + ?Sized>(
        &self,
        statement: &T,
    ) -> impl Future<Output = Result<TracedStream<CopyOutStream>, Error>> + Send {
        let call = self.begin(what(statement));
        begun(
            call,
            self.inner.client().copy_out(statement.inner()),
            TracedStream::new,
        )
    }

    /// As [`tokio_postgres::Client::copy_in`]. The subsegment ends when the copy is finished.
    ///
    /// # Errors
    ///
    /// What tokio-postgres returns, untouched.
    #[track_caller]
    pub fn copy_in<T, U>(
        &self,
        statement: &T,
    ) -> impl Future<Output = Result<TracedCopyIn<U>, Error>> + Send
    where
        T: Sql + ?Sized,
        U: Buf + 'static + Send,
    {
        let call = self.begin(what(statement));
        begun(
            call,
            self.inner.client().copy_in(statement.inner()),
            TracedCopyIn::new,
        )
    }
}

/// Waits until a stream begins, which takes the call along.
async fn begun<S, T>(
    call: Option<Call>,
    work: impl Future<Output = Result<S, Error>>,
    wrap: impl FnOnce(S, Option<Call>) -> T,
) -> Result<T, Error> {
    match work.await {
        Ok(inner) => Ok(wrap(inner, call)),
        Err(error) => {
            call.into_iter().for_each(|call| fail(call, &error));
            Err(error)
        }
    }
}
