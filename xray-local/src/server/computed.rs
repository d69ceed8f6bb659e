//! Answers that take a while to compute: not on the thread that takes in calls, and for no longer than they are waited for.

use tokio::task::{self, JoinHandle};

use crate::api::{ApiError, Backend};
use crate::asker::Asker;

/// Computes `what`. Dropped, it is not begun any more, or ends where the store looks whether it goes on.
pub(super) async fn computed<T: Send + 'static>(
    what: &str,
    backend: Backend,
    compute: impl FnOnce(&Backend) -> T + Send + 'static,
) -> Result<T, ApiError> {
    let (asker, _wanted) = Asker::new();
    let backend = backend.asked_by(asker);
    let mut work = Work(task::spawn_blocking(move || compute(&backend)));
    (&mut work.0).await.map_err(|_| ApiError::internal(what))
}

/// Work that is not begun once it is dropped.
struct Work<T>(JoinHandle<T>);

impl<T> Drop for Work<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    use tokio::sync::oneshot;

    use super::*;
    use crate::clock::Clock;
    use crate::control::Control;
    use crate::store::{Limits, Store};

    #[test]
    fn work_ends_when_its_client_leaves() {
        let backend = Backend {
            store: Store::new(Limits::default()),
            control: Control::start(None, None, Clock::default()).expect("needs no file"),
        };
        let (begin, begun) = oneshot::channel();
        let (end, ended) = mpsc::channel();
        let work = computed("it", backend, move |backend| {
            begin.send(()).expect("somebody waits");
            while !backend.store.is_abandoned() {
                std::thread::yield_now();
            }
            end.send(()).expect("somebody waits");
        });
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        let runtime = runtime.expect("a runtime");
        runtime.block_on(async {
            tokio::select! {
                _ = work => panic!("it does not end by itself"),
                begun = begun => begun.expect("it begins"),
            }
        });
        ended
            .recv_timeout(Duration::from_secs(10))
            .expect("it ends");
    }
}
