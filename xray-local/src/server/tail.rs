//! Each trace as it comes: once, when it is as complete as it gets.

use std::collections::{HashMap, HashSet, VecDeque};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::routing::get;
use futures_util::stream::{self, Stream};
use serde::Deserialize;
use xray_sdk::TraceId;

use super::computed::computed;
use super::question::{self, Query};
use super::seats;
use crate::api::{ApiError, Backend};
use crate::entry::{CalledBy, Entry};
use crate::filter::Filter;
use crate::query::{TimeRange, TraceSummary};
use crate::store::Arrivals;

/// How long the segment of a service that was called is waited for, in seconds. Where it is sent elsewhere it never comes.
const ANSWER: f64 = 10.0;

/// How long the end of an open segment is waited for, while nothing comes of the trace: the process may be gone.
const OPEN: f64 = 300.0;

/// How long nothing must have come of a trace that was there before, so that more of it need not be expected.
const QUIET: f64 = 1.0;

/// How often is looked whether something has been waited for long enough.
const LOOK: Duration = Duration::from_millis(500);

/// How many traces are waited for at once. Others are told as they are: what waits takes memory for each who listens.
const WAITING: usize = 20_000;

/// Of how many traces is remembered that they were told.
const TOLD: usize = 100_000;

pub(super) fn routes() -> Router<Backend> {
    Router::new().route("/local/tail", get(tail))
}

#[derive(Deserialize)]
struct Question {
    #[serde(default)]
    filter: String,
    /// How many of the traces that are there are told first.
    #[serde(default)]
    lines: usize,
}

/// Tells each trace by an event that is a summary, as GetTraceSummaries has them; an event `missed` says how many came too fast.
async fn tail(
    State(backend): State<Backend>,
    Query(question): Query<Question>,
    seat: seats::Stream,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, ApiError> {
    let filter = question::filter(&question.filter)?;
    let groups = backend.control.groups().get();
    let filter = filter.map(|filter| groups.resolve(&filter)).transpose()?;
    // What comes from here on is heard of, also while those are looked up that are there.
    let arrivals = backend.store.arrivals();
    let mut feed = Feed {
        backend,
        filter,
        arrivals,
        tail: Tail::default(),
        ready: VecDeque::new(),
        _seat: seat,
    };
    feed.begin(question.lines).await;
    let events = stream::unfold(feed, |mut feed| async move {
        let event = feed.next().await?;
        Some((Ok(event), feed))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::default()))
}

/// What one client is told.
struct Feed {
    backend: Backend,
    filter: Option<Filter>,
    arrivals: Arrivals,
    tail: Tail,
    /// The first has to be told next. What was there is known to be meant.
    ready: VecDeque<(Arc<Entry>, bool)>,
    _seat: seats::Stream,
}

impl Feed {
    /// Takes in the newest of what is there.
    async fn begin(&mut self, lines: usize) {
        let filter = self.filter.clone();
        let found = computed("the newest traces", self.backend.clone(), move |backend| {
            let meant = backend.store.meant(&TimeRange::ALWAYS, filter.as_ref());
            let complete = meant.filter(|entry| Wait::of(entry) == Wait::Over);
            complete.take(lines).map(Arc::new).collect::<Vec<_>>()
        });
        let now = self.backend.control.now();
        for entry in found.await.unwrap_or_default().into_iter().rev() {
            let told = self.tail.find(entry, now);
            self.ready.extend(told.map(|entry| (entry, true)));
        }
    }

    /// The next event. `None` when the store has gone.
    async fn next(&mut self) -> Option<Event> {
        loop {
            let missed = self.arrivals.missed();
            if missed > 0 {
                return Some(Event::default().event("missed").data(missed.to_string()));
            }
            while let Some((entry, is_known)) = self.ready.pop_front() {
                if is_known || self.is_meant(entry.id).await {
                    let summary = TraceSummary::of(&entry, entry.start_time);
                    return Some(Event::default().json_data(&summary).unwrap_or_default());
                }
            }
            let heard = tokio::select! {
                heard = self.arrivals.next() => Some(heard?),
                () = tokio::time::sleep(LOOK) => None,
            };
            let now = self.backend.control.now();
            let told = heard.and_then(|entry| self.tail.hear(entry, now));
            let told = told.into_iter().chain(self.tail.due(now));
            self.ready.extend(told.map(|entry| (entry, false)));
        }
    }

    async fn is_meant(&self, id: TraceId) -> bool {
        if self.filter.is_none() {
            return true;
        }
        let filter = self.filter.clone();
        let asked = computed("a trace", self.backend.clone(), move |backend| {
            backend.store.is_meant(id, filter.as_ref())
        });
        asked.await.unwrap_or(false)
    }
}

/// Which traces were told, and which are waited for.
#[derive(Default)]
struct Tail {
    /// Each with the time when it is told as it is.
    waiting: HashMap<TraceId, (Arc<Entry>, f64)>,
    told: HashSet<TraceId>,
    /// The same, the first that was told first.
    order: VecDeque<TraceId>,
}

/// What a trace lacks.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Wait {
    Over,
    /// The segment of a service that was called, or called.
    Service,
    /// The end of a segment.
    End,
}

impl Wait {
    fn of(entry: &Entry) -> Self {
        let is_open = entry.works.iter().any(|work| work.request.is_partial);
        let is_unknown = |caller: &CalledBy| matches!(caller, CalledBy::Unknown);
        if is_open || entry.root().is_none() {
            Self::End
        } else if entry.is_partial || entry.works.iter().any(|work| is_unknown(&work.caller)) {
            Self::Service
        } else {
            Self::Over
        }
    }
}

impl Tail {
    /// A trace was there before. Returns it where nothing more is expected of it.
    fn find(&mut self, entry: Arc<Entry>, now: f64) -> Option<Arc<Entry>> {
        if entry.span.end > now - QUIET && entry.span.end <= now {
            self.waiting.insert(entry.id, (entry, now + QUIET));
            return None;
        }
        self.tell(entry)
    }

    /// Nothing has come of a trace for a moment. Returns it where it is complete.
    fn hear(&mut self, entry: Arc<Entry>, now: f64) -> Option<Arc<Entry>> {
        if self.told.contains(&entry.id) {
            return None;
        }
        let patience = match Wait::of(&entry) {
            Wait::Over => return self.tell(entry),
            _ if self.waiting.len() >= WAITING && !self.waiting.contains_key(&entry.id) => {
                return self.tell(entry);
            }
            Wait::Service => ANSWER,
            Wait::End => OPEN,
        };
        self.waiting.insert(entry.id, (entry, now + patience));
        None
    }

    /// Those that have been waited for long enough, in the order in which they began.
    fn due(&mut self, now: f64) -> Vec<Arc<Entry>> {
        let due = self.waiting.extract_if(|_, (_, until)| *until <= now);
        let mut due: Vec<_> = due.map(|(_, (entry, _))| entry).collect();
        due.sort_by(|one, other| one.start_time.total_cmp(&other.start_time));
        due.into_iter()
            .filter_map(|entry| self.tell(entry))
            .collect()
    }

    fn tell(&mut self, entry: Arc<Entry>) -> Option<Arc<Entry>> {
        self.waiting.remove(&entry.id);
        self.order.push_back(entry.id);
        if self.order.len() > TOLD
            && let Some(first) = self.order.pop_front()
        {
            self.told.remove(&first);
        }
        self.told.insert(entry.id).then_some(entry)
    }
}

#[cfg(test)]
mod tests {
    use xray_sdk::document::{Document, Trace};

    use super::*;
    use crate::entry::Span;

    /// A trace that began at 100, of these documents without the fields that all have.
    fn entry(documents: &[&str]) -> Arc<Entry> {
        let documents = documents.iter().zip(1..).map(|(rest, number)| {
            let json = format!(
                r#"{{"id":"{number:016x}","trace_id":"1-581cf771-a006649127e371903a2de979","start_time":100,{rest}}}"#
            );
            Document::parse(json.as_bytes()).expect(&json)
        });
        let trace = Trace::assemble(documents).remove(0);
        Arc::new(Entry::of(&trace, 1, Span::of(&trace)))
    }

    const WHOLE: &str = r#""name":"front","end_time":101"#;

    #[test]
    fn a_complete_trace_is_told_at_once_and_never_again() {
        let mut tail = Tail::default();
        assert!(tail.hear(entry(&[WHOLE]), 101.0).is_some());
        assert!(tail.hear(entry(&[WHOLE]), 500.0).is_none());
        assert!(tail.due(10_000.0).is_empty());
    }

    #[test]
    fn an_open_segment_is_waited_for_as_long_as_something_comes_of_it() {
        let mut tail = Tail::default();
        let open = entry(&[r#""name":"front","in_progress":true"#]);
        for time in [100.0, 350.0, 600.0] {
            assert!(tail.hear(Arc::clone(&open), time).is_none());
            assert!(tail.due(time + 299.0).is_empty());
        }
        assert!(tail.hear(entry(&[WHOLE]), 850.0).is_some(), "it has ended");
        let mut tail = Tail::default();
        assert!(tail.hear(open, 100.0).is_none());
        assert_eq!(tail.due(400.0).len(), 1, "nothing came for long");
        assert!(tail.hear(entry(&[WHOLE]), 850.0).is_none(), "once is once");
    }

    #[test]
    fn what_a_service_sends_that_was_called_is_waited_for_a_moment() {
        let calls = r#""name":"front","end_time":101,"subsegments":[{"name":"stock","id":"00000000000000aa",
            "namespace":"remote","traced":true,"start_time":100.1,"end_time":100.9}]"#;
        let mut tail = Tail::default();
        assert!(tail.hear(entry(&[calls]), 101.0).is_none());
        assert!(tail.due(110.0).is_empty());
        assert_eq!(tail.due(111.0).len(), 1);
        let mut tail = Tail::default();
        assert!(tail.hear(entry(&[calls]), 101.0).is_none());
        let called = r#""name":"stock","parent_id":"00000000000000aa","end_time":100.8"#;
        assert!(tail.hear(entry(&[calls, called]), 103.0).is_some());
    }

    #[test]
    fn subsegments_alone_are_a_trace_whose_segment_is_still_to_come() {
        let alone =
            r#""name":"part","type":"subsegment","parent_id":"00000000000000ff","end_time":101"#;
        let mut tail = Tail::default();
        assert!(tail.hear(entry(&[alone]), 101.0).is_none());
        assert!(tail.due(400.0).is_empty());
        assert_eq!(tail.due(401.0).len(), 1);
    }

    #[test]
    fn what_was_there_is_told_first_unless_it_has_only_just_ended() {
        let mut tail = Tail::default();
        assert!(tail.find(entry(&[WHOLE]), 101.5).is_none());
        assert!(tail.due(102.0).is_empty());
        assert_eq!(tail.due(102.5).len(), 1);
        let mut tail = Tail::default();
        assert!(tail.find(entry(&[WHOLE]), 102.0).is_some());
        assert!(tail.hear(entry(&[WHOLE]), 103.0).is_none());
    }

    #[test]
    fn what_is_too_much_to_wait_for_is_told_as_it_is() {
        let mut tail = Tail::default();
        let open = entry(&[r#""name":"front","in_progress":true"#]);
        let mut hear = |number: u128| {
            let id = TraceId::from_u128(number);
            let open = Arc::new(Entry {
                id,
                ..Entry::clone(&open)
            });
            tail.hear(open, 100.0).is_some()
        };
        assert!(!(1..=WAITING as u128).any(&mut hear));
        assert!(hear(WAITING as u128 + 1), "there is no room");
        assert!(!hear(1), "it waits already");
    }

    #[test]
    fn of_the_oldest_is_forgotten_that_they_were_told() {
        let mut tail = Tail::default();
        let first = entry(&[WHOLE]);
        tail.tell(Arc::clone(&first));
        for number in 1..=TOLD as u128 {
            let id = TraceId::from_u128(number);
            tail.tell(Arc::new(Entry {
                id,
                ..Entry::clone(&first)
            }));
        }
        assert_eq!((tail.told.len(), tail.order.len()), (TOLD, TOLD));
        assert!(tail.hear(first, 0.0).is_some());
    }
}
