use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use futures_core::stream::BoxStream;
use sqlx::{Either, Error};

use super::engine::TracedDatabase;
use super::error;
use crate::call::Call;

/// What `fetch_many` gives.
pub(super) type Results<'e, DB> = BoxStream<
    'e,
    Result<Either<<DB as sqlx::Database>::QueryResult, <DB as sqlx::Database>::Row>, Error>,
>;

/// Results whose subsegment ends with them.
pub(super) struct Recorded<'e, DB: TracedDatabase> {
    inner: Results<'e, DB>,
    call: Option<Call>,
    returned: u64,
    affected: u64,
}

impl<'e, DB: TracedDatabase> Recorded<'e, DB> {
    pub(super) fn boxed(inner: Results<'e, DB>, call: Call) -> Results<'e, DB> {
        Box::pin(Self {
            inner,
            call: Some(call),
            returned: 0,
            affected: 0,
        })
    }
}

impl<DB: TracedDatabase> Stream for Recorded<'_, DB> {
    type Item = Result<Either<DB::QueryResult, DB::Row>, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let item = ready!(self.inner.as_mut().poll_next(cx));
        match &item {
            Some(Ok(Either::Left(result))) => self.affected += DB::rows_affected(result),
            Some(Ok(Either::Right(_))) => self.returned += 1,
            Some(Err(error)) => {
                if let Some(call) = self.call.take() {
                    error::fail(call, DB::ENGINE, error);
                }
            }
            None => {
                if let Some(mut call) = self.call.take() {
                    call.rows_returned(self.returned);
                    call.rows_affected(self.affected);
                    call.complete();
                }
            }
        }
        Poll::Ready(item)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.inner.size_hint()
    }
}
