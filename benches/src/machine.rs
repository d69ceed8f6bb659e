//! Where and with what the figures were measured.

use std::fs;
use std::thread;
use std::time::{Duration, SystemTime};

/// The head of the table: machine, compiler, command and date.
pub(crate) fn describe(arguments: &[String]) -> String {
    let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let usable = thread::available_parallelism().map_or(1, usize::from);
    let date = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .map_or_else(|_| "?".to_owned(), date);
    format!(
        "{}, {} | {} | {} | {date}",
        processor(&cpuinfo),
        cores(&cpuinfo, usable),
        env!("OVERHEAD_RUSTC"),
        command(arguments),
    )
}

/// The processor's name, out of the text of `/proc/cpuinfo`.
fn processor(cpuinfo: &str) -> &str {
    cpuinfo
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(key, _)| key.trim() == "model name")
        .map_or(std::env::consts::ARCH, |(_, name)| name.trim())
}

/// How many cores this process may use, and of how many when that is not all.
fn cores(cpuinfo: &str, usable: usize) -> String {
    let keys = cpuinfo.lines().filter_map(|line| line.split_once(':'));
    match keys.filter(|(key, _)| key.trim() == "processor").count() {
        all if all > usable => format!("{usable} of {all} cores"),
        _ if usable == 1 => "1 core".to_owned(),
        _ => format!("{usable} cores"),
    }
}

/// The command that runs this again, without the files that it wrote.
fn command(arguments: &[String]) -> String {
    let mut measured = Vec::new();
    let mut all = arguments.iter();
    while let Some(argument) = all.next() {
        if ["--json", "--svg", "--readme"].contains(&argument.as_str()) {
            all.next();
        } else {
            measured.push(argument.as_str());
        }
    }
    let profile = match env!("OVERHEAD_PROFILE") {
        "debug" => String::new(),
        "release" => " --release".to_owned(),
        other => format!(" --profile {other}"),
    };
    let mut command = format!("cargo run{profile} --bin overhead");
    if !measured.is_empty() {
        command.push_str(" -- ");
        command.push_str(&measured.join(" "));
    }
    command
}

/// The day of a time since 1970, in UTC, as `2026-02-28`.
fn date(since_1970: Duration) -> String {
    let is_leap = |year: u64| {
        year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
    };
    let mut day = since_1970.as_secs() / 86_400;
    let mut year = 1970;
    while day >= 365 + u64::from(is_leap(year)) {
        day -= 365 + u64::from(is_leap(year));
        year += 1;
    }
    let february = 28 + u64::from(is_leap(year));
    let mut month = 1;
    for days in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30] {
        if day < days {
            break;
        }
        day -= days;
        month += 1;
    }
    format!("{year}-{month:02}-{:02}", day + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_the_calendar() {
        for (seconds, day) in [
            (0, "1970-01-01"),
            (951_782_399, "2000-02-28"),
            (951_782_400, "2000-02-29"),
            (951_868_800, "2000-03-01"),
            (1_798_761_599, "2026-12-31"),
        ] {
            assert_eq!(date(Duration::from_secs(seconds)), day);
        }
    }

    #[test]
    fn the_processor_is_the_first_that_is_named() {
        let cpuinfo =
            "processor\t: 0\nmodel\t\t: 17\nmodel name\t: AMD EPYC\n\nmodel name\t: other\n";
        assert_eq!(processor(cpuinfo), "AMD EPYC");
        assert_eq!(processor(""), std::env::consts::ARCH);
    }

    #[test]
    fn cores_that_may_not_be_used_are_told() {
        let cpuinfo = "processor\t: 0\nprocessor\t: 1\n";
        assert_eq!(cores(cpuinfo, 2), "2 cores");
        assert_eq!(cores(cpuinfo, 1), "1 of 2 cores");
        assert_eq!(cores("", 1), "1 core");
    }

    #[test]
    fn the_command_has_the_arguments_but_no_files() {
        let arguments = ["--json", "a.json", "--rounds", "3"].map(str::to_owned);
        assert!(command(&arguments).ends_with(" --bin overhead -- --rounds 3"));
        assert!(command(&[]).ends_with(" --bin overhead"));
    }
}
