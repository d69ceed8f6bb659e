//! Files of segment documents, in all the forms in which they are found: one document or a list of them, one a line, with or without the
//! header of a datagram, the answer of BatchGetTraces, the input of PutTraceSegments, what `traces get --json` writes.

use std::fs;
use std::io::{self, Read};
use std::path::PathBuf;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::Failure;

/// A file, or standard input.
#[derive(Clone, Debug)]
pub(super) enum Source {
    Input,
    File(PathBuf),
}

impl Source {
    /// Reads the name of a file; `-` stands for standard input.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        match text {
            "" => Err("expected a file, or - for standard input".to_owned()),
            "-" => Ok(Self::Input),
            file => Ok(Self::File(file.into())),
        }
    }

    fn name(&self) -> String {
        match self {
            Self::Input => "standard input".to_owned(),
            Self::File(file) => file.display().to_string(),
        }
    }

    /// All documents in it, in their order.
    pub(super) fn documents(&self) -> Result<Vec<String>, Failure> {
        let text = self.text().map_err(|error| {
            let problem = format!("cannot read {}: {error}", self.name());
            let cure = "Name a file of documents, or - for standard input.";
            match error.kind() {
                io::ErrorKind::NotFound => Failure::not_found(problem, cure),
                _ => Failure::failed(problem, cure),
            }
        })?;
        let mut documents = Vec::new();
        let values = serde_json::Deserializer::from_str(&text).into_iter::<&RawValue>();
        for value in values {
            let value = value.map_err(|error| self.nonsense(&error))?;
            gather(value.get(), &mut documents).map_err(|error| self.nonsense(&error))?;
        }
        match documents.is_empty() {
            true => Err(Failure::failed(
                format!("there is no document in {}", self.name()),
                FORM,
            )),
            false => Ok(documents),
        }
    }

    fn text(&self) -> io::Result<String> {
        match self {
            Self::File(file) => fs::read_to_string(file),
            Self::Input => {
                let mut text = String::new();
                io::stdin().read_to_string(&mut text).map(|_| text)
            }
        }
    }

    fn nonsense(&self, error: &serde_json::Error) -> Failure {
        Failure::failed(format!("{} is not understood: {error}", self.name()), FORM)
    }
}

const FORM: &str = "Expected segment documents as JSON: one, a list, or one a line; `xray-local validate FILE` tells more.";

/// What a value may be around documents.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Around<'a> {
    #[serde(borrow)]
    format: Option<&'a RawValue>,
    #[serde(borrow, rename = "Traces", alias = "traces")]
    traces: Option<&'a RawValue>,
    #[serde(borrow, rename = "Segments", alias = "documents")]
    segments: Option<&'a RawValue>,
    #[serde(borrow, rename = "TraceSegmentDocuments")]
    documents: Option<&'a RawValue>,
    #[serde(borrow, rename = "Document")]
    document: Option<&'a RawValue>,
    #[serde(borrow)]
    id: Option<&'a RawValue>,
}

/// How deep documents may stand in lists and answers.
const DEEPEST: usize = 16;

/// Takes the documents out of a value.
fn gather(text: &str, documents: &mut Vec<String>) -> Result<(), serde_json::Error> {
    gather_in(0, text, documents)
}

fn gather_in(
    depth: usize,
    text: &str,
    documents: &mut Vec<String>,
) -> Result<(), serde_json::Error> {
    if depth > DEEPEST {
        // No form has documents so deep: this will be refused, with its reason.
        documents.push(text.to_owned());
        return Ok(());
    }
    match text.as_bytes().first() {
        Some(b'[') => {
            for value in serde_json::from_str::<Vec<&RawValue>>(text)? {
                gather_in(depth + 1, value.get(), documents)?;
            }
        }
        // A document as text, as the API has them.
        Some(b'"') => {
            let document: String = serde_json::from_str(text)?;
            gather_in(depth + 1, document.trim(), documents)?;
        }
        _ => {
            // What is no object has none of these: it is a document that will be refused, with its reason.
            let around: Around<'_> = serde_json::from_str(text).unwrap_or_default();
            let inside = [
                around.traces,
                around.segments,
                around.documents,
                around.document,
            ];
            let mut inside = inside.into_iter().flatten().peekable();
            if inside.peek().is_none() && !(around.format.is_some() && around.id.is_none()) {
                documents.push(text.to_owned());
            }
            for value in inside {
                gather_in(depth + 1, value.get(), documents)?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_in_lists_without_end_are_a_document_that_will_be_refused() {
        let text = format!("{}{}", "[".repeat(60_000), "]".repeat(60_000));
        assert_eq!(gathered(&text).len(), 1);
    }

    fn gathered(text: &str) -> Vec<String> {
        let mut documents = Vec::new();
        for value in serde_json::Deserializer::from_str(text).into_iter::<&RawValue>() {
            gather(value.expect("is JSON").get(), &mut documents).expect("is understood");
        }
        documents
    }

    #[test]
    fn documents_are_found_in_every_form() {
        let (a, b) = (r#"{"id":"a"}"#, r#"{"id":"b","subsegments":[]}"#);
        let (quoted_a, quoted_b) = (serde_json::json!(a), serde_json::json!(b));
        for text in [
            format!("{a}\n{b}\n"),
            format!("[{a},{b}]"),
            format!(
                "{{\"format\":\"json\",\"version\":1}}\n{a}\n{{\"format\":\"json\",\"version\":1}}\n{b}"
            ),
            format!(
                r#"{{"Traces":[{{"Id":"1","Segments":[{{"Id":"a","Document":{quoted_a}}},{{"Document":{quoted_b}}}]}}]}}"#
            ),
            format!(r#"{{"TraceSegmentDocuments":[{quoted_a},{quoted_b}]}}"#),
            format!(r#"{{"version":1,"traces":[{{"id":"1","documents":[{a},{b}]}}]}}"#),
        ] {
            assert_eq!(gathered(&text), [a, b], "{text}");
        }
    }

    #[test]
    fn what_is_no_document_is_handed_on_to_be_refused() {
        assert_eq!(gathered("7 {}"), ["7", "{}"]);
    }
}
