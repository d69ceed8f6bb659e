//! One datagram: a header line that says "X-Ray's JSON, version 1", and a document behind it.

use std::fmt;

use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;

/// A datagram whose header was checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Datagram<'a> {
    document: &'a [u8],
}

/// Why a datagram was turned away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Defect {
    /// There is no line end, or nothing behind it.
    MissingDocument,
    /// The header line is not JSON, or does not say format "json" and version 1.
    InvalidHeader,
}

/// The header line as the AWS SDKs write it; others are read with care.
const USUAL_HEADERS: [&[u8]; 2] = [
    br#"{"format":"json","version":1}"#,
    br#"{"format": "json", "version": 1}"#,
];

impl<'a> Datagram<'a> {
    /// Splits at the first line end and checks the header in front of it, exactly as far as the AWS daemon does:
    /// unknown keys are ignored, the names of keys and the format may be in any case, the version is the integer 1,
    /// blanks and a carriage return are allowed. The document itself is not looked at.
    ///
    /// # Errors
    ///
    /// See [`Defect`].
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Defect> {
        let line_end = bytes.iter().position(|byte| *byte == b'\n');
        let (header, document) = match line_end {
            Some(end) if end + 1 < bytes.len() => (&bytes[..end], &bytes[end + 1..]),
            _ => return Err(Defect::MissingDocument),
        };
        if USUAL_HEADERS.contains(&header) || names_version_1(header) {
            Ok(Self { document })
        } else {
            Err(Defect::InvalidHeader)
        }
    }

    /// What stands behind the header line. May hold more line ends.
    pub fn document(&self) -> &'a [u8] {
        self.document
    }
}

fn names_version_1(header: &[u8]) -> bool {
    let mut reader = serde_json::Deserializer::from_slice(header);
    let read = (&mut reader).deserialize_map(HeaderVisitor);
    read.is_ok_and(|is_version_1| is_version_1 && reader.end().is_ok())
}

/// Reads a header object: whether its last usable `format` and `version` are those we speak.
///
/// A value of the wrong type is passed over rather than refused, because the AWS daemon looks at the fields only.
struct HeaderVisitor;

impl<'de> Visitor<'de> for HeaderVisitor {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a header object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<bool, A::Error> {
        let mut is_json = false;
        let mut is_version_1 = false;
        while let Some(key) = map.next_key::<String>()? {
            if key.eq_ignore_ascii_case("format") {
                if let Value::String(format) = map.next_value()? {
                    is_json = format.eq_ignore_ascii_case("json");
                }
            } else if key.eq_ignore_ascii_case("version") {
                if let Some(version) = map.next_value::<Value>()?.as_i64() {
                    is_version_1 = version == 1;
                }
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(is_json && is_version_1)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(text: &str) -> Result<&str, Defect> {
        Datagram::parse(text.as_bytes())
            .map(|datagram| std::str::from_utf8(datagram.document()).expect("was text"))
    }

    #[test]
    fn the_document_is_what_follows_the_first_line_end() {
        assert_eq!(parse("{\"format\":\"json\",\"version\":1}\n{}"), Ok("{}"));
        assert_eq!(
            parse("{\"format\": \"json\", \"version\": 1}\n{\n}\n"),
            Ok("{\n}\n")
        );
    }

    #[test]
    fn headers_that_the_aws_daemon_takes_are_taken() {
        for header in [
            r#"{"FORMAT":"JSON","version":1}"#,
            r#"{"Version":1,"Format":"Json"}"#,
            "{\"format\":\"json\",\"version\":1}\r",
            "  { \"version\" : 1 , \"format\" : \"json\" } ",
            r#"{"format":"json","version":1,"sdk":{"name":["x",1,null]}}"#,
            r#"{"format":"xml","version":2,"format":"json","version":1}"#,
            r#"{"format":"json","version":1,"format":7,"version":"x"}"#,
        ] {
            assert_eq!(parse(&format!("{header}\nbody")), Ok("body"), "{header}");
        }
    }

    #[test]
    fn headers_that_the_aws_daemon_refuses_are_refused() {
        for header in [
            "",
            "garbage",
            "{}",
            "null",
            "[]",
            r#"{"format":"json"}"#,
            r#"{"version":1}"#,
            r#"{"format":"json","version":2}"#,
            r#"{"format":"json","version":"1"}"#,
            r#"{"format":"json","version":1.0}"#,
            r#"{"format":"json","version":1e0}"#,
            r#"{"format":"xml","version":1}"#,
            r#"{"format":"json","version":1} {}"#,
            r#"{"format":"json","version":1"#,
        ] {
            assert_eq!(
                parse(&format!("{header}\nbody")),
                Err(Defect::InvalidHeader),
                "{header}"
            );
        }
    }

    #[test]
    fn a_datagram_without_a_document_is_refused() {
        for text in [
            "",
            "\n",
            "{}",
            "{\"format\":\"json\",\"version\":1}",
            "{\"format\":\"json\",\"version\":1}\n",
        ] {
            assert_eq!(parse(text), Err(Defect::MissingDocument), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(datagram) = Datagram::parse(&bytes) {
                prop_assert!(bytes.ends_with(datagram.document()));
            }
        }

        #[test]
        fn any_document_comes_through_unchanged(document in prop::collection::vec(any::<u8>(), 1..200)) {
            for header in USUAL_HEADERS {
                let bytes = [header, b"\n", &document].concat();
                prop_assert_eq!(Datagram::parse(&bytes).map(|datagram| datagram.document()), Ok(&document[..]));
            }
        }

        #[test]
        fn any_text_in_front_of_the_line_end_is_read_without_a_panic(header in "[\\[\\]{}:, \"a-z0-9\\\\]{0,60}") {
            let _ = parse(&format!("{header}\nbody"));
        }
    }
}
