//! Properties of documents: whatever is read does no harm, and whatever is repaired is valid.

use std::collections::HashSet;

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::Value;
use xray_sdk::document::{Document, Trace, tree};

use crate::arbitrary::{crowd, document, fields};
use crate::schema;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_bytes_are_read_without_harm(bytes in vec(any::<u8>(), 0..300)) {
        if let Ok(document) = Document::parse(&bytes) {
            document.to_json();
        }
    }

    #[test]
    fn damaged_documents_are_read_without_harm(document in document(), place: prop::sample::Index, bytes in vec(any::<u8>(), 0..4)) {
        let mut json = document.to_json().into_bytes();
        let start = place.index(json.len());
        let end = json.len().min(start + bytes.len());
        json.splice(start..end, bytes);
        if let Ok(document) = Document::parse(&json) {
            document.to_json();
        }
    }

    #[test]
    fn no_field_of_another_type_costs_a_document(mut fields in fields()) {
        fields.insert("name".into(), "a".into());
        fields.insert("id".into(), "00000000000000aa".into());
        fields.insert("start_time".into(), 1.5.into());
        // Subsegments are documents, which have essentials of their own.
        fields.remove("subsegments");
        let json = Value::from(fields).to_string();
        let document = Document::parse(json.as_bytes());
        prop_assert!(document.is_ok(), "{document:?}: {json}");
    }

    #[test]
    fn a_repaired_document_is_valid_whatever_it_held(mut document in document()) {
        document.repair();
        let json = document.to_json();
        prop_assert_eq!(schema::problems(json.as_bytes()), [""; 0], "{}", json);
    }

    #[test]
    fn a_repaired_document_is_read_as_it_was_written(mut document in document()) {
        document.repair();
        let json = document.to_json();
        let mut read = Document::parse(json.as_bytes()).expect("own writing");
        prop_assert_eq!(&read.to_json(), &json);
        read.repair();
        prop_assert_eq!(read.to_json(), json);
    }

    #[test]
    fn every_document_stands_in_its_trace_once(documents in crowd()) {
        let ids: HashSet<_> = documents.iter().flat_map(Document::walk).map(|document| document.id).collect();
        let traces = Trace::assemble(documents);
        let standing: Vec<_> = traces.iter().flat_map(Trace::segments).flat_map(Document::walk).collect();
        prop_assert_eq!(&standing.iter().map(|document| document.id).collect::<HashSet<_>>(), &ids);
        prop_assert_eq!(tree(&traces).lines().count(), standing.len());
        prop_assert!(traces.iter().all(|trace| !trace.roots().is_empty()));
    }
}
