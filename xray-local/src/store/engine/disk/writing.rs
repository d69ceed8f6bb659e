//! What changes a store on disk, each change as one transaction.

use std::sync::atomic::Ordering;

use rusqlite::Connection;

use super::Disk;
use super::batch::Gathered;
use super::fresh::{Before, Fresh};
use super::receipt::{Receipt, to_bytes};
use super::reserve::RESERVE;
use super::tables::Tables;
use super::upkeep::{TRUNCATE, checkpoint};
use crate::lock::lock;
use crate::store::engine::{Arrived, EngineError, EngineErrorKind, Made};

/// How many bytes of receipts a start has to read, about, at most.
const RECEIPTS: usize = 8 << 20;

/// How many rows are written at once where there are more receipts.
const ROWS: usize = 1_000;

/// Whether a change leaves less in the store than was there, and so is what helps where the disk is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Room {
    More,
    Less,
}

impl Disk {
    /// Writes all of something, or nothing, and notes it where that worked.
    pub(super) fn change<W, T>(
        &self,
        room: Room,
        write: impl Fn(&Tables<'_>) -> rusqlite::Result<W>,
        note: impl FnOnce(&mut Fresh, W) -> T,
    ) -> Result<T, EngineError> {
        let mut writer = lock(&self.writer);
        // What is written into files that have no name any more is lost, and SQLite does not tell.
        self.files.check()?;
        if room == Room::More {
            self.check_room(&writer)?;
        }
        let mut written = self.commit(&mut writer, &write);
        let is_full = |error: &EngineError| error.kind == EngineErrorKind::Full;
        if written.as_ref().is_err_and(is_full) {
            self.reserve.release();
            if room == Room::Less {
                written = self.commit(&mut writer, &write);
            }
            // The log may be most of what fills the disk. Where nothing is written into it any more it would stay as long as it is.
            let _ = checkpoint(&writer, TRUNCATE);
            self.reserve.secure();
        }
        let (written, bytes) = written?;
        self.bytes.store(bytes, Ordering::Relaxed);
        let noted = note(&mut self.fresh(), written);
        drop(writer);
        self.upkeep.wrote();
        Ok(noted)
    }

    fn commit<W>(
        &self,
        writer: &mut Connection,
        write: impl Fn(&Tables<'_>) -> rusqlite::Result<W>,
    ) -> Result<(W, u64), EngineError> {
        let transaction = writer.transaction()?;
        let tables = Tables {
            connection: &transaction,
            vault: self.vault.as_deref(),
        };
        let written = write(&tables)?;
        let needed = self.fresh().forget_receipts();
        if let Some(batch) = needed {
            tables.forget_receipts(batch)?;
        }
        let bytes = tables.bytes()?;
        transaction.commit()?;
        Ok((written, bytes))
    }

    /// Where the disk is so full that the reserve is gone, what is left of it is for letting traces leave. After that there is room
    /// in the database.
    fn check_room(&self, writer: &Connection) -> Result<(), EngineError> {
        if self.reserve.is_gone() {
            let vault = self.vault.as_deref();
            let tables = Tables {
                connection: writer,
                vault,
            };
            if tables.free_bytes()? < RESERVE {
                return Err(EngineError {
                    kind: EngineErrorKind::Full,
                    problem: "what is left is needed to let traces leave".to_owned(),
                });
            }
        }
        Ok(())
    }

    /// Writes texts, and a receipt of what they are. The rows of their traces are written later.
    pub(super) fn write_arrived(&self, arrived: &Arrived<'_>) -> Result<(), EngineError> {
        let Gathered { texts, places } = Gathered::of(&arrived.documents);
        let packed = texts.iter().map(|texts| self.batches.pack(texts));
        let packed = packed.collect::<Result<Vec<_>, _>>()?;
        let newest = arrived.traces.iter().map(|row| row.ordinal).max();
        let first = self.change(
            Room::More,
            |tables| {
                let (first, newest) = {
                    let fresh = self.fresh();
                    (fresh.next_batch, newest.max(fresh.next.checked_sub(1)))
                };
                for (number, (texts, packed)) in (first..).zip(texts.iter().zip(&packed)) {
                    tables.put_batch(number, newest.unwrap_or(0), texts.len(), packed)?;
                }
                let receipt = Receipt::of(arrived, first, &places);
                let bytes = to_bytes(&receipt);
                tables.put_receipt(first, &bytes)?;
                let before = self.before(&receipt, tables)?;
                Ok((receipt, before, bytes.len()))
            },
            |fresh, (receipt, before, bytes)| {
                let first = receipt.batch;
                fresh.next_batch = first + packed.len().max(1) as u64;
                fresh.take_in(receipt, before, bytes);
                first
            },
        )?;
        for (number, texts) in (first..).zip(texts) {
            self.batches.keep_at_hand(number, texts.into());
        }
        if self.fresh().receipt_bytes() > RECEIPTS {
            // Where that fails, it is tried again with what comes next.
            let _ = self.write_longest();
        }
        Ok(())
    }

    /// Where the documents of traces stand that go on after their rows were written.
    fn before(&self, receipt: &Receipt, tables: &Tables<'_>) -> rusqlite::Result<Before> {
        let missing = self.fresh().missing(receipt);
        let mut before = Before::new();
        for ordinal in missing {
            let known = tables.documents(ordinal)?;
            before.extend(known.map(|(_, documents)| (ordinal, documents)));
        }
        Ok(before)
    }

    /// Writes the rows of traces that go on for long, so that the receipts since which they do need not be kept.
    fn write_longest(&self) -> Result<(), EngineError> {
        self.change(
            Room::More,
            |tables| {
                let longest = self.fresh().longest(ROWS);
                for trace in &longest {
                    tables.put_trace(&trace.row, &trace.documents, 0)?;
                }
                Ok(longest)
            },
            |fresh, longest| {
                let written = longest.iter().map(|trace| trace.row.ordinal);
                written.for_each(|ordinal| fresh.remove(ordinal));
            },
        )
    }

    /// Writes entries, each with the row of its trace, and blobs.
    pub(super) fn write_made(&self, made: &Made<'_>) -> Result<Vec<u64>, EngineError> {
        self.change(
            Room::More,
            |tables| {
                let mut kept = Vec::new();
                for (ordinal, revision, entry) in &made.entries {
                    if self.write_row(*ordinal, *revision, tables)? {
                        tables.put_entry(*ordinal, entry)?;
                        kept.push(*ordinal);
                    }
                }
                for (name, blob) in &made.blobs {
                    tables.put_blob(name, *blob)?;
                }
                Ok(kept)
            },
            |fresh, kept| {
                kept.iter().for_each(|ordinal| fresh.remove(*ordinal));
                kept
            },
        )
    }

    /// Writes that a trace is settled as it was at a revision. Returns whether it is still so.
    fn write_row(
        &self,
        ordinal: u64,
        revision: u64,
        tables: &Tables<'_>,
    ) -> rusqlite::Result<bool> {
        match self.fresh().get(ordinal) {
            Some(trace) if trace.row.revision == revision => {
                tables.put_trace(&trace.row, &trace.documents, revision)?;
                Ok(true)
            }
            Some(_) => Ok(false),
            None => tables.settle(ordinal, revision),
        }
    }
}
