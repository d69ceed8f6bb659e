//! Amounts as people read them.

/// How long something took, in seconds, as a number and its unit: `12 ms`, `8.2 s`, `3.5 h`.
///
/// ```
/// use xray_local::duration_text;
///
/// assert_eq!(duration_text(0.0123), "12 ms");
/// assert_eq!(duration_text(754.0), "12.6 min");
/// ```
pub fn duration_text(seconds: f64) -> String {
    let milliseconds = seconds * 1e3;
    // From here on, one digit behind the point rounds to 10.0.
    if milliseconds < 9.95 {
        format!("{milliseconds:.1} ms")
    } else if milliseconds < 10_000.0 {
        format!("{milliseconds:.0} ms")
    } else if seconds < 600.0 {
        format!("{seconds:.1} s")
    } else if seconds < 6.0 * 3_600.0 {
        format!("{:.1} min", seconds / 60.0)
    } else if seconds < 48.0 * 3_600.0 {
        format!("{:.1} h", seconds / 3_600.0)
    } else {
        format!("{:.1} d", seconds / 86_400.0)
    }
}

/// A number of things, of which one is named otherwise.
///
/// ```
/// use xray_local::count_text;
///
/// assert_eq!(count_text(1, "trace", "traces"), "1 trace");
/// assert_eq!(count_text(0, "trace", "traces"), "0 traces");
/// ```
pub fn count_text(number: u64, one: &str, many: &str) -> String {
    match number {
        1 => format!("1 {one}"),
        _ => format!("{number} {many}"),
    }
}

/// A share of 1 in percent, with two digits behind the point at most.
///
/// ```
/// assert_eq!(xray_local::percent_text(0.07), "7 %");
/// ```
pub fn percent_text(share: f64) -> String {
    format!("{} %", (share * 1e4).round() / 1e2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_takes_nine_characters_at_most() {
        for (seconds, text) in [
            (0.0, "0.0 ms"),
            (0.009_949, "9.9 ms"),
            (9.999, "9999 ms"),
            (10.0, "10.0 s"),
            (599.9, "599.9 s"),
            (600.0, "10.0 min"),
            (21_599.0, "360.0 min"),
            (21_600.0, "6.0 h"),
            (172_800.0, "2.0 d"),
            (2_521_713_639.0, "29186.5 d"),
        ] {
            assert_eq!(duration_text(seconds), text);
            assert!(text.len() <= 9);
        }
    }

    #[test]
    fn a_share_has_no_digits_that_nobody_meant() {
        for (share, text) in [
            (0.0, "0 %"),
            (0.05, "5 %"),
            (0.07, "7 %"),
            (0.123_456, "12.35 %"),
            (1.0, "100 %"),
        ] {
            assert_eq!(percent_text(share), text);
        }
    }
}
