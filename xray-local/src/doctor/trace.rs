//! The latest traces: what of them X-Ray would not take, and what of them is missing.

use std::collections::{BTreeMap, HashMap, HashSet};

use xray_sdk::document::{Document, Trace};

use super::{Check, Diagnosis};
use crate::amount::count_text;
use crate::terminal::{cut, printable};
use crate::validate::{Finding, FindingCode, Severity, validate};

/// A segment that is open for longer, in seconds, is not waited for.
const OPEN: f64 = 300.0;

/// Two clocks on the way of one request may differ by so many seconds.
const SKEW: f64 = 1.0;

/// How many characters of what somebody sent are shown.
const SHOWN: usize = 120;

/// What the validator finds in documents as they came.
pub(super) fn documents<'a>(texts: impl Iterator<Item = &'a str>, now: f64) -> Vec<Diagnosis> {
    let mut by_check: BTreeMap<(Check, &str), (u64, String)> = BTreeMap::new();
    for text in texts {
        for finding in validate(text, now) {
            if let Some(check) = check(&finding) {
                let found = by_check.entry((check, finding.code.as_str()));
                let (number, first) = found.or_default();
                *number += 1;
                if first.is_empty() {
                    // The whole document has no path.
                    let place = match finding.path.as_str() {
                        "" => finding.message.clone(),
                        path => format!("{path}: {}", finding.message),
                    };
                    *first = format!("{}; {}", cut(&printable(&place), SHOWN), finding.cure);
                }
            }
        }
    }
    let told = by_check
        .into_iter()
        .map(|((check, code), (number, first))| {
            let (first, cure) = first.rsplit_once("; ").unwrap_or((&first, ""));
            Diagnosis::problem(
                check,
                format!(
                    "{} {code} in the latest traces, as {first}",
                    count_text(number, "case of", "cases of")
                ),
                format!("{cure}; `xray-local validate` shows the place"),
            )
        });
    told.collect()
}

fn check(finding: &Finding) -> Option<Check> {
    Some(match finding.code {
        FindingCode::DocumentTooLarge => Check::D04,
        FindingCode::OldTrace | FindingCode::FutureTrace | FindingCode::W3cTraceId => Check::D05,
        FindingCode::EndedInProgress | FindingCode::OwnParent => return None,
        _ => match finding.severity {
            Severity::Dropped | Severity::Cut => Check::D15,
            _ => return None,
        },
    })
}

/// What is missing of traces.
pub(super) fn traces(traces: &[Trace], now: f64) -> Vec<Diagnosis> {
    let mut orphans = Seen::default();
    let mut callers = Seen::default();
    let mut open = Seen::default();
    for trace in traces {
        let all = || trace.segments().iter().flat_map(Document::walk);
        let ids: HashSet<_> = all().map(|document| document.id).collect();
        for segment in trace.segments() {
            let is_missing = segment
                .parent_id
                .is_some_and(|parent| !ids.contains(&parent));
            match segment.is_subsegment() {
                true => orphans.add(trace, segment),
                false if is_missing => callers.add(trace, segment),
                false => {}
            }
        }
        let is_open =
            |document: &&Document| document.end_time.is_none() && now - document.start_time > OPEN;
        all()
            .filter(is_open)
            .for_each(|document| open.add(trace, document));
    }
    let orphans = orphans
        .told("subsegment stands", "subsegments stand")
        .map(|seen| {
            Diagnosis::problem(
                Check::D06,
                format!("{seen} under nothing: the segment around never arrived"),
                "let the segment close, and see D04, D17 and D18 for where it may be lost",
            )
        });
    let callers = callers.told("segment has", "segments have").map(|seen| {
        Diagnosis::note(
            Check::D06,
            format!("{seen} a caller that never arrived"),
            "see that the caller sends its segments here, too; a caller outside, as a browser or a load balancer, does not",
        )
    });
    let open = open.told("segment or subsegment is", "segments and subsegments are").map(|seen| {
        Diagnosis::problem(
            Check::D07,
            format!("{seen} in progress since more than five minutes"),
            "end it when the work is done, also where the work fails; a process that was killed leaves it so",
        )
    });
    let twins = twins(traces);
    [orphans, callers, open, twins]
        .into_iter()
        .flatten()
        .collect()
}

/// How many were seen, and the first.
#[derive(Default)]
struct Seen {
    number: u64,
    first: String,
}

impl Seen {
    fn add(&mut self, trace: &Trace, document: &Document) {
        self.number += 1;
        if self.first.is_empty() {
            let name = cut(&printable(&document.name), SHOWN);
            self.first = format!("{name:?} ({}) of trace {}", document.id, trace.id());
        }
    }

    fn told(&self, one: &str, many: &str) -> Option<String> {
        (self.number > 0).then(|| {
            let seen = count_text(self.number, one, many);
            let (number, rest) = seen.split_once(' ').unwrap_or((&seen, ""));
            match rest.rsplit_once(' ') {
                Some((what, verb)) => format!("{number} {what}, as {}, {verb}", self.first),
                None => format!("{seen}, as {},", self.first),
            }
        })
    }
}

/// Calls that were served in another trace: the other side was asked for the same address, while the call was waited for.
fn twins(traces: &[Trace]) -> Option<Diagnosis> {
    let mut served: HashMap<&str, Vec<(&Trace, &Document)>> = HashMap::new();
    for trace in traces {
        let begun = trace.segments().iter();
        let begun = begun.filter(|segment| !segment.is_subsegment() && segment.parent_id.is_none());
        for segment in begun {
            if let Some(url) = url(segment) {
                served
                    .entry(address(url))
                    .or_default()
                    .push((trace, segment));
            }
        }
    }
    let mut number = 0;
    let mut first = None;
    for trace in traces {
        let calls = trace
            .segments()
            .iter()
            .flat_map(|segment| segment.walk().skip(1));
        for call in calls {
            let Some(url) = url(call) else { continue };
            let candidates = served.get(address(url)).into_iter().flatten();
            let mut others = candidates.filter(|(other, segment)| {
                other.id() != trace.id()
                    && segment.start_time >= call.start_time - SKEW
                    && call
                        .end_time
                        .is_none_or(|end| segment.start_time <= end + SKEW)
            });
            if let Some((other, segment)) = others.next() {
                number += 1;
                first.get_or_insert_with(|| {
                    let name = cut(&printable(&segment.name), SHOWN);
                    let address = cut(&printable(address(url)), SHOWN);
                    format!(
                        "{address} in trace {} was served by {name:?} in trace {}",
                        trace.id(),
                        other.id()
                    )
                });
            }
        }
    }
    let first = first?;
    Some(Diagnosis::problem(
        Check::D16,
        format!(
            "{} in another trace: {first}",
            count_text(number, "call was served", "calls were served")
        ),
        "send the header X-Amzn-Trace-Id with the call (xray-sdk-tower's client layer does), and let proxies between pass it on",
    ))
}

fn url(document: &Document) -> Option<&str> {
    document.request()?.url.as_deref()
}

/// The address without its query, and without the scheme, which a proxy may change.
fn address(url: &str) -> &str {
    let url = url.split_once("://").map_or(url, |(_, rest)| rest);
    url.split(['?', '#']).next().unwrap_or(url)
}
