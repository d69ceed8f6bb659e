//! Sizes and times as they are typed: `10GB`, `30d`.

use std::time::Duration;

const SIZES: &[(&str, u64)] = &[
    ("", 1),
    ("B", 1),
    ("kB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("TB", 1_000_000_000_000),
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("TiB", 1 << 40),
];

const TIMES: &[(&str, u64)] = &[("s", 1), ("m", 60), ("h", 3_600), ("d", 86_400)];

/// Reads how many of something.
pub(super) fn number(text: &str) -> Result<usize, String> {
    let expected = |_| "expected a whole number, 0 or more".to_owned();
    text.parse().map_err(expected)
}

/// Reads how many of something, which is not none.
pub(super) fn some_number(text: &str) -> Result<usize, String> {
    let number = text.parse().ok().filter(|number| *number > 0);
    number.ok_or_else(|| "expected a whole number, 1 or more".to_owned())
}

/// Reads a number of bytes.
pub(super) fn size(text: &str) -> Result<u64, String> {
    read(text, SIZES).ok_or_else(|| "expected a size, as in 500MB, 10GB or 2GiB".to_owned())
}

/// Reads a number of bytes to keep, which is not none.
pub(super) fn some_size(text: &str) -> Result<u64, String> {
    let bytes = size(text)?;
    let nothing = "expected a size above 0, as in 500MB";
    (bytes > 0)
        .then_some(bytes)
        .ok_or_else(|| nothing.to_owned())
}

/// Reads a stretch of time that is not none.
pub(super) fn some_time(text: &str) -> Result<Duration, String> {
    let time = time(text)?;
    let nothing = "expected a time above 0, as in 15m";
    (!time.is_zero())
        .then_some(time)
        .ok_or_else(|| nothing.to_owned())
}

/// Reads a stretch of time.
pub(super) fn time(text: &str) -> Result<Duration, String> {
    let seconds = read(text, TIMES);
    let seconds =
        seconds.ok_or_else(|| "expected a time, as in 30d, 12h, 90m or 45s".to_owned())?;
    Ok(Duration::from_secs(seconds))
}

/// Writes a number of bytes for people.
pub(super) fn size_text(bytes: u64) -> String {
    let units = SIZES[2..6].iter().rev();
    let unit = units.copied().find(|(_, unit)| bytes >= *unit);
    let (name, unit) = unit.unwrap_or(("B", 1));
    let tenths = (bytes as f64 / unit as f64 * 10.0).round() / 10.0;
    format!("{tenths} {name}")
}

/// Writes a stretch of time for people.
pub(super) fn time_text(time: Duration) -> String {
    let seconds = time.as_secs();
    let whole = |(_, unit): &&(&str, u64)| seconds >= *unit && seconds.is_multiple_of(*unit);
    let (name, unit) = TIMES.iter().rev().find(whole).unwrap_or(&("s", 1));
    let (one, many) = match *name {
        "d" => ("day", "days"),
        "h" => ("hour", "hours"),
        "m" => ("minute", "minutes"),
        _ => ("second", "seconds"),
    };
    xray_local::count_text(seconds / unit, one, many)
}

/// Writes how long something took, in seconds; with dots where it goes on.
pub(super) fn duration_text(seconds: Option<f64>) -> String {
    seconds.map_or_else(|| "...".to_owned(), xray_local::duration_text)
}

/// Writes how long ago something was: the largest unit of which there is a whole one. What a clock ahead says lies before now.
pub(super) fn age_text(seconds: f64) -> String {
    let whole = seconds.abs() as u64;
    let unit = TIMES.iter().rev().find(|(_, unit)| whole >= *unit);
    let (name, unit) = unit.unwrap_or(&("s", 1));
    let amount = format!("{} {name}", whole / unit);
    match seconds <= -1.0 {
        true => format!("in {amount}"),
        false => amount,
    }
}

/// Writes the time of day, of UTC, of a time in seconds since 1970.
pub(super) fn clock_text(time: f64) -> String {
    let second = time.max(0.0) as u64 % 86_400;
    let (hour, minute) = (second / 3_600, second / 60 % 60);
    format!("{hour:02}:{minute:02}:{:02}Z", second % 60)
}

fn read(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let text = text.trim();
    let digits = text.find(|letter: char| !letter.is_ascii_digit());
    let (number, unit) = text.split_at(digits.unwrap_or(text.len()));
    let unit = unit.trim();
    let (_, factor) = units
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(unit))?;
    number.parse::<u64>().ok()?.checked_mul(*factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read() {
        let read = [
            ("0", 0),
            ("1500", 1_500),
            ("10GB", 10_000_000_000),
            ("10 gb", 10_000_000_000),
            ("2GiB", 2 << 30),
            ("7kb", 7_000),
        ];
        for (text, bytes) in read {
            assert_eq!(size(text), Ok(bytes), "{text}");
        }
        for text in ["", "GB", "1.5GB", "-1", "10 XB", "99999999999TB"] {
            assert!(size(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_keeps_nothing_is_refused() {
        assert!(some_size("0").is_err() && some_size("0GB").is_err() && some_size("x").is_err());
        assert_eq!(some_size("1"), Ok(1));
        assert!(some_time("0s").is_err() && some_time("0d").is_err() && some_time("").is_err());
        assert_eq!(some_time("1s"), Ok(Duration::from_secs(1)));
    }

    #[test]
    fn times_are_read() {
        assert_eq!(time("30d"), Ok(Duration::from_secs(30 * 86_400)));
        assert_eq!(time("90m"), Ok(Duration::from_secs(5_400)));
        for text in ["", "30", "d", "1w", "-1s"] {
            assert!(time(text).is_err(), "{text}");
        }
    }

    #[test]
    fn amounts_are_written_for_people() {
        assert_eq!(size_text(10_000_000_000), "10 GB");
        assert_eq!(size_text(268_435_456), "268.4 MB");
        assert_eq!(size_text(999), "999 B");
        assert_eq!(time_text(Duration::from_secs(30 * 86_400)), "30 days");
        assert_eq!(time_text(Duration::from_secs(5_400)), "90 minutes");
        assert_eq!(time_text(Duration::from_secs(61)), "61 seconds");
        assert_eq!(time_text(Duration::from_secs(3_600)), "1 hour");
        assert_eq!(duration_text(Some(0.0123)), "12 ms");
        assert_eq!(age_text(7_300.5), "2 h");
        assert_eq!(age_text(-0.5), "0 s");
        assert_eq!(age_text(-3.0), "in 3 s");
        assert_eq!(age_text(-86_400.0 * 400.0), "in 400 d");
        assert_eq!(clock_text(1_700_000_000.9), "22:13:20Z");
    }
}
