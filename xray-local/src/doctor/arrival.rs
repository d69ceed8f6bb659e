//! What came in, and what did not get as far as the store.

use std::collections::BTreeMap;

use xray_daemon::Counts;

use super::{Check, Diagnosis};
use crate::amount::count_text;
use crate::store::Store;
use crate::telemetry::Telemetry;
use crate::validate::RejectionCode;

pub(super) fn examine(store: &Store, received: &Counts) -> Vec<Diagnosis> {
    let mut findings = Vec::new();
    let datagrams = |number| count_text(number, "datagram", "datagrams");
    let headers = received.missing_document + received.invalid_header;
    if headers > 0 {
        findings.push(Diagnosis::problem(
            Check::D03,
            format!(
                "{} of {} had no header line with a document behind it ({} with nothing behind a line, {} with another line)",
                headers,
                datagrams(received.received),
                received.missing_document,
                received.invalid_header
            ),
            "write {\"format\":\"json\",\"version\":1} and a line end in front of each document, in the same datagram",
        ));
    }
    findings.extend(rejections(store));
    if received.overrun > 0 {
        findings.push(Diagnosis::problem(
            Check::D18,
            format!("the kernel dropped {} at this server's socket", datagrams(received.overrun)),
            "raise net.core.rmem_max (8 MiB are asked for), give this server more of a processor, or sample less",
        ));
    }
    let counts = store.counts();
    let lost = received.refused + counts.unwritten;
    if lost > 0 {
        findings.push(Diagnosis::problem(
            Check::D19,
            format!(
                "{} for which there was no room in the queue, and {} that could not be written",
                datagrams(received.refused),
                count_text(counts.unwritten, "document", "documents")
            ),
            "send less at once, or put the folder of --data on a faster disk with more room",
        ));
    }
    if let Some(trouble) = store.trouble() {
        findings.push(Diagnosis::problem(
            Check::D19,
            format!("the store is in trouble: {trouble}"),
            "make room on the disk; it goes on by itself",
        ));
    }
    if counts.evicted_traces > 0 {
        findings.push(Diagnosis::note(
            Check::D19,
            format!(
                "{} left, the oldest first",
                count_text(counts.evicted_traces, "trace has", "traces have")
            ),
            "keep more, or for longer: --keep-bytes, --keep-age",
        ));
    }
    if counts.removed_traces > 0 {
        findings.push(Diagnosis::note(
            Check::D19,
            format!(
                "{} taken out since the server started, on the page or by `xray-local traces rm`",
                count_text(counts.removed_traces, "trace was", "traces were")
            ),
            "they do not come back; a server with --keys lets only those do it whose key has the action xray:DeleteTraces",
        ));
    }
    findings
}

/// Documents that were refused, by what was wrong.
fn rejections(store: &Store) -> Vec<Diagnosis> {
    let mut by_code = BTreeMap::new();
    for rejection in store.rejections() {
        let (number, last) = by_code
            .entry(rejection.code())
            .or_insert((0, String::new()));
        *number += 1;
        *last = rejection.message();
    }
    let told = by_code.into_iter().map(|(code, (number, last))| {
        let check = match code {
            RejectionCode::MissingTraceId | RejectionCode::InvalidTraceId => Check::D05,
            RejectionCode::MissingParentId | RejectionCode::InvalidParentId => Check::D06,
            RejectionCode::MissingEndTime => Check::D07,
            RejectionCode::InvalidSegment | RejectionCode::InternalFailure => Check::D19,
            _ => Check::D03,
        };
        let refused = count_text(number, "document was", "documents were");
        Diagnosis::problem(
            check,
            format!("{refused} refused with {code}; the last: {last}"),
            format!("{}; `xray-local validate` shows the place", code.cure()),
        )
    });
    told.collect()
}

/// What daemons say that they lost.
pub(super) fn daemons(telemetry: &Telemetry) -> Vec<Diagnosis> {
    let troubled = telemetry.troubled().into_iter();
    let told = troubled.map(|told| {
        Diagnosis::problem(
            Check::D19,
            told,
            "look into that daemon's log; give it more memory (-m), and see that it reaches where it sends to",
        )
    });
    told.collect()
}
