//! The TCP side: the thread that takes connections in, and how slow they may be.

use std::io::{self, Write as _};
use std::net::TcpListener;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::runtime;
use tokio::sync::{Semaphore, oneshot};
use tokio::task;

use super::patient::Patient;
use super::router::refusal;
use super::seats::Seats;
use crate::api::ApiError;

/// How long calls that are being answered may go on after the stop.
const GRACE: Duration = Duration::from_secs(2);

/// How long a client may take for the head of a request, and how long it may keep a connection open without asking for anything.
const HEAD_TIME: Duration = Duration::from_secs(20);

/// How many bytes the head of a request may have.
const HEAD_BYTES: usize = 64 << 10;

/// How long a client may take nothing of what it is sent.
const TAKE_TIME: Duration = Duration::from_secs(30);

/// How many clients are turned away at once with time to read why. Others have what the system holds for them.
const FAREWELLS: usize = 64;

/// How long a client that is turned away has to read why.
const FAREWELL_TIME: Duration = Duration::from_secs(1);

/// How many threads compute answers at once. What has to wait is given up when its client leaves.
const COMPUTING: usize = 64;

/// How long to wait when the system has no connection to give, as when there are too many open files.
const BREATH: Duration = Duration::from_millis(50);

/// The thread that answers calls. Dropping it lets those that are being answered finish, and ends it.
pub(super) struct Http {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Http {
    pub(super) fn start(listener: TcpListener, router: Router, seats: Seats) -> io::Result<Self> {
        Self::with_patience(listener, router, seats, HEAD_TIME)
    }

    fn with_patience(
        listener: TcpListener,
        router: Router,
        seats: Seats,
        head_time: Duration,
    ) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        let runtime = runtime::Builder::new_current_thread()
            .enable_all()
            .max_blocking_threads(COMPUTING)
            .build()?;
        let (stop, stopped) = oneshot::channel();
        let thread = thread::Builder::new()
            .name("xray-http".to_owned())
            .spawn(move || {
                runtime.block_on(serve(listener, router, seats, head_time, stopped));
                // What a slow call still computes is nobody's any more.
                runtime.shutdown_background();
            })?;
        Ok(Self {
            stop: Some(stop),
            thread: Some(thread),
        })
    }
}

impl Drop for Http {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic there has been reported by the panic hook.
            let _ = thread.join();
        }
    }
}

/// Answers until the other end of `stopped` is dropped.
async fn serve(
    listener: TcpListener,
    router: Router,
    seats: Seats,
    head_time: Duration,
    mut stopped: oneshot::Receiver<()>,
) {
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else {
        return;
    };
    let mut protocol = http1::Builder::new();
    protocol
        .timer(TokioTimer::new())
        .header_read_timeout(head_time)
        .max_buf_size(HEAD_BYTES);
    let calls = GracefulShutdown::new();
    let farewells = Arc::new(Semaphore::new(FAREWELLS));
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = &mut stopped => break,
        };
        let Ok((stream, _)) = accepted else {
            tokio::time::sleep(BREATH).await;
            continue;
        };
        let Some((seat, left)) = seats.take() else {
            turn_away(stream, &farewells);
            continue;
        };
        let answers = TowerToHyperService::new(router.clone());
        let answers = service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(Arc::clone(&seat));
            answers.call(request)
        });
        let stream = TokioIo::new(Patient::new(stream, TAKE_TIME));
        let connection = calls.watch(protocol.serve_connection(stream, answers));
        task::spawn(async move {
            // A client that goes away in the middle is no fault of the server's, and one that has to leave is told by the closed connection.
            tokio::select! {
                _ = connection => {}
                _ = left => {}
            }
        });
        // What it has sent is read before others come for whom it might have to go.
        task::yield_now().await;
    }
    drop(listener);
    let _ = tokio::time::timeout(GRACE, calls.shutdown()).await;
}

/// Answers a client for whom there is no room, whatever it asks.
fn turn_away(mut stream: TcpStream, farewells: &Arc<Semaphore>) {
    let answer = refusal(&ApiError::too_many("connections"));
    let Ok(place) = Arc::clone(farewells).try_acquire_owned() else {
        // A new connection has room for it.
        let _ = stream
            .into_std()
            .and_then(|mut stream| stream.write(&answer));
        return;
    };
    task::spawn(async move {
        let say = async {
            stream.write_all(&answer).await?;
            stream.shutdown().await?;
            // Closed with something unread, the connection would be torn down before the client has read the answer.
            let mut bytes = [0; 1024];
            while stream.read(&mut bytes).await? > 0 {}
            io::Result::Ok(())
        };
        let _ = tokio::time::timeout(FAREWELL_TIME, say).await;
        drop(place);
    });
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::net::{SocketAddr, TcpStream};
    use std::sync::Barrier;

    use axum::routing::get;

    use super::super::seats::{Room, Seat};
    use super::*;
    use crate::notice::Notice;

    fn start(router: Router, room: Room, head_time: Duration) -> (Http, Seats, SocketAddr) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("bound");
        let seats = Seats::new(room, Notice::default());
        let http = Http::with_patience(listener, router, seats.clone(), head_time);
        (http.expect("a thread"), seats, address)
    }

    /// A client that has sent this.
    fn client(address: SocketAddr, sent: &str) -> TcpStream {
        let mut stream = TcpStream::connect(address).expect("it listens");
        let patience = Some(Duration::from_secs(10));
        stream.set_read_timeout(patience).expect("a time");
        stream.write_all(sent.as_bytes()).expect("sent");
        stream
    }

    /// What comes until the server hangs up.
    fn rest(mut stream: TcpStream) -> String {
        let mut answer = String::new();
        // A connection that is torn down has ended, too.
        let _ = stream.read_to_string(&mut answer);
        answer
    }

    const ASKED: &str = "GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";

    #[test]
    fn a_client_that_does_not_finish_its_request_is_hung_up_on() {
        let patience = Duration::from_millis(20);
        let (_http, _, address) = start(Router::new(), Room::default(), patience);
        let stream = client(address, "POST /Traces HTTP/1.1\r\nhost: x\r\n");
        let answer = rest(stream);
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 408"));
    }

    #[test]
    fn silent_clients_give_way_to_one_that_asks() {
        let router = Router::new().route("/", get(async || "answered"));
        let (_http, seats, address) = start(
            router,
            Room {
                calls: 3,
                streams: 1,
            },
            HEAD_TIME,
        );
        let silent: Vec<_> = (0..20).map(|_| client(address, "GET / HT")).collect();
        assert!(rest(client(address, ASKED)).ends_with("answered"));
        let mut silent = silent.into_iter();
        assert_eq!(rest(silent.next().expect("the first")), "", "it had to go");
        assert!(seats.counts().closed >= 17);
    }

    #[test]
    fn who_has_asked_is_answered_however_many_come_at_once() {
        let router = Router::new().route("/", get(async || "answered"));
        let room = Room {
            calls: 3,
            streams: 1,
        };
        let (_http, _, address) = start(router, room, HEAD_TIME);
        let crowd: Vec<_> = (0..200).map(|_| client(address, ASKED)).collect();
        for stream in crowd {
            assert!(rest(stream).ends_with("answered"));
        }
    }

    #[test]
    fn a_newcomer_is_told_that_there_is_no_room_while_all_are_served() {
        let both = Arc::new(Barrier::new(2));
        let theirs = Arc::clone(&both);
        let wait = async move |request: Request| {
            let seat = request.extensions().get::<Arc<Seat>>().expect("a seat");
            let _service = seat.serve();
            let theirs = Arc::clone(&theirs);
            let waited = task::spawn_blocking(move || {
                theirs.wait();
                theirs.wait();
            });
            waited.await.expect("no panic");
            "answered"
        };
        let router = Router::new().route("/", get(wait));
        let (_http, _, address) = start(
            router,
            Room {
                calls: 1,
                streams: 1,
            },
            HEAD_TIME,
        );
        let first = client(address, ASKED);
        both.wait();
        let refused = rest(client(address, ASKED));
        assert!(refused.starts_with("HTTP/1.1 429 "), "{refused}");
        assert!(
            refused.contains("x-amzn-errortype: ThrottledException\r\n"),
            "{refused}"
        );
        assert!(refused.contains("retry-after: 1\r\n"), "{refused}");
        both.wait();
        assert!(rest(first).ends_with("answered"));
    }
}
