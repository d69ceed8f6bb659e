//! Documents to JSON.

use serde::Serializer;

use super::Document;

/// The last second that is written, at the end of the year 9999: what is later is no time.
const LAST_SECOND: f64 = 253_402_300_799.0;

impl Document {
    /// The document as compact JSON, as it stands. [`repair`](Self::repair) it first when it must please X-Ray.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("all keys are text, and no field refuses to be written")
    }
}

/// Writes a time in seconds with microseconds and without an exponent, whatever number it is.
pub(super) fn seconds<S: Serializer>(time: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    // An exponent begins below 1e-5: the first ten microseconds of 1970 are written as its beginning.
    let micros = (time.clamp(0.0, LAST_SECOND) * 1e6).round();
    let written = if micros >= 10.0 { micros / 1e6 } else { 0.0 };
    serializer.serialize_f64(written)
}

pub(super) fn optional_seconds<S: Serializer>(
    time: &Option<f64>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match time {
        Some(time) => seconds(time, serializer),
        None => serializer.serialize_none(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::SegmentId;

    fn written(time: f64) -> String {
        let json = Document::new("a", SegmentId::from_u64(1), time).to_json();
        let (_, time) = json.split_once("\"start_time\":").expect("always written");
        time.trim_end_matches('}').to_owned()
    }

    #[test]
    fn times_have_microseconds_and_no_exponent() {
        for (time, text) in [
            (1_478_293_361.271_449, "1478293361.271449"),
            (1_478_293_361.271_449_7, "1478293361.27145"),
            (1_478_293_361.0, "1478293361.0"),
            (0.000_01, "0.00001"),
            (0.000_009, "0.0"),
            (f64::NAN, "0.0"),
            (-5.0, "0.0"),
            (f64::INFINITY, "253402300799.0"),
        ] {
            assert_eq!(written(time), text);
        }
    }

    #[test]
    fn what_is_empty_is_left_out() {
        let document = Document::new("a", SegmentId::from_u64(1), 2.0);
        assert_eq!(
            document.to_json(),
            r#"{"name":"a","id":"0000000000000001","start_time":2.0}"#
        );
    }
}
