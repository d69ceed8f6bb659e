use super::*;

#[test]
fn what_is_taken_out_leaves_with_all_that_is_kept_of_it_and_its_number_stays_its_own() {
    each(|engine| {
        filled(engine, &[1, 2, 3, 4]);
        keep(engine, &[(2, 1, b"b"), (3, 1, b"c")]);
        engine
            .remove(&[row(2, 10.0), row(4, 10.0)])
            .expect("is written");
        assert_eq!((engine.count(), engine.span()), (2, 1..5));
        assert_eq!(engine.traces(0, 9), Ok(vec![row(1, 10.0), row(3, 10.0)]));
        assert_eq!(engine.known(&[id(2), id(4)]), Ok(Vec::new()));
        assert_eq!(engine.documents(2), Ok(Vec::new()));
        assert_eq!(
            (texts(engine, 1), texts(engine, 3)),
            (vec!["text".to_owned()], vec!["text".to_owned()])
        );
        assert_eq!(entries(engine, 0), [(3, b"c".to_vec())]);
        assert_eq!(unsettled(engine), [1]);
        assert_eq!(keep(engine, &[(2, 1, b"late"), (4, 1, b"late")]), [0; 0]);
        put(
            engine,
            &[TraceRow {
                id: id(2),
                ..row(5, 9.0)
            }],
            vec![document(5, 1, "again")],
        );
        assert_eq!(
            engine.trace(id(2)).map(|row| row.map(|row| row.ordinal)),
            Ok(Some(5))
        );
        engine.remove_before(3).expect("is written");
        assert_eq!((engine.count(), engine.span()), (2, 3..6));
        assert_eq!(texts(engine, 5), ["again"]);
    });
}

#[cfg(feature = "disk")]
#[test]
fn what_was_taken_out_stays_away_after_a_start_also_where_receipts_tell_of_it() {
    on_disk(|path| {
        let engine = Disk::open(path, None, u64::MAX).expect("a store");
        filled(&engine, &[1, 2, 3]);
        keep(&engine, &[(1, 1, b"a")]);
        engine
            .remove(&[row(1, 10.0), row(3, 10.0)])
            .expect("is written");
        drop(engine);
        let engine = Disk::open(path, None, u64::MAX).expect("a store");
        assert_eq!((engine.count(), engine.span()), (1, 1..4));
        assert_eq!(engine.traces(0, 9), Ok(vec![row(2, 10.0)]));
        assert_eq!(
            (unsettled(&engine), engine.removed()),
            (vec![2], vec![1, 3])
        );
        filled(&engine, &[4]);
        engine.remove_before(4).expect("is written");
        assert_eq!(engine.removed(), [0; 0], "nobody tells of them any more");
        drop(engine);
        let engine = Disk::open(path, None, u64::MAX).expect("a store");
        assert_eq!((engine.count(), engine.removed()), (1, vec![]));
    });
}

#[cfg(feature = "disk")]
#[test]
fn the_texts_of_what_is_taken_out_are_overwritten_those_too_that_others_took_the_place_of() {
    on_disk(|path| {
        let engine = Disk::open(path, None, u64::MAX).expect("a store");
        let text = |ordinal: u64, word: &str| {
            format!("{{\"trace_id\":\"{}\",\"name\":\"{word}\"}}", id(ordinal))
        };
        let (early, late, other) = (text(1, "hush"), text(1, "hush hush"), text(2, "loud"));
        let rows = [row(1, 10.0), row(2, 10.0)];
        put(
            &engine,
            &rows,
            vec![document(1, 1, &early), document(2, 1, &other)],
        );
        let arrived = Arrived {
            traces: vec![grown(1, 2)],
            documents: vec![document(1, 2, &late)],
            replaced: vec![(1, 1)],
        };
        engine.put(&arrived).expect("is written");
        engine.remove(&[grown(1, 2)]).expect("is written");
        assert_eq!(texts(&engine, 2), [other]);
        drop(engine);
        let raw: Vec<_> = std::fs::read_dir(path)
            .expect("is there")
            .flat_map(|file| std::fs::read(file.expect("is there").path()).expect("is read"))
            .collect();
        let has = |word: &[u8]| raw.windows(word.len()).any(|window| window == word);
        assert!(has(b"loud"), "texts of this kind can be found");
        assert!(!has(b"hush"), "nothing is left of it");
    });
}
