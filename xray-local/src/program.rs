//! What recorders report of themselves, by program: for whoever wonders where segments were lost. Pure.

use serde::Deserialize;

/// How such a report begins, which stands where documents stand.
const BEGINNING: &[u8] = b"{\"xray_sdk_health\":";

/// How many programs are told apart. Whoever comes later takes the place of the one that was silent the longest.
const PROGRAMS: usize = 100;

/// What a recorder did since it was made. Fields that are not there count as zero: SDKs of other versions report, too.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(crate) struct Health {
    pub(crate) service: String,
    pub(crate) process: u32,
    pub(crate) state: String,
    pub(crate) segments: u64,
    pub(crate) unsampled: u64,
    pub(crate) unsampled_by_caller: u64,
    pub(crate) lost: Vec<(String, u64)>,
    pub(crate) refused: u64,
    pub(crate) misplaced: u64,
    pub(crate) trimmed: u64,
    pub(crate) repaired: u64,
    pub(crate) incomplete: u64,
    pub(crate) notices: Vec<String>,
}

#[derive(Deserialize)]
struct Report {
    xray_sdk_health: Health,
}

/// The latest report of each program, those that spoke last behind.
#[derive(Debug, Default)]
pub(crate) struct Programs {
    reports: Vec<Health>,
}

impl Programs {
    /// Whether this is such a report, and no document.
    pub(crate) fn is_report(text: &[u8]) -> bool {
        text.starts_with(BEGINNING)
    }

    /// Takes a report in. What cannot be read is passed over.
    pub(crate) fn hear(&mut self, text: &[u8]) {
        let Ok(Report { xray_sdk_health }) = serde_json::from_slice(text) else {
            return;
        };
        let is_same = |known: &Health| {
            (known.process, &known.service) == (xray_sdk_health.process, &xray_sdk_health.service)
        };
        self.reports.retain(|known| !is_same(known));
        if self.reports.len() == PROGRAMS {
            self.reports.remove(0);
        }
        self.reports.push(xray_sdk_health);
    }

    pub(crate) fn each(&self) -> impl Iterator<Item = &Health> {
        self.reports.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_report_of_each_program_counts() {
        let mut programs = Programs::default();
        for (process, segments) in [(1, 5), (2, 6), (1, 7)] {
            let text = format!(
                r#"{{"xray_sdk_health":{{"service":"shop","process":{process},"segments":{segments},"new":[]}}}}"#
            );
            assert!(Programs::is_report(text.as_bytes()));
            programs.hear(text.as_bytes());
        }
        programs.hear(b"{\"xray_sdk_health\":7}");
        let segments: Vec<_> = programs.each().map(|health| health.segments).collect();
        assert_eq!(segments, [6, 7]);
    }

    #[test]
    fn no_more_than_100_programs_are_told_apart() {
        let mut programs = Programs::default();
        for process in 0..150 {
            programs.hear(format!(r#"{{"xray_sdk_health":{{"process":{process}}}}}"#).as_bytes());
        }
        assert_eq!(programs.each().count(), 100);
        assert!(programs.each().all(|health| health.process >= 50));
    }
}
