mod serializer;

use std::cell::Cell;
use std::io::{self, Write};
use std::str;

use serde::Serialize;

use crate::foreign::guarded;
use crate::record::event::Form;
use serializer::TextOrJson;

/// The longest JSON kept of one value; no datagram could carry more.
const JSON_BYTES: usize = 128 * 1024;

/// A value that a program gave as metadata.
#[derive(Clone, Copy)]
pub(crate) struct Written<'a> {
    pub(crate) text: &'a str,
    pub(crate) form: Form,
}

thread_local! {
    /// Room for the JSON of one value. Taken while it is written: a value may record values while it is serialised.
    static ROOM: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// A thread keeps no more room than this.
const ROOM_BYTES: usize = 16 * 1024;

/// Hands what a program gave to `keep`: a text as it is, anything else as JSON. Whatever its `Serialize` does, an error or a panic
/// included, becomes JSON.
#[inline]
pub(crate) fn write(value: &(impl Serialize + ?Sized), keep: impl FnOnce(Written<'_>)) {
    let (mut keep, mut out) = (Some(keep), None);
    let to = TextOrJson {
        keep: &mut keep,
        out: &mut out,
    };
    // The panic of a value that is only serialised for tracing must not reach the program.
    let end = guarded(|| value.serialize(to));
    if let Some(keep) = keep {
        let out = out.map_or_else(Capped::new, serde_json::Serializer::into_inner);
        keep_json(out, end, keep);
    }
}

/// Keeps what was written, or how writing it ended.
fn keep_json(mut out: Capped, end: Option<serde_json::Result<()>>, keep: impl FnOnce(Written<'_>)) {
    match end {
        Some(Ok(())) => {}
        _ if out.cut => {}
        Some(Err(error)) => out.note(&format!("(not serialised: {error})")),
        None => out.note("(not serialised: its Serialize panicked)"),
    }
    let text = match str::from_utf8(&out.bytes) {
        Ok(text) => text,
        // serde_json writes UTF-8 only; the cut may have split the last character.
        Err(error) => str::from_utf8(&out.bytes[..error.valid_up_to()]).unwrap_or_default(),
    };
    keep(Written {
        text,
        form: if out.cut { Form::Cut } else { Form::Json },
    });
    if out.bytes.capacity() <= ROOM_BYTES {
        let _ = ROOM.try_with(|room| room.set(out.bytes));
    }
}

struct Capped {
    bytes: Vec<u8>,
    cut: bool,
}

impl Capped {
    /// Empty, in the thread's room.
    #[inline]
    fn new() -> Self {
        let mut bytes = ROOM.try_with(Cell::take).unwrap_or_default();
        bytes.clear();
        Self { bytes, cut: false }
    }

    #[cold]
    fn note(&mut self, text: &str) {
        self.bytes.clear();
        self.bytes
            .extend_from_slice(serde_json::Value::from(text).to_string().as_bytes());
    }
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

    fn written(value: &(impl Serialize + ?Sized)) -> (String, Form) {
        let mut written = None;
        write(value, |value| {
            written = Some((value.text.to_owned(), value.form));
        });
        written.expect("every value is kept")
    }

    #[test]
    fn a_value_without_end_is_cut() {
        let (text, form) = written(&"é".repeat(JSON_BYTES));
        assert_eq!((text.len(), form), (JSON_BYTES - 1, Form::Cut));
    }

    #[test]
    fn a_text_is_kept_as_it_is() {
        assert_eq!(written("say \"hi\""), ("say \"hi\"".to_owned(), Form::Text));
        assert_eq!(written(&Some("hi")), ("\"hi\"".to_owned(), Form::Json));
        assert_eq!(written(&[1, 2]), ("[1,2]".to_owned(), Form::Json));
    }

    #[test]
    fn a_value_is_serialised_once() {
        struct Counted<'a>(&'a Cell<u32>, usize);
        impl Serialize for Counted<'_> {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                self.0.set(self.0.get() + 1);
                serializer.serialize_str(&"a".repeat(self.1))
            }
        }
        struct Once<I>(Cell<Option<I>>);
        impl<I: Iterator<Item: Serialize>> Serialize for Once<I> {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_seq(self.0.take().into_iter().flatten())
            }
        }
        let rows = Once(Cell::new(Some([1, 2].into_iter())));
        assert_eq!(written(&rows), ("[1,2]".to_owned(), Form::Json));
        let times = Cell::new(0);
        let long = Counted(&times, JSON_BYTES / 2);
        assert_eq!((written(&long).1, times.get()), (Form::Json, 1));
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
        assert_eq!(written(&Fails).0, "\"(not serialised: no)\"");
        assert!(written(&Panics).0.contains("panicked"));
        /// What it panics with panics when it is dropped.
        struct PanicsTwice;
        impl Drop for PanicsTwice {
            fn drop(&mut self) {
                std::panic::resume_unwind(Box::new("again"));
            }
        }
        impl Serialize for PanicsTwice {
            fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
                std::panic::resume_unwind(Box::new(PanicsTwice))
            }
        }
        let value = std::mem::ManuallyDrop::new(PanicsTwice);
        assert!(written(&*value).0.contains("panicked"));
    }

    #[test]
    fn a_value_may_record_another_while_it_is_serialised() {
        struct Outer;
        impl Serialize for Outer {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_seq([written(&1).0])
            }
        }
        assert_eq!(written(&Outer).0, r#"["1"]"#);
    }
}
