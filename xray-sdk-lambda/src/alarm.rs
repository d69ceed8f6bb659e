//! Wakes an invocation shortly before it runs out of time.
//!
//! On a thread of its own, because nothing says that the function's runtime has a timer.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

/// The alarms of the invocations that run now. Its thread starts with the first alarm, and ends with this.
#[derive(Debug, Default)]
pub(crate) struct Alarms {
    // Guards the alarms and what their thread waits for. Locked when an invocation begins, is polled and ends, and by the thread.
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    alarms: Vec<Set>,
    last: u64,
    thread: Option<Thread>,
    /// When the thread looks next; none while it waits to be woken.
    looks: Option<Instant>,
}

#[derive(Debug)]
struct Set {
    number: u64,
    at: Instant,
    waker: Option<Waker>,
}

/// One invocation's alarm, which is taken back when it is dropped.
#[derive(Debug)]
pub(crate) struct Alarm {
    alarms: Arc<Alarms>,
    number: u64,
    at: Instant,
}

impl Alarms {
    /// An alarm at a time. None where there can be no thread that would wake anybody.
    pub(crate) fn set(self: &Arc<Self>, at: Instant) -> Option<Alarm> {
        let mut state = self.state();
        if state.thread.is_none() {
            let alarms = Arc::downgrade(self);
            let thread = thread::Builder::new()
                .name("xray-sdk-lambda".to_owned())
                .spawn(move || look_after(&alarms));
            state.thread = Some(thread.ok()?.thread().clone());
        }
        state.last += 1;
        let number = state.last;
        state.alarms.push(Set {
            number,
            at,
            waker: None,
        });
        // A function's alarms mostly are each later than the one before, and the thread still waits for that.
        if state.looks.is_none_or(|looks| at < looks) {
            state.wake();
        }
        drop(state);
        Some(Alarm {
            alarms: self.clone(),
            number,
            at,
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn wake(&self) {
        if let Some(thread) = &self.thread {
            thread.unpark();
        }
    }
}

impl Drop for Alarms {
    fn drop(&mut self) {
        self.state().wake();
    }
}

impl Alarm {
    /// Whether it is time. Else the task is woken when it is.
    pub(crate) fn is_due(&self, task: &Context<'_>) -> bool {
        let mut state = self.alarms.state();
        // Asked while the thread cannot look: it looks later, and finds the waker.
        if Instant::now() >= self.at {
            return true;
        }
        let own = state
            .alarms
            .iter_mut()
            .find(|set| set.number == self.number);
        if let Some(set) = own {
            match &mut set.waker {
                Some(waker) => waker.clone_from(task.waker()),
                None => set.waker = Some(task.waker().clone()),
            }
        }
        false
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        let mut state = self.alarms.state();
        let own = state
            .alarms
            .iter()
            .position(|set| set.number == self.number);
        let set = own.map(|place| state.alarms.swap_remove(place));
        drop(state);
        // Dropping a waker may run code of others.
        drop(set);
    }
}

/// Wakes whose time has come, until there is nobody who could set an alarm.
fn look_after(alarms: &Weak<Alarms>) {
    while let Some(alarms) = alarms.upgrade() {
        let (due, next) = look(&mut alarms.state(), Instant::now());
        // Not kept while this waits, and not held while other code runs.
        drop(alarms);
        due.into_iter().for_each(Waker::wake);
        match next {
            Some(wait) => thread::park_timeout(wait),
            None => thread::park(),
        }
    }
}

/// The wakers of those whose time has come, and how long until the next one's.
fn look(state: &mut State, now: Instant) -> (Vec<Waker>, Option<Duration>) {
    let mut due = Vec::new();
    for set in &mut state.alarms {
        if set.at <= now {
            due.extend(set.waker.take());
        }
    }
    let later = state.alarms.iter().map(|set| set.at).filter(|at| *at > now);
    state.looks = later.min();
    let next = state.looks.map(|at| at.saturating_duration_since(now));
    (due, next)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::{self, Receiver, Sender};
    use std::task::Wake;

    const DEADLINE: Duration = Duration::from_secs(30);

    struct Woken(Sender<()>);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            let _ = self.0.send(());
        }
    }

    fn waker() -> (Waker, Receiver<()>) {
        let (sender, woken) = mpsc::channel();
        (Waker::from(Arc::new(Woken(sender))), woken)
    }

    #[test]
    fn a_task_is_woken_when_its_time_has_come() {
        let alarms = Arc::new(Alarms::default());
        let (waker, woken) = waker();
        let far = alarms.set(Instant::now() + DEADLINE).expect("a thread");
        let near = alarms.set(Instant::now() + Duration::from_millis(20));
        let near = near.expect("a thread");
        let task = Context::from_waker(&waker);
        if !near.is_due(&task) {
            woken.recv_timeout(DEADLINE).expect("woken");
        }
        assert!(near.is_due(&task));
        assert!(!far.is_due(&task));
    }

    #[test]
    fn an_alarm_that_is_taken_back_wakes_nobody() {
        let mut state = State::default();
        let now = Instant::now();
        let (waker, _woken) = waker();
        state.alarms.push(Set {
            number: 1,
            at: now + Duration::from_secs(1),
            waker: Some(waker),
        });
        let (due, next) = look(&mut state, now);
        assert!(due.is_empty());
        assert_eq!(next, Some(Duration::from_secs(1)));
        let (due, next) = look(&mut state, now + Duration::from_secs(2));
        assert_eq!((due.len(), next), (1, None));
        let (due, _) = look(&mut state, now + Duration::from_secs(3));
        assert!(due.is_empty(), "each is woken once");
        state.alarms.clear();
        assert_eq!(look(&mut state, now).1, None);
    }

    #[test]
    fn the_thread_ends_with_the_alarms() {
        let alarms = Arc::new(Alarms::default());
        drop(alarms.set(Instant::now() + DEADLINE));
        let weak = Arc::downgrade(&alarms);
        drop(alarms);
        let until = Instant::now() + DEADLINE;
        while weak.strong_count() > 0 {
            assert!(Instant::now() < until, "somebody keeps the alarms");
            thread::yield_now();
        }
    }
}
