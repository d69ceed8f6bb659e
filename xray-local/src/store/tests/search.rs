//! What the index and the tallies say, against what the documents do, while traces come, grow and leave.

use std::collections::BTreeSet;

use xray_sdk::TraceId;

use super::*;
use crate::entry::Source;
use crate::filter::{Filter, Selector};
use crate::graph::{ServiceGraph, Sketch};
use crate::index::Gather as _;
use crate::index::Index;
use crate::index::tests::random::{self, Chance};
use crate::insight::Tallies;
use crate::query::TimeRange;
use crate::series::Series;

/// The traces that began in a range, newest first, as the engine has them: the index is not asked.
fn stored(store: &Store, range: &TimeRange) -> Vec<Snapshot> {
    let mut rows = store.engine().traces(0, usize::MAX).expect("are read");
    rows.sort_by_key(|row| std::cmp::Reverse(Position::of(row.id, row.start)));
    let found = rows.iter().filter_map(|row| store.snapshot_of(row));
    let is_in_time = |snapshot: &Snapshot| {
        range
            .matched(&snapshot.entry(&snapshot.assemble()))
            .is_some()
    };
    found.filter(is_in_time).collect()
}

/// The graph of a range by its documents.
fn graph(store: &Store, range: &TimeRange) -> ServiceGraph {
    let range = range.requests();
    let mut sketch = Sketch::within(range);
    for snapshot in &stored(store, &range) {
        let mut entry = snapshot.entry(&snapshot.assemble());
        entry.resolve(|link| Source::of(&store.trace(link.trace_id)?, link.id));
        sketch.add(&entry);
    }
    sketch.finish()
}

/// The traces that a filter means, by their documents.
fn meant(store: &Store, range: &TimeRange, filter: &Filter) -> Vec<TraceId> {
    let found = stored(store, range);
    let all = found.iter().map(Snapshot::assemble);
    all.filter(|trace| filter.matches(trace))
        .map(|trace| trace.id())
        .collect()
}

/// What is counted over the index is what is counted entry by entry.
fn compare_counts(store: &Store, range: &TimeRange, filter: &Filter) {
    let range = &range.requests();
    let selector = Selector::parse("service(\"front\")").expect("a selector");
    let series = || Series::new(Some(selector.clone()), *range, 10);
    let (mut sketch, mut tallies, mut over_time) =
        (Sketch::within(*range), Tallies::default(), series());
    for snapshot in &stored(store, range) {
        let trace = snapshot.assemble();
        if filter.matches(&trace) {
            let mut entry = snapshot.entry(&trace);
            entry.resolve(|link| Source::of(&store.trace(link.trace_id)?, link.id));
            sketch.entry(&entry);
            tallies.entry(&entry);
            over_time.entry(&entry);
        }
    }
    let graph = store.filtered_graph(range, filter);
    assert_eq!(graph, sketch.finish(), "{filter} in {range:?}");
    let mut found = Tallies::default();
    store.gather(range, Some(filter), &mut found);
    assert_eq!(found, tallies, "{filter} in {range:?}");
    let mut found = series();
    store.gather(range, Some(filter), &mut found);
    let told = |series: Series| series.windows(f64::NEG_INFINITY, 1_000, true);
    assert_eq!(told(found), told(over_time), "{filter} in {range:?}");
}

fn compare(store: &Store, chance: &mut Chance) {
    let start = chance.below(200) as f64 / 4.0;
    let ranges = [
        TimeRange::ALWAYS,
        TimeRange::began(start, start + chance.below(100) as f64),
    ];
    for range in &ranges {
        assert_eq!(store.service_graph(range), graph(store, range), "{range:?}");
        let text = random::expression(chance);
        let filter = Filter::parse(&text).expect("an expression");
        let mut found = Vec::new();
        let mut after = None;
        loop {
            let page = store.find(range, Some(&filter), after, 7);
            found.extend(page.summaries.iter().map(|summary| summary.id));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(found, meant(store, range, &filter), "{text} in {range:?}");
        compare_counts(store, range, &filter);
    }
}

/// Documents of some traces in any order, each trace's in parts.
fn documents(chance: &mut Chance, traces: std::ops::Range<u64>) -> Vec<String> {
    let mut all: Vec<_> = traces
        .flat_map(|number| random::documents(chance, number))
        .collect();
    for at in (1..all.len()).rev() {
        let other = chance.below(at as u64 + 1) as usize;
        all.swap(at, other);
    }
    all
}

#[test]
fn what_is_found_and_drawn_is_what_the_documents_say_while_traces_come_grow_and_leave() {
    let mut chance = Chance::new(11);
    for traces in [1000, 40] {
        let store = Store::new(Limits {
            traces,
            ..Limits::default()
        });
        for (number, text) in documents(&mut chance, 0..80).iter().enumerate() {
            assert_eq!(store.insert(text), []);
            match number % 9 {
                0 => compare(&store, &mut chance),
                4 => store.settle_quiet(),
                _ => {}
            }
        }
        compare(&store, &mut chance);
        assert_eq!(store.counts().evicted_traces > 0, traces == 40);
    }
}

#[cfg(feature = "disk")]
#[test]
fn what_was_settled_is_known_again_after_a_start_and_what_was_not_is_settled_then() {
    let mut chance = Chance::new(12);
    let path = std::env::temp_dir().join(format!("xray-local-search-{}", std::process::id()));
    let limits = Limits {
        traces: 50,
        ..Limits::on_disk()
    };
    for round in 0..4 {
        let store = Store::on_disk(&path, None, limits, Clock::default(), Notice::default())
            .expect("a store");
        store.shared.catalog.change().index = Index::with_blocks_of(8);
        if round > 0 {
            assert!(blocks(&store) > 1, "the index is read from its blocks");
            compare(&store, &mut chance);
        }
        for (number, text) in documents(&mut chance, round * 20..round * 20 + 20)
            .iter()
            .enumerate()
        {
            assert_eq!(store.insert(text), []);
            match number % 11 {
                0 => compare(&store, &mut chance),
                5 => store.settle_quiet(),
                _ => {}
            }
        }
    }
    std::fs::remove_dir_all(&path).expect("is there");
}

/// Takes some traces out, each of which is there or not.
fn remove_some(store: &Store, chance: &mut Chance) -> Vec<TraceId> {
    let rows = store.engine().traces(0, usize::MAX).expect("are read");
    let some = rows.iter().filter(|_| chance.below(6) == 0);
    let some: Vec<_> = some.map(|row| row.id).collect();
    let asked = some.iter().copied().chain([id(9_999)]).collect();
    let before = store.counts();
    let mut removed = store.remove(&asked).expect("is written");
    removed.sort_unstable();
    let mut expected = some.clone();
    expected.sort_unstable();
    assert_eq!(removed, expected, "and none that is not there");
    let counts = store.counts();
    assert_eq!(counts.traces, before.traces - some.len());
    assert_eq!(
        counts.removed_traces,
        before.removed_traces + some.len() as u64
    );
    for id in &some {
        assert!(store.trace(*id).is_none(), "{id}");
    }
    some
}

#[test]
fn what_is_taken_out_is_in_no_answer_and_what_comes_of_it_later_makes_a_new_trace() {
    let mut chance = Chance::new(15);
    for traces in [1000, 20] {
        let store = Store::new(Limits {
            traces,
            ..Limits::default()
        });
        store.shared.catalog.change().index = Index::with_blocks_of(8);
        for (number, text) in documents(&mut chance, 0..40).iter().enumerate() {
            store.insert(text);
            match number % 12 {
                0 => compare(&store, &mut chance),
                4 => store.settle_quiet(),
                8 => drop(remove_some(&store, &mut chance)),
                _ => {}
            }
        }
        compare(&store, &mut chance);
        assert!(store.counts().removed_traces > 10);
    }
}

#[cfg(feature = "disk")]
#[test]
fn what_was_taken_out_stays_away_after_a_start_wherever_it_was_cut_off() {
    let mut chance = Chance::new(16);
    let path = std::env::temp_dir().join(format!("xray-local-removed-{}", std::process::id()));
    let open = || {
        let store = Store::on_disk(
            &path,
            None,
            Limits::on_disk(),
            Clock::default(),
            Notice::default(),
        );
        let store = store.expect("a store");
        store.shared.catalog.change().index = Index::with_blocks_of(8);
        store
    };
    let mut gone = Vec::new();
    for round in 0..6 {
        let store = open();
        compare(&store, &mut chance);
        for id in &gone {
            assert!(store.trace(*id).is_none(), "{id}");
        }
        for text in documents(&mut chance, round * 20..round * 20 + 20) {
            store.insert(&text);
        }
        if round % 2 == 0 {
            store.settle();
            store.settle_quiet();
        }
        if round % 3 == 0 {
            // Nothing of the index is written after the engine has done it: as if it were killed then.
            let rows = store.engine().traces(0, usize::MAX).expect("are read");
            let rows: Vec<_> = rows.into_iter().filter(|_| chance.below(4) == 0).collect();
            store.engine().remove(&rows).expect("is written");
            gone.extend(rows.iter().map(|row| row.id));
        } else {
            gone.extend(remove_some(&store, &mut chance));
            compare(&store, &mut chance);
        }
    }
    assert!(gone.len() > 20, "{}", gone.len());
    let store = open();
    compare(&store, &mut chance);
    assert!(blocks(&store) > 2);
    let all: BTreeSet<_> = store.traces().iter().map(Trace::id).collect();
    assert_eq!(store.remove(&all).expect("is written").len(), all.len());
    drop(store);
    let store = open();
    assert_eq!((store.counts().traces, store.traces().len()), (0, 0));
    store.insert(&document(1, 1, ""));
    assert_eq!(store.traces().len(), 1, "and it goes on");
    drop(store);
    std::fs::remove_dir_all(&path).expect("is there");
}

/// How many blocks of the index are kept.
#[cfg(feature = "disk")]
fn blocks(store: &Store) -> usize {
    let mut count = 0;
    let read = store.engine().blobs("index block ", &mut |_, _| {
        count += 1;
        std::ops::ControlFlow::Continue(())
    });
    read.expect("are read");
    count
}

#[cfg(feature = "disk")]
#[test]
fn a_block_that_cannot_be_read_is_told_of_and_what_it_held_is_found_all_the_same() {
    let mut chance = Chance::new(13);
    let path = std::env::temp_dir().join(format!("xray-local-blocks-{}", std::process::id()));
    let open = |notice| {
        let limits = Limits::on_disk();
        let store = Store::on_disk(&path, None, limits, Clock::default(), notice).expect("a store");
        store.shared.catalog.change().index = Index::with_blocks_of(8);
        store
    };
    let store = open(Notice::default());
    for text in documents(&mut chance, 0..40) {
        assert_eq!(store.insert(&text), []);
    }
    store.settle();
    store.settle_quiet();
    let count = blocks(&store);
    assert!(count > 2, "{count} blocks");
    let made = engine::Made {
        blobs: vec![(
            "index block 0000000000000001",
            Some(&b"another version's"[..]),
        )],
        ..engine::Made::default()
    };
    store.engine().keep(&made).expect("is written");
    drop(store);

    let (told, tells) = std::sync::mpsc::channel();
    let told = Mutex::new(told);
    let store = open(Notice::new(move |text: &str| {
        let _ = lock(&told).send(text.to_owned());
    }));
    compare(&store, &mut chance);
    assert_eq!(blocks(&store), count - 1);
    let told: Vec<_> = tells.try_iter().collect();
    assert!(
        told.iter()
            .any(|text| text.starts_with("1 blocks of the index")),
        "{told:?}"
    );
    // What it held stands in a new block soon.
    store.settle_quiet();
    assert_eq!(blocks(&store), count);
    drop(store);
    std::fs::remove_dir_all(&path).expect("is there");
}

#[test]
fn what_is_known_of_traces_counts_as_room_that_memory_takes() {
    let store = Store::new(Limits::default());
    assert_eq!(store.insert(&document(1, 1, "")), []);
    let text = store.counts().bytes;
    store.settle();
    store.settle_quiet();
    store.insert(&document(2, 1, ""));
    assert!(
        store.counts().bytes > 2 * text + 64,
        "{} and {text}",
        store.counts().bytes
    );
}

#[test]
fn a_link_is_drawn_once_its_source_comes_also_when_the_one_who_took_it_up_was_settled_before() {
    let store = Store::new(Limits::default());
    let worker = document(
        2,
        9,
        r#","links":[{"trace_id":"1-00000001-000000000000000000000001","id":"0000000000000001"}]"#,
    );
    store.insert(&worker);
    let edges = |store: &Store| store.service_graph(&TimeRange::ALWAYS).edges().count();
    assert_eq!(edges(&store), 1, "the client's");
    store.insert(&document(1, 1, "").replace("\"a\"", "\"sender\""));
    assert_eq!(edges(&store), 2, "the sender's client, and the link");
}

#[test]
fn an_explanation_tells_what_was_looked_up() {
    let store = Store::new(Limits::default());
    for trace in 1..=5 {
        store.insert(&document(
            trace,
            1,
            if trace == 3 { r#","fault":true"# } else { "" },
        ));
    }
    let filter = Filter::parse("fault AND !user").expect("an expression");
    let told = store.explain(&TimeRange::ALWAYS, Some(&filter));
    let terms: Vec<_> = told
        .terms
        .iter()
        .map(|term| (term.term.as_str(), term.traces))
        .collect();
    assert_eq!(terms, [("fault", 1), ("user", 0)]);
    assert_eq!(
        (told.traces, told.candidates, told.traces_read, told.found),
        (5, 1, 0, 1)
    );
    let ids: BTreeSet<_> = store
        .filtered(&TimeRange::ALWAYS, &filter)
        .iter()
        .map(|summary| summary.id)
        .collect();
    assert_eq!(ids, BTreeSet::from([id(3)]));
    assert!(
        told.to_string()
            .starts_with("filter      fault AND !user\nindex       5 traces, "),
        "{told}"
    );
}
