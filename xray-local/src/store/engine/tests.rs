mod removal;

use super::*;

/// The same for each engine.
fn each(test: impl Fn(&dyn Engine)) {
    test(&Memory::default());
    #[cfg(feature = "disk")]
    on_disk(|path| test(&Disk::open(path, None, u64::MAX).expect("a store")));
}

#[cfg(feature = "disk")]
pub(super) fn on_disk(test: impl Fn(&std::path::Path)) {
    use std::sync::atomic::{AtomicU32, Ordering};
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let name = format!("xray-local-engine-{}-{number}", std::process::id());
    let path = std::env::temp_dir().join(name);
    test(&path);
    std::fs::remove_dir_all(&path).expect("is there");
}

/// A trace with one document.
fn row(ordinal: u64, start: f64) -> TraceRow {
    TraceRow {
        ordinal,
        id: id(ordinal),
        start,
        end: start + 1.5,
        came: 1_000.25 + ordinal as f64,
        revision: 1,
        bytes: 100,
    }
}

fn id(ordinal: u64) -> TraceId {
    TraceId::from_u128(u128::from(u64::MAX - ordinal) << 64 | u128::from(ordinal))
}

fn document(ordinal: u64, number: u32, text: &str) -> DocumentRow<'_> {
    let outline = Outline {
        number,
        id: SegmentId::from_u64(u64::MAX - u64::from(number)),
        is_in_progress: number.is_multiple_of(2),
        is_segment: number.is_multiple_of(3),
        end: (number > 1).then_some(0.1 + f64::from(number)),
        length: text.len(),
    };
    DocumentRow {
        ordinal,
        outline,
        text,
    }
}

/// Traces with these numbers, each with a document.
fn filled(engine: &dyn Engine, ordinals: &[u64]) {
    let traces: Vec<_> = ordinals.iter().map(|ordinal| row(*ordinal, 10.0)).collect();
    let documents = ordinals.iter().map(|ordinal| document(*ordinal, 1, "text"));
    put(engine, &traces, documents.collect());
}

fn put(engine: &dyn Engine, traces: &[TraceRow], documents: Vec<DocumentRow<'_>>) {
    let arrived = Arrived {
        traces: traces.to_vec(),
        documents,
        ..Arrived::default()
    };
    engine.put(&arrived).expect("is written");
}

/// Returns what was kept of entries.
fn keep(engine: &dyn Engine, entries: &[(u64, u64, &[u8])]) -> Vec<u64> {
    let made = Made {
        entries: entries.to_vec(),
        ..Made::default()
    };
    engine.keep(&made).expect("is written")
}

/// The trace with a number, after more of its documents have come.
fn grown(ordinal: u64, revision: u64) -> TraceRow {
    TraceRow {
        revision,
        bytes: 100 * revision,
        ..row(ordinal, 10.0)
    }
}

fn entries(engine: &dyn Engine, from: u64) -> Vec<(u64, Vec<u8>)> {
    let mut found = Vec::new();
    let visited = engine.entries(from, &mut |ordinal, entry| {
        found.push((ordinal, entry.to_vec()));
        ControlFlow::Continue(())
    });
    visited.expect("is read");
    found
}

fn unsettled(engine: &dyn Engine) -> Vec<u64> {
    let rows = engine.unsettled().expect("is read");
    rows.iter().map(|row| row.ordinal).collect()
}

fn texts(engine: &dyn Engine, ordinal: u64) -> Vec<String> {
    let documents = engine.documents(ordinal).expect("are read");
    documents.iter().map(|(_, text)| text.to_string()).collect()
}

#[test]
fn what_was_written_is_read() {
    each(|engine| {
        let documents = || vec![document(7, 1, "one \u{1f980}"), document(7, 2, "two")];
        put(engine, &[row(7, 12.000_000_25)], documents());
        assert_eq!(engine.trace(id(7)), Ok(Some(row(7, 12.000_000_25))));
        assert_eq!(engine.trace(id(8)), Ok(None));
        assert_eq!(engine.span().end, 8);
        let outlines = documents().into_iter().map(|document| document.outline);
        assert_eq!(engine.outlines(7), Ok(outlines.collect()));
        let expected = documents().into_iter();
        let expected = expected.map(|document| (document.outline, Arc::from(document.text)));
        assert_eq!(engine.documents(7), Ok(expected.collect()));
        assert_eq!(engine.documents(8), Ok(Vec::new()));
    });
}

#[test]
fn texts_of_any_length_are_read_again() {
    each(|engine| {
        let all: Vec<_> = (1..=12_u32)
            .map(|number| "\u{e9}x".repeat(1 << number.min(11) << (number / 3)))
            .collect();
        let documents = (1..).zip(&all);
        let documents = documents.map(|(number, text)| document(1, number, text));
        put(engine, &[row(1, 1.0)], documents.collect());
        assert_eq!(texts(engine, 1), all);
    });
}

#[test]
fn a_trace_goes_on_and_documents_are_replaced() {
    each(|engine| {
        for is_settled in [false, true] {
            let ordinal = if is_settled { 2 } else { 1 };
            filled(engine, &[ordinal]);
            if is_settled {
                assert_eq!(keep(engine, &[(ordinal, 1, b"entry")]), [ordinal]);
            }
            let arrived = Arrived {
                traces: vec![grown(ordinal, 3)],
                documents: vec![document(ordinal, 2, "early"), document(ordinal, 3, "late")],
                replaced: vec![(ordinal, 1)],
            };
            engine.put(&arrived).expect("is written");
            assert_eq!(engine.trace(id(ordinal)), Ok(Some(grown(ordinal, 3))));
            assert_eq!(texts(engine, ordinal), ["early", "late"]);
        }
    });
}

#[test]
fn those_that_are_known_are_found_in_any_state() {
    each(|engine| {
        filled(engine, &[1, 2, 3]);
        keep(engine, &[(2, 1, b"entry")]);
        let mut known = engine.known(&[id(9), id(3), id(2)]).expect("is read");
        known.sort_by_key(|row| row.ordinal);
        assert_eq!(known, [row(2, 10.0), row(3, 10.0)]);
    });
}

#[test]
fn traces_come_in_the_order_of_their_numbers_also_where_some_are_settled() {
    each(|engine| {
        filled(engine, &[1, 2, 3, 4, 5]);
        keep(engine, &[(2, 1, b"b"), (4, 1, b"d"), (5, 1, b"e")]);
        put(engine, &[grown(4, 2)], vec![document(4, 2, "more")]);
        let numbers = |from, count| {
            let rows = engine.traces(from, count).expect("are read");
            rows.iter()
                .map(|row| (row.ordinal, row.revision))
                .collect::<Vec<_>>()
        };
        assert_eq!(numbers(0, 9), [(1, 1), (2, 1), (3, 1), (4, 2), (5, 1)]);
        assert_eq!(numbers(2, 3), [(2, 1), (3, 1), (4, 2)]);
        assert!(numbers(6, 3).is_empty());
    });
}

#[test]
fn the_oldest_leave_with_all_that_is_kept_of_them() {
    each(|engine| {
        filled(engine, &[1, 2, 3]);
        keep(engine, &[(1, 1, b"a"), (3, 1, b"c")]);
        engine.remove_before(3).expect("is written");
        assert_eq!(engine.span(), 3..4);
        assert_eq!(engine.traces(0, 9), Ok(vec![row(3, 10.0)]));
        assert_eq!(engine.known(&[id(1), id(2)]), Ok(Vec::new()));
        assert_eq!(engine.documents(1), Ok(Vec::new()));
        assert_eq!(engine.documents(2), Ok(Vec::new()));
        assert_eq!(texts(engine, 3), ["text"]);
        assert_eq!(entries(engine, 0), [(3, b"c".to_vec())]);
        engine.remove_before(4).expect("is written");
        assert!(engine.span().is_empty());
        filled(engine, &[4]);
        assert_eq!(engine.span(), 4..5);
    });
}

#[test]
fn a_trace_is_unsettled_until_its_entry_is_of_its_revision() {
    each(|engine| {
        filled(engine, &[1, 2, 3]);
        assert_eq!(unsettled(engine), [1, 2, 3]);
        let made: [(u64, u64, &[u8]); 3] = [
            (1, 1, b"one"),
            (2, 9, b"of another revision"),
            (9, 1, b"of none"),
        ];
        assert_eq!(keep(engine, &made), [1]);
        assert_eq!(unsettled(engine), [2, 3]);
        assert_eq!(entries(engine, 0), [(1, b"one".to_vec())]);

        put(engine, &[grown(1, 2)], vec![document(1, 2, "more")]);
        assert_eq!(unsettled(engine), [1, 2, 3]);
        assert_eq!(
            entries(engine, 1),
            [(1, b"one".to_vec())],
            "until there is a new one"
        );
        assert_eq!(entries(engine, 2), []);
        assert_eq!(keep(engine, &[(1, 1, b"late"), (1, 2, b"two")]), [1]);
        assert_eq!(entries(engine, 1), [(1, b"two".to_vec())]);
    });
}

#[test]
fn blobs_are_kept_by_name() {
    each(|engine| {
        let commit = |name, blob| {
            let made = Made {
                blobs: vec![(name, blob)],
                ..Made::default()
            };
            engine.keep(&made).expect("is written");
        };
        commit("a", Some(&[1, 2][..]));
        commit("a", Some(&[3]));
        commit("b", Some(&[]));
        assert_eq!(engine.blob("a"), Ok(Some(vec![3])));
        assert_eq!(engine.blob("b"), Ok(Some(Vec::new())));
        commit("a", None);
        assert_eq!(engine.blob("a"), Ok(None));
    });
}

#[cfg(feature = "disk")]
#[test]
fn what_is_open_is_the_same_after_a_start_whatever_was_settled_of_it() {
    on_disk(|path| {
        let open = || Disk::open(path, None, u64::MAX).expect("a store");
        let told = |engine: &Disk| {
            let rows = engine.traces(0, 99).expect("are read");
            let texts = rows.iter().map(|row| texts(engine, row.ordinal));
            let texts: Vec<_> = texts.collect();
            (rows, texts, unsettled(engine), engine.span())
        };
        let engine = open();
        filled(&engine, &[1, 2, 3, 4]);
        engine.remove_before(2).expect("is written");
        keep(&engine, &[(2, 1, b"b"), (4, 1, b"d")]);
        put(&engine, &[grown(4, 2)], vec![document(4, 2, "more")]);
        let arrived = Arrived {
            traces: vec![grown(3, 2), row(5, 9.0)],
            documents: vec![document(3, 2, "instead"), document(5, 1, "new")],
            replaced: vec![(3, 1)],
        };
        engine.put(&arrived).expect("is written");
        let before = told(&engine);
        assert_eq!(
            before.1,
            [&["text"][..], &["instead"], &["text", "more"], &["new"]]
        );
        assert_eq!(before.2, [3, 4, 5]);
        // Nothing is written when it is dropped: a killed process leaves the same.
        drop(engine);
        let engine = open();
        assert_eq!(told(&engine), before);
        put(&engine, &[grown(5, 2)], vec![document(5, 2, "last")]);
        keep(&engine, &[(3, 2, b"c"), (4, 2, b"d")]);
        let before = told(&engine);
        drop(engine);
        assert_eq!(told(&open()), before);
    });
}

#[cfg(feature = "disk")]
#[test]
fn all_that_left_stays_away_after_a_start() {
    on_disk(|path| {
        let engine = Disk::open(path, None, u64::MAX).expect("a store");
        filled(&engine, &[1, 2]);
        engine.remove_before(3).expect("is written");
        drop(engine);
        let engine = Disk::open(path, None, u64::MAX).expect("a store");
        assert_eq!(engine.span(), 3..3);
        assert!(unsettled(&engine).is_empty());
        filled(&engine, &[3]);
        assert_eq!(texts(&engine, 3), ["text"]);
    });
}

#[cfg(feature = "disk")]
#[test]
fn room_is_free_again_when_all_traces_of_a_batch_have_left() {
    on_disk(|path| {
        let engine = Disk::open(path, None, u64::MAX).expect("a store");
        let empty = engine.bytes();
        let text: String = (0..60_000_u32)
            .map(|number| format!("{number:x}"))
            .collect();
        for ordinal in 1..=3 {
            let documents = vec![document(ordinal, 1, &text)];
            put(&engine, &[row(ordinal, 1.0)], documents);
        }
        let full = engine.bytes();
        engine.remove_before(3).expect("is written");
        let third = (full - empty) / 3;
        assert!(engine.bytes() - empty < third * 3 / 2);
        assert_eq!(texts(&engine, 3), [text]);
        engine.remove_before(4).expect("is written");
        // What arrived is forgotten with what is written next.
        engine.keep(&Made::default()).expect("is written");
        assert_eq!(engine.bytes(), empty);
    });
}
