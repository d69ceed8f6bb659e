//! The TCP side: the thread that takes connections in, and how many and how slow they may be.

use std::io;
use std::net::TcpListener;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpStream;
use tokio::runtime;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::task;

/// How long calls that are being answered may go on after the stop.
const GRACE: Duration = Duration::from_secs(2);

/// How long a client may take for the head of a request, and how long it may keep a connection open without asking for anything.
const HEAD_TIME: Duration = Duration::from_secs(60);

/// How many connections are open at once; more have to wait. Each can hold a whole request body in memory.
const CONNECTIONS: usize = 256;

/// How long to wait when the system has no connection to give, as when there are too many open files.
const BREATH: Duration = Duration::from_millis(50);

/// The thread that answers calls. Dropping it lets those that are being answered finish, and ends it.
pub(super) struct Http {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Http {
    pub(super) fn start(listener: TcpListener, router: Router) -> io::Result<Self> {
        Self::with_patience(listener, router, HEAD_TIME)
    }

    fn with_patience(
        listener: TcpListener,
        router: Router,
        head_time: Duration,
    ) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        let runtime = runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let (stop, stopped) = oneshot::channel();
        let thread = thread::Builder::new()
            .name("xray-http".to_owned())
            .spawn(move || {
                runtime.block_on(serve(listener, router, head_time, stopped));
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
    head_time: Duration,
    mut stopped: oneshot::Receiver<()>,
) {
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else {
        return;
    };
    let mut protocol = http1::Builder::new();
    protocol
        .timer(TokioTimer::new())
        .header_read_timeout(head_time);
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    let calls = GracefulShutdown::new();
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &room) => accepted,
            _ = &mut stopped => break,
        };
        match accepted {
            Some((stream, place)) => {
                let answers = TowerToHyperService::new(router.clone());
                let connection = protocol.serve_connection(TokioIo::new(stream), answers);
                let connection = calls.watch(connection);
                task::spawn(async move {
                    // A client that goes away in the middle is no fault of the server's.
                    let _ = connection.await;
                    drop(place);
                });
            }
            None => tokio::time::sleep(BREATH).await,
        }
    }
    drop(listener);
    let _ = tokio::time::timeout(GRACE, calls.shutdown()).await;
}

/// The next connection, as soon as there is room for it. `None` when the system failed.
async fn accept(
    listener: &tokio::net::TcpListener,
    room: &Arc<Semaphore>,
) -> Option<(TcpStream, OwnedSemaphorePermit)> {
    let place = Arc::clone(room).acquire_owned().await.ok()?;
    let (stream, _) = listener.accept().await.ok()?;
    Some((stream, place))
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};

    use super::*;

    #[test]
    fn a_client_that_does_not_finish_its_request_is_hung_up_on() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("bound");
        let patience = Duration::from_millis(20);
        let _http = Http::with_patience(listener, Router::new(), patience).expect("a thread");
        let mut stream = std::net::TcpStream::connect(address).expect("it listens");
        stream
            .write_all(b"POST /Traces HTTP/1.1\r\nhost: x\r\n")
            .expect("sent");
        stream
            .set_read_timeout(Some(Duration::from_secs(10)))
            .expect("a time");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("the end comes");
        assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 408"));
    }
}
