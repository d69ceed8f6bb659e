//! Request bodies: how large, how slow, and how many of them may be in memory.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use http_body_util::BodyExt as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task;

use super::seats::Seats;
use crate::api::ApiError;

/// The largest request body. A daemon sends at most 50 documents of 64 kB at a time, which JSON in JSON makes larger.
pub(super) const BODY_LIMIT: usize = 16 << 20;

/// How long a client may take for a request body.
const BODY_TIME: Duration = Duration::from_secs(30);

/// What all bodies may take that are here at once.
const ALL_BODIES: usize = 256 << 20;

/// The way of bodies into one server.
pub(super) struct Bodies {
    room: Arc<Semaphore>,
    seats: Seats,
    time: Duration,
}

/// A body, and the room that it takes until that is dropped.
pub(super) struct WholeBody {
    pub(super) bytes: Bytes,
    pub(super) room: OwnedSemaphorePermit,
}

impl Bodies {
    pub(super) fn new(seats: Seats) -> Self {
        Self {
            room: Arc::new(Semaphore::new(ALL_BODIES)),
            seats,
            time: BODY_TIME,
        }
    }

    pub(super) async fn read(&self, body: Body) -> Result<WholeBody, ApiError> {
        let read = tokio::time::timeout(self.time, self.gather(body)).await;
        read.unwrap_or_else(|_| Err(ApiError::request_too_slow(self.time)))
    }

    async fn gather(&self, mut body: Body) -> Result<WholeBody, ApiError> {
        let mut room = self.take(0).await?;
        let mut bytes = Vec::new();
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|error| {
                ApiError::invalid_request(format!("the request body cannot be read: {error}"))
            })?;
            let Ok(data) = frame.into_data() else {
                // Trailers say nothing here.
                continue;
            };
            if bytes.len() + data.len() > BODY_LIMIT {
                return Err(ApiError::request_too_large(BODY_LIMIT));
            }
            room.merge(self.take(data.len()).await?);
            bytes.extend_from_slice(&data);
        }
        Ok(WholeBody {
            bytes: bytes.into(),
            room,
        })
    }

    /// Room for some bytes. Where there is none, those leave that have kept the server waiting for longest, and what they have sent
    /// with them.
    async fn take(&self, bytes: usize) -> Result<OwnedSemaphorePermit, ApiError> {
        let permits = u32::try_from(bytes).expect("what comes at once is no larger than a body");
        loop {
            if let Ok(room) = Arc::clone(&self.room).try_acquire_many_owned(permits) {
                return Ok(room);
            }
            if !self.seats.make_room() {
                return Err(ApiError::too_many("large requests"));
            }
            // It leaves when it has its turn.
            task::yield_now().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::pin::Pin;
    use std::task::{Context, Poll};

    use axum::body::HttpBody;
    use hyper::body::Frame;

    use super::*;
    use crate::notice::Notice;
    use crate::server::seats::Room;

    /// A body whose sender sends nothing and does not go away.
    struct Silence;

    impl HttpBody for Silence {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            Poll::Pending
        }
    }

    /// Reads a body with so much room for all, and so much time.
    fn read(bodies: &Bodies, body: Body) -> Result<WholeBody, (u16, &'static str)> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .expect("a runtime");
        let read = runtime.block_on(bodies.read(body));
        read.map_err(|error| (error.status(), error.name()))
    }

    fn bodies() -> Bodies {
        Bodies::new(Seats::new(Room::default(), Notice::default()))
    }

    #[test]
    fn a_body_that_does_not_come_is_given_up() {
        let bodies = Bodies {
            time: Duration::ZERO,
            ..bodies()
        };
        let given_up = read(&bodies, Body::new(Silence)).err();
        assert_eq!(given_up, Some((408, "RequestTimeoutException")));
    }

    #[test]
    fn bodies_take_room_until_they_are_dropped() {
        let bodies = Bodies {
            room: Arc::new(Semaphore::new(8)),
            ..bodies()
        };
        let whole = read(&bodies, Body::from("12345678")).expect("there is room");
        assert_eq!(&*whole.bytes, b"12345678");
        let refused = read(&bodies, Body::from("9")).err();
        assert_eq!(refused, Some((429, "ThrottledException")));
        drop(whole);
        assert!(read(&bodies, Body::from("9")).is_ok());
    }

    #[test]
    fn who_has_kept_the_server_waiting_leaves_for_a_body_that_comes() {
        let bodies = Bodies {
            room: Arc::new(Semaphore::new(1)),
            ..bodies()
        };
        let (_seat, mut left) = bodies.seats.take().expect("room");
        let whole = read(&bodies, Body::from("1")).expect("there is room");
        assert!(read(&bodies, Body::from("2")).is_err(), "it stays in use");
        assert!(
            left.try_recv()
                .is_err_and(|gone| gone != tokio::sync::oneshot::error::TryRecvError::Empty)
        );
        drop(whole);
    }
}
