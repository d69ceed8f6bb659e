use super::*;

#[test]
fn a_trace_id_reads_what_it_prints() {
    let id = TraceId::random(0x5759_e988);
    assert_eq!(TraceId::parse(&id.to_string()).expect("own form"), id);
    assert_eq!(TraceId::parse(&id.to_w3c()).expect("w3c form"), id);
    assert!(id.to_string().starts_with("1-5759e988-"));
    assert_eq!(id.epoch_seconds(), 0x5759_e988);
}

#[test]
fn the_digits_of_ids_are_hexadecimal() {
    for number in [
        0,
        1,
        0x0123_4567_89ab_cdef_fedc_ba98_7654_3210,
        0x5759_e988_bd86_2e3f_e1be_46a9_9427_2793,
        u128::MAX,
    ] {
        let (digits, low) = (format!("{number:032x}"), number as u64);
        let text = TraceId::from_u128(number).to_string();
        assert_eq!(text, format!("1-{}-{}", &digits[..8], &digits[8..]));
        assert_eq!(SegmentId::from_u64(low).to_string(), &digits[16..]);
    }
}

#[test]
fn leading_zeros_stay() {
    let text = "1-00000000-000000000000000000000001";
    assert_eq!(TraceId::parse(text).expect("valid").to_string(), text);
    assert_eq!(
        SegmentId::parse("000000000000000a")
            .expect("valid")
            .to_string(),
        "000000000000000a"
    );
}

#[test]
fn other_forms_are_refused_and_named() {
    for text in [
        "",
        "1-5759e988",
        "2-5759e988-bd862e3fe1be46a994272793",
        "1-5759e988-bd862e3fe1be46a99427279g",
    ] {
        let error = TraceId::parse(text).expect_err("not a trace id");
        assert!(error.to_string().contains("1-, 8 hex digits"), "{error}");
    }
    assert!(SegmentId::parse("53995c3f42cd8ad").is_err());
    assert!(SegmentId::parse("53995c3f42cd8ad€").is_err());
}

#[test]
fn two_processes_restored_from_one_snapshot_make_different_ids() {
    // A restored process finds its generators as they were: here another thread has the same state.
    let make = || {
        std::thread::spawn(|| {
            SEGMENT_IDS.with(|generator| {
                generator.state.set(1);
                generator.seeded.set(RESTORES.load(Ordering::Relaxed));
            });
            reseed();
            SegmentId::random()
        })
    };
    let one = make().join().expect("no panic");
    let other = make().join().expect("no panic");
    assert_ne!(one, other);
}

#[test]
fn a_process_that_was_forked_seeds_its_generators_anew() {
    let before = RESTORES.load(Ordering::Relaxed);
    settle_in(u32::MAX);
    assert!(RESTORES.load(Ordering::Relaxed) > before);
}

#[test]
fn ids_do_not_repeat() {
    let ids: std::collections::HashSet<_> = (0..10_000).map(|_| SegmentId::random()).collect();
    assert_eq!(ids.len(), 10_000);
}
