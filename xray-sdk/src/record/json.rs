use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};

use serde::Serialize;

/// The longest JSON kept of one value; no datagram could carry more.
const JSON_BYTES: usize = 128 * 1024;

/// A value that a program gave as metadata, as JSON text.
pub(crate) struct Written {
    pub(crate) text: String,
    /// The text ended at the longest length that is kept, and is no whole JSON value.
    pub(crate) cut: bool,
}

/// Serialises what a program gave. Whatever its `Serialize` does, an error or a panic included, becomes text.
pub(crate) fn write(value: &(impl Serialize + ?Sized)) -> Written {
    let mut out = Capped {
        bytes: Vec::new(),
        cut: false,
    };
    // The panic of a value that is only serialised for tracing must not reach the program.
    let written = catch_unwind(AssertUnwindSafe(|| serde_json::to_writer(&mut out, value)));
    match written {
        Ok(Ok(())) => {}
        _ if out.cut => {}
        Ok(Err(error)) => return Written::note(&format!("(not serialised: {error})")),
        Err(_) => return Written::note("(not serialised: its Serialize panicked)"),
    }
    Written {
        // serde_json writes UTF-8 only; the cut may have split the last character.
        text: match String::from_utf8(out.bytes) {
            Ok(text) => text,
            Err(error) => {
                let valid = error.utf8_error().valid_up_to();
                let mut bytes = error.into_bytes();
                bytes.truncate(valid);
                String::from_utf8(bytes).unwrap_or_default()
            }
        },
        cut: out.cut,
    }
}

impl Written {
    fn note(text: &str) -> Self {
        Self {
            text: serde_json::Value::from(text).to_string(),
            cut: false,
        }
    }
}

struct Capped {
    bytes: Vec<u8>,
    cut: bool,
}

impl Write for Capped {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = JSON_BYTES - self.bytes.len();
        if bytes.len() > room {
            self.bytes.extend_from_slice(&bytes[..room]);
            self.cut = true;
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_without_end_is_cut() {
        let written = write(&"é".repeat(JSON_BYTES));
        assert!(written.cut);
        assert_eq!(written.text.len(), JSON_BYTES - 1);
    }

    #[test]
    fn a_value_that_fails_or_panics_becomes_text() {
        struct Fails;
        impl Serialize for Fails {
            fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
                Err(serde::ser::Error::custom("no"))
            }
        }
        struct Panics;
        impl Serialize for Panics {
            fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
                std::panic::resume_unwind(Box::new("no"))
            }
        }
        assert_eq!(write(&Fails).text, "\"(not serialised: no)\"");
        assert!(write(&Panics).text.contains("panicked"));
    }
}
