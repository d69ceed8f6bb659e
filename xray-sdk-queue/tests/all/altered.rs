use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};

/// A way to a broker of Kafka on which `from` is sent as `to`, for what rdkafka itself does not send. Where the broker tells its address, this one is told.
pub(crate) async fn way(broker: SocketAddr, from: &'static [u8], to: &'static [u8]) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let own = listener.local_addr().expect("it is bound");
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let broker_side = TcpStream::connect(broker).await.expect("it listens");
            let (requests, answers) = client.into_split();
            let (told, asked) = broker_side.into_split();
            tokio::spawn(pass(requests, asked, from.to_vec(), to.to_vec()));
            tokio::spawn(pass(told, answers, place(broker), place(own)));
        }
    });
    own
}

/// As an answer of a broker has it.
fn place(address: SocketAddr) -> Vec<u8> {
    let mut place = address.ip().to_string().into_bytes();
    place.extend(u32::from(address.port()).to_be_bytes());
    place
}

/// Passes frames on, each with its length before it.
async fn pass(mut read: OwnedReadHalf, mut write: OwnedWriteHalf, from: Vec<u8>, to: Vec<u8>) {
    assert_eq!(from.len(), to.len());
    while let Ok(length) = read.read_u32().await {
        let mut frame = vec![0; length as usize];
        if read.read_exact(&mut frame).await.is_err() {
            return;
        }
        for at in 0..frame.len().saturating_sub(from.len()) {
            if frame[at..].starts_with(&from) {
                frame[at..at + to.len()].copy_from_slice(&to);
            }
        }
        let sent = write.write_u32(length).await;
        if sent.is_err() || write.write_all(&frame).await.is_err() {
            return;
        }
    }
}
