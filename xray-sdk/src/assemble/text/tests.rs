use super::*;
use proptest::prelude::*;

fn written(write: impl FnOnce(&mut Text)) -> String {
    let mut text = Text::default();
    write(&mut text);
    String::from_utf8(text.bytes).expect("utf-8")
}

#[test]
fn what_has_to_be_escaped_is_found_at_every_place() {
    for byte in 0..128 {
        for length in 1..40 {
            for place in 0..length {
                let mut text = vec![b'x'; length];
                text[place] = byte;
                assert_eq!(is_plain(&text), !is_escaped(byte), "{byte} at {place}");
            }
        }
    }
    assert!(is_plain("größer als 5 €, „so“".as_bytes()));
    assert!(is_plain(b""));
}

#[test]
fn times_have_six_digits_of_fraction() {
    assert_eq!(
        written(|text| text.seconds(1_700_000_000_000_042)),
        "1700000000.000042"
    );
    assert_eq!(
        written(|text| {
            for time in [
                1_700_000_000_000_042,
                1_700_000_001_000_000,
                0,
                1_700_000_001_000_000,
            ] {
                text.seconds(time);
                text.raw(b" ");
            }
        }),
        "1700000000.000042 1700000001.000000 0.000000 1700000001.000000 "
    );
    assert_eq!(written(|text| text.seconds(0)), "0.000000");
    for seconds in [1, 999_999_999, 1_000_000_000, 4_294_967_295, 4_294_967_296] {
        assert_eq!(
            written(|text| text.seconds(seconds * 1_000_000 + 120_034)),
            format!("{seconds}.120034")
        );
    }
}

#[test]
fn what_all_nodes_have_is_written_as_its_pieces_are() {
    let id = SegmentId::from_u64(0x0123_4567_89ab_cdef);
    for start in [1_700_000_000_000_042, 42, 4_294_967_296_000_000] {
        for end in [Some(start + 1_000_001), None, Some(1_700_000_000_999_999)] {
            let time = |micros: u64| format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000);
            let rest = match end {
                Some(end) => format!("\"end_time\":{}", time(end)),
                None => "\"in_progress\":true".to_owned(),
            };
            assert_eq!(
                written(|text| text.identity(id, start, end)),
                format!(
                    "\",\"id\":\"0123456789abcdef\",\"start_time\":{},{rest}",
                    time(start)
                )
            );
        }
    }
}

#[test]
fn an_object_has_no_comma_before_its_first_member() {
    let object = |write: fn(&mut Text)| {
        written(|text| {
            let start = text.len();
            write(text);
            text.end_object(start);
        })
    };
    assert_eq!(object(|_| {}), "{}");
    let two = object(|text| {
        text.text_member(b",\"a\":\"", "plain");
        text.text_member(b",\"b\":\"", "\"quoted\"");
    });
    assert_eq!(two, r#"{"a":"plain","b":"\"quoted\""}"#);
}

#[test]
fn what_json_cannot_hold_becomes_text() {
    assert_eq!(written(|text| text.float(f64::NAN)), "\"NaN\"");
    assert_eq!(written(|text| text.float(f64::NEG_INFINITY)), "\"-inf\"");
    assert_eq!(written(|text| text.float(0.5)), "0.5");
}

proptest! {
    #[test]
    fn any_string_reads_back(string in any::<String>()) {
        let json = written(|text| text.string(&string));
        prop_assert_eq!(serde_json::from_str::<String>(&json).expect("json"), string);
    }

    #[test]
    fn a_string_stays_within_its_limit(string in any::<String>(), limit in 2usize..64) {
        let json = written(|text| {
            let whole = text.string_within(&string, limit);
            assert!(!whole || text.len() <= limit);
        });
        prop_assert!(json.len() <= limit, "{} > {}", json.len(), limit);
        let back = serde_json::from_str::<String>(&json).expect("json");
        prop_assert!(string.starts_with(&back));
    }
}
