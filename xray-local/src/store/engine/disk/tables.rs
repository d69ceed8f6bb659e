//! What is written into the tables, and read from them.

use std::borrow::Cow;
use std::collections::BTreeSet;

use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use xray_sdk::TraceId;

use super::receipt::{Placed, Receipt, from_bytes, to_bytes};
use super::schema::PAGE_BYTES;
use super::vault::{Place, Vault};
use crate::store::engine::{FULL, TraceRow, full_name};

/// The tables as one connection sees them. What documents say is sealed in them where the store is encrypted.
pub(super) struct Tables<'a> {
    pub(super) connection: &'a Connection,
    pub(super) vault: Option<&'a Vault>,
}

const TRACE: &str = "SELECT ordinal, id, start, finish, came, revision, bytes FROM traces";

/// Of receipts and traces.
impl Tables<'_> {
    pub(super) fn put_batch(
        &self,
        number: u64,
        newest: u64,
        length: usize,
        packed: &[u8],
    ) -> rusqlite::Result<()> {
        let mut statement = self
            .connection
            .prepare_cached("INSERT INTO batches VALUES (?, ?, ?, ?)")?;
        let texts = self.sealed(Place::Batch(number), packed);
        let (number, newest) = (number.cast_signed(), newest.cast_signed());
        statement.execute(params![number, newest, length as i64, texts])?;
        Ok(())
    }

    /// The texts of a batch, packed, and how long they are together.
    pub(super) fn batch(&self, number: u64) -> rusqlite::Result<Option<(usize, Vec<u8>)>> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT length, texts FROM batches WHERE number = ?")?;
        let found = statement.query_row([number.cast_signed()], |row| {
            let texts = self.opened(Place::Batch(number), row, 1)?;
            Ok((row.get::<_, i64>(0)? as usize, texts.into_owned()))
        });
        found.optional()
    }

    pub(super) fn put_receipt(&self, batch: u64, receipt: &[u8]) -> rusqlite::Result<()> {
        let mut statement = self
            .connection
            .prepare_cached("INSERT INTO receipts VALUES (?, ?)")?;
        statement.execute(params![batch.cast_signed(), receipt])?;
        Ok(())
    }

    /// All receipts, each with the bytes that it takes.
    pub(super) fn receipts(
        &self,
        mut visit: impl FnMut(Receipt, usize) -> rusqlite::Result<()>,
    ) -> rusqlite::Result<()> {
        let mut statement = self
            .connection
            .prepare("SELECT receipt FROM receipts ORDER BY batch")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let bytes = row.get_ref(0)?.as_blob()?;
            visit(read(bytes, 0)?, bytes.len())?;
        }
        Ok(())
    }

    /// Those before a batch are not needed any more.
    pub(super) fn forget_receipts(&self, batch: u64) -> rusqlite::Result<()> {
        self.sweep("DELETE FROM receipts WHERE batch < ?", batch)
    }

    /// `settled` is the revision that an entry was made of; 0 leaves what was said of that.
    pub(super) fn put_trace(
        &self,
        row: &TraceRow,
        documents: &Vec<Placed>,
        settled: u64,
    ) -> rusqlite::Result<()> {
        let mut statement = self.connection.prepare_cached(
            "INSERT INTO traces VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
             ON CONFLICT (ordinal) DO UPDATE SET start = excluded.start, finish = excluded.finish, revision = excluded.revision,
                 bytes = excluded.bytes, settled = max(settled, excluded.settled), documents = excluded.documents",
        )?;
        statement.execute(params![
            row.ordinal.cast_signed(),
            key(row.id),
            row.start,
            row.end,
            row.came,
            row.revision.cast_signed(),
            row.bytes.cast_signed(),
            settled.cast_signed(),
            to_bytes(documents),
        ])?;
        Ok(())
    }

    /// Notes that an entry was made of a revision. Returns whether the trace is as it was then.
    pub(super) fn settle(&self, ordinal: u64, revision: u64) -> rusqlite::Result<bool> {
        let settled = self
            .connection
            .prepare_cached("UPDATE traces SET settled = ?2 WHERE ordinal = ?1 AND revision = ?2")?
            .execute([ordinal.cast_signed(), revision.cast_signed()])?;
        Ok(settled == 1)
    }

    pub(super) fn trace(&self, id: TraceId) -> rusqlite::Result<Option<TraceRow>> {
        let mut statement = self
            .connection
            .prepare_cached(&format!("{TRACE} WHERE id = ?"))?;
        statement.query_row([key(id)], trace_row).optional()
    }

    pub(super) fn traces(&self, from: u64, count: usize) -> rusqlite::Result<Vec<TraceRow>> {
        let sql = format!("{TRACE} WHERE ordinal >= ? ORDER BY ordinal LIMIT ?");
        let mut statement = self.connection.prepare_cached(&sql)?;
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        let rows = statement.query_map([from.cast_signed(), count], trace_row)?;
        rows.collect()
    }

    pub(super) fn unsettled(&self) -> rusqlite::Result<Vec<TraceRow>> {
        let sql = format!("{TRACE} WHERE settled < revision ORDER BY ordinal");
        let mut statement = self.connection.prepare_cached(&sql)?;
        let rows = statement.query_map([], trace_row)?;
        rows.collect()
    }

    /// The revision that the row of a trace is of, and where the documents stood then.
    pub(super) fn documents(&self, ordinal: u64) -> rusqlite::Result<Option<(u64, Vec<Placed>)>> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT revision, documents FROM traces WHERE ordinal = ?")?;
        let found = statement.query_row([ordinal.cast_signed()], |row| {
            let revision = row.get::<_, i64>(0)?.cast_unsigned();
            Ok((revision, read(row.get_ref(1)?.as_blob()?, 1)?))
        });
        found.optional()
    }
}

/// Of entries and blobs.
impl Tables<'_> {
    pub(super) fn put_entry(&self, ordinal: u64, entry: &[u8]) -> rusqlite::Result<()> {
        let mut statement = self
            .connection
            .prepare_cached("INSERT OR REPLACE INTO entries VALUES (?, ?)")?;
        let entry = self.sealed(Place::Entry(ordinal), entry);
        statement.execute(params![ordinal.cast_signed(), entry])?;
        Ok(())
    }

    pub(super) fn put_blob(&self, name: &str, blob: Option<&[u8]>) -> rusqlite::Result<()> {
        match blob {
            Some(blob) => self
                .connection
                .prepare_cached("INSERT OR REPLACE INTO blobs VALUES (?, ?)")?
                .execute(params![name, self.sealed(Place::Blob(name), blob)])?,
            None => self
                .connection
                .prepare_cached("DELETE FROM blobs WHERE name = ?")?
                .execute([name])?,
        };
        Ok(())
    }

    pub(super) fn blob(&self, name: &str) -> rusqlite::Result<Option<Vec<u8>>> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT blob FROM blobs WHERE name = ?")?;
        let found = statement.query_row([name], |row| {
            let blob = self.opened(Place::Blob(name), row, 0)?;
            Ok(blob.into_owned())
        });
        found.optional()
    }
}

/// Of traces that are taken out.
impl Tables<'_> {
    pub(super) fn remove(&self, ordinal: u64) -> rusqlite::Result<()> {
        self.sweep("DELETE FROM traces WHERE ordinal = ?", ordinal)?;
        self.sweep("DELETE FROM entries WHERE ordinal = ?", ordinal)?;
        self.sweep("INSERT INTO removed VALUES (?)", ordinal)
    }

    pub(super) fn removed(&self) -> rusqlite::Result<BTreeSet<u64>> {
        let mut statement = self.connection.prepare("SELECT ordinal FROM removed")?;
        let rows = statement.query_map([], |row| row.get::<_, i64>(0))?;
        rows.map(|ordinal| Ok(ordinal?.cast_unsigned())).collect()
    }

    /// The batches up to one in which documents of a trace may stand.
    pub(super) fn batches_of(&self, ordinal: u64, last: u64) -> rusqlite::Result<Vec<u64>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT number FROM batches WHERE number <= ?2 AND number >=
                 (SELECT number FROM batches WHERE newest >= ?1 ORDER BY number LIMIT 1)",
        )?;
        let bounds = [ordinal.cast_signed(), last.cast_signed()];
        let rows = statement.query_map(bounds, |row| row.get::<_, i64>(0))?;
        rows.map(|number| Ok(number?.cast_unsigned())).collect()
    }

    pub(super) fn replace_batch(&self, number: u64, packed: &[u8]) -> rusqlite::Result<()> {
        let texts = self.sealed(Place::Batch(number), packed);
        self.connection
            .prepare_cached("UPDATE batches SET texts = ?2 WHERE number = ?1")?
            .execute(params![number.cast_signed(), texts])?;
        Ok(())
    }
}

/// Of all.
impl Tables<'_> {
    /// The number of the oldest trace, that of the next one, and that of the next batch.
    pub(super) fn bounds(&self) -> rusqlite::Result<[u64; 3]> {
        let number = |sql| {
            let number = self
                .connection
                .query_row(sql, [], |row| row.get::<_, Option<i64>>(0))?;
            Ok::<_, rusqlite::Error>(number.unwrap_or(0).cast_unsigned())
        };
        let first = number("SELECT first FROM bounds")?;
        let newest = number("SELECT max(ordinal) FROM traces")?;
        let batch = number("SELECT max(number) FROM batches")?;
        let receipt = number("SELECT max(batch) FROM receipts")?;
        let removed = number("SELECT max(ordinal) FROM removed")?;
        let newest = newest.max(removed);
        Ok([first, first.max(newest + 1), batch.max(receipt) + 1])
    }

    pub(super) fn remove_before(&self, first: u64) -> rusqlite::Result<()> {
        self.sweep("DELETE FROM traces WHERE ordinal < ?", first)?;
        self.sweep("DELETE FROM entries WHERE ordinal < ?", first)?;
        self.sweep("DELETE FROM removed WHERE ordinal < ?", first)?;
        self.sweep("UPDATE bounds SET first = ?", first)?;
        self.connection
            .prepare_cached("DELETE FROM blobs WHERE name >= ? AND name < ?")?
            .execute([FULL, &full_name(first)])?;
        // Those that still have traces that stay begin with the first one that is as new as these.
        self.sweep(
            "DELETE FROM batches WHERE number < coalesce(
                 (SELECT number FROM batches WHERE newest >= ? ORDER BY number LIMIT 1), 9223372036854775807)",
            first,
        )
    }

    /// What is in use, in bytes.
    pub(super) fn bytes(&self) -> rusqlite::Result<u64> {
        Ok(self.pages("PRAGMA page_count")? - self.free_bytes()?)
    }

    /// What can be written before the file grows, in bytes.
    pub(super) fn free_bytes(&self) -> rusqlite::Result<u64> {
        self.pages("PRAGMA freelist_count")
    }

    fn pages(&self, count: &str) -> rusqlite::Result<u64> {
        let mut statement = self.connection.prepare_cached(count)?;
        let pages = statement.query_row([], |row| row.get::<_, i64>(0))?;
        Ok(pages.unsigned_abs() * PAGE_BYTES)
    }

    fn sweep(&self, sql: &str, bound: u64) -> rusqlite::Result<()> {
        self.connection
            .prepare_cached(sql)?
            .execute([bound.cast_signed()])?;
        Ok(())
    }

    /// The bytes of a column, as they were before they were sealed.
    pub(super) fn opened<'r>(
        &self,
        place: Place<'_>,
        row: &'r Row<'_>,
        column: usize,
    ) -> rusqlite::Result<Cow<'r, [u8]>> {
        let bytes = row.get_ref(column)?.as_blob()?;
        match self.vault {
            None => Ok(bytes.into()),
            Some(vault) => {
                let opened = vault.open_sealed(place, bytes);
                Ok(opened.map_err(|error| unreadable(column, error))?.into())
            }
        }
    }

    fn sealed<'b>(&self, place: Place<'_>, bytes: &'b [u8]) -> Cow<'b, [u8]> {
        match self.vault {
            None => bytes.into(),
            Some(vault) => vault.seal(place, bytes).into(),
        }
    }
}

fn key(id: TraceId) -> [u8; 16] {
    id.to_u128().to_be_bytes()
}

/// Of the columns of [`TRACE`].
fn trace_row(row: &Row<'_>) -> rusqlite::Result<TraceRow> {
    Ok(TraceRow {
        ordinal: row.get::<_, i64>(0)?.cast_unsigned(),
        id: TraceId::from_u128(u128::from_be_bytes(row.get(1)?)),
        start: row.get(2)?,
        end: row.get(3)?,
        came: row.get(4)?,
        revision: row.get::<_, i64>(5)?.cast_unsigned(),
        bytes: row.get::<_, i64>(6)?.cast_unsigned(),
    })
}

fn read<T: crate::entry::Bytes>(bytes: &[u8], column: usize) -> rusqlite::Result<T> {
    from_bytes(bytes).ok_or_else(|| unreadable(column, Unread))
}

/// A value that has not the form that was written: damage.
fn unreadable(
    column: usize,
    error: impl std::error::Error + Send + Sync + 'static,
) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, Type::Blob, Box::new(error))
}

/// Bytes that are not those that were written.
#[derive(Debug)]
struct Unread;

impl std::fmt::Display for Unread {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("it has not the form that was written")
    }
}

impl std::error::Error for Unread {}
