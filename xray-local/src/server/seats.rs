//! Who is connected: how many at once, and who has to go where there is no room.
//!
//! A connection whose client has to send or to take what comes next may be closed, and the one that has kept the server waiting for longest goes first: however
//! slowly it sends, that does not make it younger. One that waits for the server stays. Streams have places of their own, so that they take none from calls.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::api::ApiError;
use crate::lock::lock;
use crate::notice::Notice;
use crate::viewer::ConnectionCounts;

/// How many connections are open at once, and how many of these are streams beside.
#[derive(Clone, Copy, Debug)]
pub(super) struct Room {
    pub(super) calls: usize,
    pub(super) streams: usize,
}

/// Each call can hold a whole request body in memory, and each stream remembers what it told.
impl Default for Room {
    fn default() -> Self {
        Self {
            calls: 256,
            streams: 64,
        }
    }
}

/// The places of one server. Clones are the same.
#[derive(Clone)]
pub(super) struct Seats {
    shared: Arc<Shared>,
}

struct Shared {
    room: Room,
    notice: Notice,
    has_told: AtomicBool,
    /// Guards who is there. Held for finding one of them.
    guests: Mutex<Guests>,
}

#[derive(Default)]
struct Guests {
    next: u64,
    by_number: HashMap<u64, Guest>,
    closed: u64,
    refused: u64,
}

struct Guest {
    state: State,
    /// Dropped when it has to go.
    _leave: oneshot::Sender<()>,
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    /// The client has to send or to take what comes next, since then.
    Awaited(Instant),
    /// The client waits for the server.
    Served,
    /// It is told what happens.
    Told,
}

/// The place of one connection. Dropping it makes room.
pub(super) struct Seat {
    number: u64,
    shared: Arc<Shared>,
}

/// Held while a connection waits for the server.
pub(super) struct Service(Arc<Seat>);

/// Held while a connection is a stream.
pub(super) struct Stream(Arc<Seat>);

impl Seats {
    pub(super) fn new(room: Room, notice: Notice) -> Self {
        Self {
            shared: Arc::new(Shared {
                room,
                notice,
                has_told: AtomicBool::new(false),
                guests: Mutex::default(),
            }),
        }
    }

    /// A place for a connection, which has to leave it when the receiver ends. `None` where all others wait for the server.
    pub(super) fn take(&self) -> Option<(Arc<Seat>, oneshot::Receiver<()>)> {
        let (leave, left) = oneshot::channel();
        let mut guests = lock(&self.shared.guests);
        let is_full = guests.calls() >= self.shared.room.calls;
        if is_full && !guests.make_room() {
            guests.refused += 1;
            drop(guests);
            self.shared.tell();
            return None;
        }
        let number = guests.next;
        guests.next += 1;
        let guest = Guest {
            state: State::Awaited(Instant::now()),
            _leave: leave,
        };
        guests.by_number.insert(number, guest);
        drop(guests);
        if is_full {
            self.shared.tell();
        }
        let shared = Arc::clone(&self.shared);
        Some((Arc::new(Seat { number, shared }), left))
    }

    /// Has the one leave that has kept the server waiting for longest. False where all wait for the server.
    pub(super) fn make_room(&self) -> bool {
        let has_left = lock(&self.shared.guests).make_room();
        if has_left {
            self.shared.tell();
        }
        has_left
    }

    pub(super) fn counts(&self) -> ConnectionCounts {
        let guests = lock(&self.shared.guests);
        ConnectionCounts {
            open: guests.by_number.len(),
            streams: guests.streams(),
            closed: guests.closed,
            refused: guests.refused,
        }
    }
}

impl Shared {
    /// Once: whoever floods a server is not to flood its log.
    fn tell(&self) {
        if !self.has_told.swap(true, Ordering::Relaxed) {
            let Room { calls, streams } = self.room;
            self.notice.tell(&format!(
                "there are more connections than {calls} for calls or {streams} for streams: those that ask for nothing are closed, the longest silent first, and \
                 what has no room is answered with a ThrottledException; `xray-local health` counts both from now on"
            ));
        }
    }
}

impl Guests {
    fn calls(&self) -> usize {
        self.by_number.len() - self.streams()
    }

    fn streams(&self) -> usize {
        let states = self.by_number.values().map(|guest| guest.state);
        states.filter(|state| *state == State::Told).count()
    }

    fn make_room(&mut self) -> bool {
        let awaited = self
            .by_number
            .iter()
            .filter_map(|(number, guest)| match guest.state {
                State::Awaited(since) => Some((since, *number)),
                State::Served | State::Told => None,
            });
        let Some((_, first)) = awaited.min() else {
            return false;
        };
        self.by_number.remove(&first);
        self.closed += 1;
        true
    }

    fn change(&mut self, number: u64, from: Option<State>, to: State) {
        if let Some(guest) = self.by_number.get_mut(&number)
            && from.is_none_or(|from| guest.state == from)
        {
            guest.state = to;
        }
    }
}

impl Seat {
    /// The whole request is there, and the client waits for what the server makes of it.
    pub(super) fn serve(self: &Arc<Self>) -> Service {
        lock(&self.shared.guests).change(self.number, None, State::Served);
        Service(Arc::clone(self))
    }

    /// The answer goes on for as long as the client likes. `None` where there are too many of these.
    pub(super) fn stream(self: &Arc<Self>) -> Option<Stream> {
        let mut guests = lock(&self.shared.guests);
        if guests.streams() >= self.shared.room.streams {
            guests.refused += 1;
            drop(guests);
            self.shared.tell();
            return None;
        }
        guests.change(self.number, None, State::Told);
        Some(Stream(Arc::clone(self)))
    }

    fn await_client(&self, after: State) {
        let awaited = State::Awaited(Instant::now());
        lock(&self.shared.guests).change(self.number, Some(after), awaited);
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        lock(&self.shared.guests).by_number.remove(&self.number);
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.0.await_client(State::Served);
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.0.await_client(State::Told);
    }
}

/// Asked for by what answers with a stream. Refused where there are too many.
impl<S: Sync> FromRequestParts<S> for Stream {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let seat = parts.extensions.get::<Arc<Seat>>();
        let seat = seat.expect("each request comes with the seat of its connection");
        seat.stream().ok_or_else(|| ApiError::too_many("streams"))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    /// Places, and what the operator is told.
    fn seats(calls: usize, streams: usize) -> (Seats, mpsc::Receiver<String>) {
        let (tell, told) = mpsc::channel();
        let notice = Notice::new(move |text| {
            // The test may be over.
            let _ = tell.send(text.to_owned());
        });
        (Seats::new(Room { calls, streams }, notice), told)
    }

    fn has_to_go(left: &mut oneshot::Receiver<()>) -> bool {
        left.try_recv() == Err(oneshot::error::TryRecvError::Closed)
    }

    #[test]
    fn the_one_that_has_kept_the_server_waiting_for_longest_goes() {
        let (seats, told) = seats(2, 1);
        let (_first, mut first_left) = seats.take().expect("room");
        let (second, mut second_left) = seats.take().expect("room");
        assert!(told.try_recv().is_err());
        let (_third, mut third_left) = seats.take().expect("made room");
        assert!(has_to_go(&mut first_left));
        assert!(!has_to_go(&mut second_left));

        // What was answered a moment ago is younger than what has not asked yet.
        drop(second.serve());
        let (_fourth, _left) = seats.take().expect("made room");
        assert!(has_to_go(&mut third_left));
        assert!(!has_to_go(&mut second_left));
        assert_eq!((seats.counts().open, seats.counts().closed), (2, 2));
        assert_eq!(told.try_iter().count(), 1, "it is told once");
    }

    #[test]
    fn who_waits_for_the_server_stays_and_a_newcomer_is_turned_away() {
        let (seats, told) = seats(1, 1);
        let (seat, mut left) = seats.take().expect("room");
        let service = seat.serve();
        assert!(seats.take().is_none());
        assert!(!has_to_go(&mut left));
        assert_eq!(seats.counts().refused, 1);
        assert!(told.try_recv().is_ok());
        drop(service);
        assert!(seats.take().is_some());
        assert!(has_to_go(&mut left));
    }

    #[test]
    fn streams_take_no_place_of_calls_and_have_a_bound_of_their_own() {
        let (seats, _told) = seats(1, 1);
        let (seat, mut left) = seats.take().expect("room");
        let service = seat.serve();
        let stream = seat.stream().expect("room");
        drop(service);
        let (other, _left) = seats.take().expect("the stream has a place of its own");
        assert!(!has_to_go(&mut left));
        assert!(other.stream().is_none());
        drop(stream);
        assert!(other.stream().is_some());
    }

    #[test]
    fn who_leaves_makes_room() {
        let (seats, told) = seats(1, 1);
        drop(seats.take().expect("room"));
        assert!(seats.take().is_some());
        assert_eq!(seats.counts(), ConnectionCounts::default());
        assert!(told.try_recv().is_err());
    }
}
