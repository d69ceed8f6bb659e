//! What it costs to write one document as JSON.

use std::hint::black_box;
use std::time::Duration;

use xray_sdk::Recorder;
use xray_sdk::document::Document;
use xray_sdk::sampling::Always;
use xray_sdk::testing::Capture;

use crate::clock::{Clock as _, Counter};
use crate::contender::{Contender, Entry, Ready};
use crate::floor::document::Writer;
use crate::floor::log::Log;
use crate::ours::{Discard, NAME, closures, recorder};
use crate::work::{CHECKOUT, Request};

/// The floor's writer, the recorder's thread, and the document as a struct.
pub(crate) const ENTRIES: &[Entry] = &[
    Entry::new(
        "floor",
        "document",
        "from its log; written by hand into a reused buffer",
        |_| {
            let mut log = Log::new();
            log.record(&Counter::new(), &Request::example());
            let (writer, mut out) = (Writer::new(), Vec::new());
            writes(move || {
                out.clear();
                writer.write(black_box(&log), &mut out);
                black_box(out.len());
            })
        },
    ),
    Entry::new(
        NAME,
        "document-of-recorder",
        "the recorder's thread: gather, write, discard; by flush()",
        |_| Flush::ready(),
    ),
    Entry::new(
        NAME,
        "document-of-struct",
        "Document::to_json, with serde_json",
        |_| {
            let capture = Capture::with_sampler(CHECKOUT, Always);
            closures::record(capture.recorder(), &Request::example());
            let documents = capture.documents();
            let document: Document = documents.into_iter().next().ok_or("nothing was recorded")?;
            writes(move || {
                black_box(black_box(&document).to_json());
            })
        },
    ),
];

struct Writes<F> {
    write: F,
    written: u64,
}

fn writes(write: impl FnMut() + 'static) -> Ready {
    Ok(Box::new(Writes { write, written: 0 }))
}

impl<F: FnMut()> Contender for Writes<F> {
    fn burst(&mut self, _request: &Request<'_>, operations: usize) {
        for _ in 0..operations {
            (self.write)();
        }
        self.written += operations as u64;
    }

    fn verify(&self, operations: u64) -> Result<(), String> {
        (self.written == operations)
            .then_some(())
            .ok_or_else(|| format!("{} of {operations} documents", self.written))
    }
}

/// What was recorded before is written when the recorder is told to flush. Its thread may have begun by itself.
struct Flush(Recorder);

impl Flush {
    fn ready() -> Ready {
        Ok(Box::new(Self(recorder(Discard, Always)?)))
    }
}

impl Contender for Flush {
    fn prepare(&mut self, request: &Request<'_>, operations: usize) {
        for _ in 0..operations {
            closures::record(&self.0, request);
        }
    }

    fn burst(&mut self, _request: &Request<'_>, _operations: usize) {
        self.0.flush(Duration::from_secs(30));
    }

    fn verify(&self, operations: u64) -> Result<(), String> {
        let documents = self.0.health().documents;
        (documents == operations)
            .then_some(())
            .ok_or_else(|| format!("{documents} of {operations} documents"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contender::tests::assert_each_accounts_for_all;

    #[test]
    fn each_writes_as_many_as_it_says() {
        assert_each_accounts_for_all(ENTRIES);
    }
}
