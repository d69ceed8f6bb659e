use std::io;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::thread::{self, JoinHandle};

/// Stands before a server, and lets callers through or not. Its address stays the same.
pub(super) struct Door {
    address: SocketAddr,
    state: Arc<AtomicU8>,
    thread: Option<JoinHandle<()>>,
}

const OPEN: u8 = 0;
const SHUT: u8 = 1;
const GONE: u8 = 2;

impl Door {
    /// An open one.
    pub(super) fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("bound");
        let state = Arc::new(AtomicU8::new(OPEN));
        let seen = state.clone();
        let thread = thread::spawn(move || {
            for caller in listener.incoming().flatten() {
                match seen.load(Ordering::SeqCst) {
                    OPEN => drop(thread::spawn(move || pass(&caller, server))),
                    SHUT => drop(caller),
                    _ => return,
                }
            }
        });
        Self {
            address,
            state,
            thread: Some(thread),
        }
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Nobody gets through any more: who connects is cut off.
    pub(super) fn shut(&self) {
        self.state.store(SHUT, Ordering::SeqCst);
    }

    pub(super) fn open(&self) {
        self.state.store(OPEN, Ordering::SeqCst);
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        self.state.store(GONE, Ordering::SeqCst);
        // Wakes the thread, which then sees it.
        let _ = TcpStream::connect(self.address);
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

/// Carries what both say until both have said all. Whoever breaks off is not missed.
fn pass(caller: &TcpStream, server: SocketAddr) {
    let Ok(server) = TcpStream::connect(server) else {
        return;
    };
    thread::scope(|scope| {
        scope.spawn(|| carry(caller, &server));
        carry(&server, caller);
    });
}

fn carry(mut from: &TcpStream, mut to: &TcpStream) {
    let _ = io::copy(&mut from, &mut to);
    let _ = to.shutdown(Shutdown::Write);
}
