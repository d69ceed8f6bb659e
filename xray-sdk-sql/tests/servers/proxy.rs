use std::net::SocketAddr;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// Stands between a test and a server, and stops when the test says so: every connection is cut, and none is taken any more.
pub(crate) struct Proxy {
    port: u16,
    is_cut: watch::Sender<bool>,
    /// How often something came from the test's side.
    requests: watch::Receiver<u64>,
}

impl Proxy {
    /// In front of the server of this URL.
    pub(crate) async fn start(url: &str) -> Self {
        let server: SocketAddr = place(url).parse().expect("an address");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("bound").port();
        let (is_cut, cut) = watch::channel(false);
        let (count, requests) = watch::channel(0);
        tokio::spawn(async move {
            let mut stopped = cut.clone();
            let serve = async {
                while let Ok((client, _)) = listener.accept().await {
                    tokio::spawn(carry(client, server, count.clone(), cut.clone()));
                }
            };
            tokio::select! {
                () = serve => {}
                _ = stopped.wait_for(|cut| *cut) => {}
            }
        });
        Self {
            port,
            is_cut,
            requests,
        }
    }

    /// The same URL, by way of the proxy.
    pub(crate) fn url(&self, url: &str) -> String {
        url.replace(place(url), &format!("127.0.0.1:{}", self.port))
    }

    /// Stops in the middle of what is asked next.
    pub(crate) async fn stop_at_next_request(&self) {
        let mut requests = self.requests.clone();
        let before = *requests.borrow();
        requests
            .wait_for(|count| *count > before)
            .await
            .expect("it runs");
        self.is_cut.send_replace(true);
    }
}

fn place(url: &str) -> &str {
    let (_, place) = url.rsplit_once('@').expect("a login");
    place.split('/').next().expect("a host and a port")
}

async fn carry(
    client: TcpStream,
    server: SocketAddr,
    count: watch::Sender<u64>,
    mut cut: watch::Receiver<bool>,
) {
    let server = TcpStream::connect(server).await.expect("the server");
    let ((from_client, to_client), (from_server, to_server)) =
        (client.into_split(), server.into_split());
    tokio::select! {
        () = copy(from_client, to_server, || count.send_modify(|count| *count += 1)) => {}
        () = copy(from_server, to_client, || ()) => {}
        _ = cut.wait_for(|cut| *cut) => {}
    }
}

async fn copy(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin, seen: impl Fn()) {
    let mut bytes = [0; 16 * 1024];
    while let Ok(length @ 1..) = from.read(&mut bytes).await {
        if to.write_all(&bytes[..length]).await.is_err() {
            return;
        }
        seen();
    }
}
