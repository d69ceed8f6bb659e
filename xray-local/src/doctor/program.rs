//! What recorders say of themselves.

use super::{Check, Diagnosis};
use crate::amount::count_text;
use crate::program::{Health, Programs};
use crate::terminal::printable;

pub(super) fn examine(programs: &Programs) -> Vec<Diagnosis> {
    programs.each().flat_map(of).collect()
}

fn of(health: &Health) -> Vec<Diagnosis> {
    let who = format!(
        "{} (process {})",
        printable(&health.service),
        health.process
    );
    let mut findings = Vec::new();
    let mut problem = |check, seen: String, cure: &str| {
        findings.push(Diagnosis::problem(check, format!("{who} {seen}"), cure));
    };
    if health.unsampled_by_caller > 0 {
        problem(
            Check::D08,
            format!(
                "left out {} because their callers had sent Sampled=0",
                count_text(health.unsampled_by_caller, "request", "requests")
            ),
            "ask the caller's sampling rule; or have it send no decision (Sampled=?), so that this side decides",
        );
    }
    if health.trimmed > 0 {
        problem(
            Check::D04,
            format!(
                "cut {} that did not fit into a datagram",
                count_text(health.trimmed, "value", "values")
            ),
            "record less metadata, and shorter texts, on one segment or subsegment",
        );
    }
    if health.repaired > 0 {
        problem(
            Check::D15,
            format!(
                "changed {} that X-Ray does not take{}",
                count_text(
                    health.repaired,
                    "name or annotation key",
                    "names and annotation keys"
                ),
                told(health, "repair")
            ),
            "use letters of ASCII, digits and _ in keys; search for the changed ones meanwhile",
        );
    }
    if health.state == "left_open" {
        problem(
            Check::D17,
            "ended while segments were still open".to_owned(),
            "let work end before Recorder::shutdown, and give that a deadline that it can keep",
        );
    }
    if health.incomplete > 0 {
        problem(
            Check::D17,
            format!(
                "ended with {} that never closed",
                count_text(
                    health.incomplete,
                    "segment or subsegment",
                    "segments and subsegments"
                )
            ),
            "let work end before Recorder::shutdown, and give that a deadline that it can keep; in Lambda use LambdaLayer, which flushes before the freeze",
        );
    }
    if health.refused > 0 {
        problem(
            Check::D17,
            format!(
                "left out {}{}",
                count_text(health.refused, "thing to record", "things to record"),
                told(health, "left out")
            ),
            "end the recorder after all work; raise RecorderBuilder::queue_bytes where it was full",
        );
    }
    if health.misplaced > 0 {
        problem(
            Check::D06,
            format!(
                "ended {} while another was current: what was recorded then may stand in the wrong place",
                count_text(health.misplaced, "guard", "guards")
            ),
            "hold guards of enter() in nested scopes only, and use in_subsegment for futures",
        );
    }
    for (reason, number) in &health.lost {
        let check = match reason.as_str() {
            reason if reason.contains("read fast enough") => Check::D18,
            reason if reason.contains("fit into one datagram") => Check::D04,
            reason if reason.contains("listens") || reason.contains("address") => Check::D01,
            _ => Check::D19,
        };
        problem(
            check,
            format!(
                "lost {}: {}",
                count_text(*number, "document", "documents"),
                printable(reason)
            ),
            "see the program's own log, which tells the cure once",
        );
    }
    let own = health.unsampled.saturating_sub(health.unsampled_by_caller);
    if own > 0 {
        let left_out = count_text(own, "request", "requests");
        findings.push(Diagnosis::note(
            Check::D10,
            format!("{who} left out {left_out} by its sampling rules, and recorded {}", health.segments),
            "Recorder::explain says which rule; xray_sdk::sampling::Always records all while you look",
        ));
    }
    findings
}

/// What the program was told of it.
fn told(health: &Health, word: &str) -> String {
    let notice = health.notices.iter().find(|notice| notice.contains(word));
    notice.map_or(String::new(), |notice| format!(": {}", printable(notice)))
}
