//! What was received of a trace, to the letter, and what X-Ray would make of it.

use serde::Serialize;
use xray_sdk::document::Document;

use crate::store::Snapshot;
use crate::validate::{Finding, validate};

/// How many findings are told of a trace. Who has more has them all of one kind.
const FINDINGS: usize = 200;

/// A document as it came.
#[derive(Debug, PartialEq, Serialize)]
pub(crate) struct ReceivedDocument {
    text: String,
    findings: Vec<Finding>,
}

/// What X-Ray would drop or cut in the documents of a trace.
#[derive(Debug, Default, PartialEq, Serialize)]
pub(crate) struct TraceFindings {
    /// All, also those that are not told.
    count: usize,
    documents: Vec<DocumentFindings>,
}

#[derive(Debug, PartialEq, Serialize)]
struct DocumentFindings {
    id: String,
    name: String,
    findings: Vec<Finding>,
}

impl ReceivedDocument {
    /// Those in which a segment or subsegment stands.
    pub(crate) fn all(snapshot: &Snapshot, id: &str, now: f64) -> Vec<Self> {
        let has_it = |text: &&str| {
            let document = Document::parse(text.as_bytes());
            document.is_ok_and(|document| document.walk().any(|part| part.id.to_string() == id))
        };
        let texts = snapshot.texts().filter(has_it);
        texts
            .map(|text| Self {
                text: text.to_owned(),
                findings: validate(text, now),
            })
            .collect()
    }
}

impl TraceFindings {
    pub(crate) fn of(snapshot: &Snapshot, now: f64) -> Self {
        let mut told = Self::default();
        for text in snapshot.texts() {
            let mut findings = validate(text, now);
            let room = FINDINGS.saturating_sub(told.count);
            told.count += findings.len();
            findings.truncate(room);
            // What is stored was read before, and can be read again.
            if let Some(document) = Document::parse(text.as_bytes())
                .ok()
                .filter(|_| !findings.is_empty())
            {
                told.documents.push(DocumentFindings {
                    id: document.id.to_string(),
                    name: document.name.clone(),
                    findings,
                });
            }
        }
        told
    }
}
