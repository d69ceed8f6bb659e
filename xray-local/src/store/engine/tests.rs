use super::*;

/// The same for each engine.
fn each(test: impl Fn(&dyn Engine)) {
    test(&Memory::default());
    #[cfg(feature = "disk")]
    on_disk(|path| test(&Disk::open(path, None).expect("a store")));
}

#[cfg(feature = "disk")]
fn on_disk(test: impl Fn(&std::path::Path)) {
    use std::sync::atomic::{AtomicU32, Ordering};
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let name = format!("xray-local-engine-{}-{number}", std::process::id());
    let path = std::env::temp_dir().join(name);
    test(&path);
    std::fs::remove_dir_all(&path).expect("is there");
}

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
fn filled(engine: &dyn Engine, starts: &[f64]) {
    let ordinals = 1..;
    let rows = ordinals
        .zip(starts)
        .map(|(ordinal, start)| row(ordinal, *start));
    let traces: Vec<_> = rows.collect();
    let documents = traces.iter().map(|row| document(row.ordinal, 1, "text"));
    let changes = Changes {
        documents: documents.collect(),
        traces: traces.clone(),
        ..Changes::default()
    };
    engine.commit(&changes).expect("is written");
}

fn newest(engine: &dyn Engine, after: Option<Position>, count: usize) -> Vec<u64> {
    let mut ordinals = Vec::new();
    let visited = engine.newest_first(after, &mut |row| {
        ordinals.push(row.ordinal);
        match ordinals.len() < count {
            true => ControlFlow::Continue(()),
            false => ControlFlow::Break(()),
        }
    });
    visited.expect("is read");
    ordinals
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

#[test]
fn what_was_written_is_read() {
    each(|engine| {
        let changes = Changes {
            traces: vec![row(7, 12.000_000_25)],
            documents: vec![document(7, 1, "one \u{1f980}"), document(7, 2, "two")],
            ..Changes::default()
        };
        engine.commit(&changes).expect("is written");
        assert_eq!(engine.trace(id(7)), Ok(Some(row(7, 12.000_000_25))));
        assert_eq!(engine.trace(id(8)), Ok(None));
        assert_eq!(engine.span(), Ok(Some((7, 7))));
        let outlines = changes.documents.iter().map(|document| document.outline);
        assert_eq!(engine.outlines(7), Ok(outlines.collect()));
        let documents = changes.documents.iter();
        let documents = documents.map(|document| (document.outline, Arc::from(document.text)));
        assert_eq!(engine.documents(7), Ok(documents.collect()));
        assert_eq!(engine.documents(8), Ok(Vec::new()));
    });
}

#[test]
fn a_trace_is_known_anew_and_documents_are_replaced() {
    each(|engine| {
        filled(engine, &[10.0, 20.0]);
        let again = TraceRow {
            revision: 2,
            bytes: 150,
            ..row(1, 30.0)
        };
        let changes = Changes {
            traces: vec![again],
            documents: vec![document(1, 2, "new")],
            replaced: vec![(1, 1)],
            ..Changes::default()
        };
        engine.commit(&changes).expect("is written");
        assert_eq!(engine.trace(id(1)), Ok(Some(again)));
        assert_eq!(newest(engine, None, 9), [1, 2], "it has moved");
        assert_eq!(engine.documents(1).expect("is read").len(), 1);
    });
}

#[test]
fn traces_come_newest_first_from_a_position_on() {
    each(|engine| {
        filled(engine, &[30.0, 10.0, 20.0, 20.0]);
        assert_eq!(newest(engine, None, 9), [1, 3, 4, 2], "of one start, by id");
        let after = Some(row(3, 20.0).position());
        assert_eq!(newest(engine, after, 9), [4, 2]);
        assert_eq!(newest(engine, None, 2), [1, 3]);
    });
}

#[test]
fn the_oldest_leave_with_all_that_is_kept_of_them() {
    each(|engine| {
        filled(engine, &[30.0, 10.0, 20.0]);
        let entries_of = [(1, 1, &b"a"[..]), (2, 1, b"b"), (3, 1, b"c")];
        let changes = Changes {
            entries: entries_of.to_vec(),
            ..Changes::default()
        };
        engine.commit(&changes).expect("is written");
        let changes = Changes {
            first: Some(3),
            ..Changes::default()
        };
        engine.commit(&changes).expect("is written");
        assert_eq!(engine.span(), Ok(Some((3, 3))));
        assert_eq!(engine.oldest(9), Ok(vec![row(3, 20.0)]));
        assert_eq!(engine.trace(id(2)), Ok(None));
        assert_eq!(newest(engine, None, 9), [3]);
        assert_eq!(engine.documents(1), Ok(Vec::new()));
        assert_eq!(entries(engine, 0), [(3, b"c".to_vec())]);
        let changes = Changes {
            first: Some(4),
            ..Changes::default()
        };
        engine.commit(&changes).expect("is written");
        assert_eq!(engine.span(), Ok(None));
    });
}

#[test]
fn a_trace_is_unsettled_until_its_entry_is_of_its_revision() {
    each(|engine| {
        filled(engine, &[1.0, 2.0, 3.0]);
        assert_eq!(unsettled(engine), [1, 2, 3]);
        let changes = Changes {
            entries: vec![
                (1, 1, b"one"),
                (2, 9, b"of another revision"),
                (9, 1, b"of none"),
            ],
            ..Changes::default()
        };
        engine.commit(&changes).expect("is written");
        assert_eq!(unsettled(engine), [2, 3]);
        assert_eq!(entries(engine, 0), [(1, b"one".to_vec())]);

        let changes = Changes {
            traces: vec![TraceRow {
                revision: 2,
                ..row(1, 1.0)
            }],
            ..Changes::default()
        };
        engine.commit(&changes).expect("is written");
        assert_eq!(unsettled(engine), [1, 2, 3]);
        assert_eq!(
            entries(engine, 1),
            [(1, b"one".to_vec())],
            "until there is a new one"
        );
        assert_eq!(entries(engine, 2), []);
    });
}

#[test]
fn blobs_are_kept_by_name() {
    each(|engine| {
        let commit = |name, blob| {
            let changes = Changes {
                blobs: vec![(name, blob)],
                ..Changes::default()
            };
            engine.commit(&changes).expect("is written");
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
