use std::collections::BTreeMap;

use xray_sdk::document::Trace;

use super::*;
use crate::entry::Span;
use crate::query::{TimeRangeType, Times as _};
use random::Chance;

pub(crate) mod random;

/// Traces, and an index of them with small blocks.
struct World {
    index: Index,
    traces: BTreeMap<Position, (Trace, Entry)>,
}

impl World {
    fn new() -> Self {
        Self {
            index: Index::with_blocks_of(16),
            traces: BTreeMap::new(),
        }
    }

    /// A world of so many traces, of which some came again with more, and some were taken out.
    fn random(chance: &mut Chance, traces: u64) -> Self {
        let mut world = Self::new();
        for number in 0..traces {
            let documents = random::documents(chance, number);
            let first = world.put(&documents[..1], None);
            let last = world.put(&documents, Some(first));
            if chance.below(5) == 0 {
                world.take(last);
            }
        }
        world
    }

    /// Puts in the trace of these documents, in place of what was known of it.
    fn put(&mut self, documents: &[String], known: Option<Position>) -> Position {
        let trace = random::trace(documents);
        if let Some(known) = known {
            self.take(known);
        }
        let entry = Entry::of(&trace, 1, Span::of(&trace));
        let position = Position::of(entry.id, entry.start());
        // The trace's number stands in its id.
        let ordinal = entry.id.to_u128() as u64;
        self.index.insert(ordinal, &entry);
        self.traces.insert(position, (trace, entry));
        position
    }

    fn take(&mut self, position: Position) {
        let (_, entry) = self.traces.remove(&position).expect("it is there");
        assert!(self.index.remove(entry.id.to_u128() as u64));
    }

    /// What a search finds, page by page, doubts settled by the traces.
    fn found(&self, range: &TimeRange, filter: Option<&Filter>, limit: usize) -> Vec<Position> {
        let mut found = Vec::new();
        let mut after = None;
        loop {
            let search = Search {
                range,
                filter,
                after,
                limit,
            };
            let page = self.index.search(&search, None);
            let Some(last) = page.last() else {
                return found;
            };
            after = Some(last.position);
            assert!(page.len() <= limit);
            found.extend(
                page.iter()
                    .filter(|candidate| self.is_meant(candidate, range, filter))
                    .map(|candidate| candidate.position),
            );
        }
    }

    fn is_meant(&self, candidate: &Candidate, range: &TimeRange, filter: Option<&Filter>) -> bool {
        let (trace, entry) = &self.traces[&candidate.position];
        assert_eq!(candidate.ordinal, entry.id.to_u128() as u64);
        let is_in_time = range.matched(entry).is_some();
        is_in_time && (candidate.is_certain || filter.is_none_or(|filter| filter.matches(trace)))
    }

    /// What should be found: by asking every trace.
    fn meant(&self, range: &TimeRange, filter: Option<&Filter>) -> Vec<Position> {
        let newest_first = self.traces.iter().rev();
        let meant = newest_first.filter(|(_, (trace, entry))| {
            range.matched(entry).is_some() && filter.is_none_or(|filter| filter.matches(trace))
        });
        meant.map(|(position, _)| *position).collect()
    }
}

/// How many expressions are tried. The whole hundred thousand: XRAY_TEST_EXPRESSIONS=100000.
fn expressions() -> u64 {
    let asked = std::env::var("XRAY_TEST_EXPRESSIONS").ok();
    asked.map_or(1_000, |number| number.parse().expect("a number"))
}

#[test]
fn random_expressions_find_what_asking_every_trace_finds() {
    let mut chance = Chance::new(7);
    let mut world = World::random(&mut chance, 60);
    let (mut some, mut all) = (0, 0);
    for number in 0..expressions() {
        if number % 500 == 499 {
            world = World::random(&mut chance, 60);
        }
        let text = random::expression(&mut chance);
        let filter = Filter::parse(&text).unwrap_or_else(|error| panic!("{text}: {error}"));
        let meant = world.meant(&TimeRange::ALWAYS, Some(&filter));
        let found = world.found(&TimeRange::ALWAYS, Some(&filter), 1 + number as usize % 70);
        assert_eq!(found, meant, "{text}");
        let again =
            Filter::parse(&filter.to_string()).unwrap_or_else(|error| panic!("{filter}: {error}"));
        assert_eq!(
            world.meant(&TimeRange::ALWAYS, Some(&again)),
            meant,
            "{text} written as {filter}"
        );
        some += u64::from(!meant.is_empty());
        all += u64::from(meant.len() == world.traces.len());
    }
    println!(
        "{} expressions; {some} meant any trace, {all} every one",
        expressions()
    );
    assert!(
        some > expressions() / 3 && all < expressions() / 3,
        "the test must be able to fail"
    );
}

#[test]
fn any_time_range_of_any_kind_finds_what_asking_every_trace_finds() {
    use TimeRangeType::{Event, Service, TraceId};
    let mut chance = Chance::new(8);
    for _ in 0..20 {
        let world = World::random(&mut chance, 50);
        for kind in [TraceId, Event, Service] {
            for _ in 0..20 {
                let start = chance.below(240) as f64 / 4.0 - 2.0;
                let end = start + chance.below(80) as f64 / 4.0;
                let range = TimeRange { start, end, kind };
                for limit in [3, 1000] {
                    assert_eq!(
                        world.found(&range, None, limit),
                        world.meant(&range, None),
                        "{range:?}"
                    );
                }
            }
        }
    }
}

#[test]
fn what_is_taken_out_takes_its_block_along() {
    let mut chance = Chance::new(9);
    let mut world = World::new();
    let positions: Vec<_> = (0..100)
        .map(|number| world.put(&random::documents(&mut chance, number), None))
        .collect();
    assert_eq!((world.index.traces, world.index.closed.len()), (100, 6));
    for position in positions {
        world.take(position);
    }
    assert_eq!((world.index.traces, world.index.closed.len()), (0, 0));
    assert!(world.found(&TimeRange::ALWAYS, None, 10).is_empty());
    assert!(!world.index.remove(1));
    assert!(!world.index.remove(u64::MAX));
}

#[test]
fn a_page_of_the_newest_looks_into_few_blocks_and_none_has_what_is_nowhere() {
    let mut world = World::new();
    for number in 0..320 {
        let json = format!(
            r#"{{"trace_id":"1-{number:08x}-{number:024x}","name":"front","id":"0000000000000001","start_time":{number},"end_time":{number}.5,"user":"u{number}"}}"#
        );
        world.put(&[json], None);
    }
    let told = |text: &str, limit| {
        let filter = Filter::parse(text).expect("an expression");
        let mut told = Explanation::default();
        let search = Search {
            range: &TimeRange::ALWAYS,
            filter: Some(&filter),
            after: None,
            limit,
        };
        let found = world.index.search(&search, Some(&mut told)).len();
        (found, told)
    };
    let (found, page) = told("ok", 10);
    assert_eq!(
        (found, page.blocks, page.blocks_searched, page.doubtful),
        (10, 20, 1, 0)
    );
    let (found, rare) = told(r#"user = "u3" AND service("front") { ok }"#, 10);
    assert_eq!((found, rare.candidates), (1, 1));
    let blocks: Vec<_> = rare
        .terms
        .iter()
        .map(|term| (term.blocks, term.traces))
        .collect();
    assert_eq!(
        blocks,
        [(20, 1), (1, 16)],
        "the second is asked where the first left something"
    );
    let (found, none) = told("fault", 10);
    assert_eq!((found, none.candidates, none.terms[0].traces), (0, 0, 0));
}

#[test]
fn a_trace_too_large_for_the_columns_is_left_to_its_documents() {
    let calls: Vec<_> = (2..5000).map(|id| format!(r#"{{"name":"c","namespace":"remote","id":"{id:016x}","start_time":1,"end_time":2}}"#)).collect();
    let json = format!(
        r#"{{"trace_id":"1-00000001-000000000000000000000001","name":"front","id":"0000000000000001","start_time":1,"end_time":2,"subsegments":[{}]}}"#,
        calls.join(",")
    );
    let mut world = World::new();
    world.put(&[json], None);
    for (text, found) in [
        (r#"service("c")"#, 1),
        (r#"service("d")"#, 0),
        ("!fault", 1),
        ("fault", 0),
    ] {
        let filter = Filter::parse(text).expect("an expression");
        let search = Search {
            range: &TimeRange::ALWAYS,
            filter: Some(&filter),
            after: None,
            limit: 10,
        };
        let [candidate] = world.index.search(&search, None)[..] else {
            panic!("one candidate")
        };
        assert!(!candidate.is_certain);
        assert_eq!(
            world.found(&TimeRange::ALWAYS, Some(&filter), 10).len(),
            found,
            "{text}"
        );
    }
}
