//! Rows of the tables, as SQLite has them and as we do.

use rusqlite::Row;
use xray_sdk::{SegmentId, TraceId};

use crate::store::engine::{Outline, TraceRow};

/// The numbers that documents of one trace have room for. Documents stand in the order of their traces' numbers, so those of one
/// trace stand together, and those that came first leave as one range.
pub(super) const PLACES: u64 = 1 << 24;

const IN_PROGRESS: i64 = 1;
const SEGMENT: i64 = 2;

pub(super) fn place(ordinal: u64, number: u32) -> i64 {
    (ordinal * PLACES + u64::from(number)).cast_signed()
}

pub(super) fn key(id: TraceId) -> [u8; 16] {
    id.to_u128().to_be_bytes()
}

pub(super) fn flags(outline: &Outline) -> i64 {
    let mut flags = 0;
    if outline.is_in_progress {
        flags |= IN_PROGRESS;
    }
    if outline.is_segment {
        flags |= SEGMENT;
    }
    flags
}

/// Of the columns place, id, flags, finish, length.
pub(super) fn outline(row: &Row<'_>) -> rusqlite::Result<Outline> {
    let number = row.get::<_, i64>(0)?.cast_unsigned() % PLACES;
    let flags = row.get::<_, i64>(2)?;
    Ok(Outline {
        number: number as u32,
        id: SegmentId::from_u64(row.get::<_, i64>(1)?.cast_unsigned()),
        is_in_progress: flags & IN_PROGRESS != 0,
        is_segment: flags & SEGMENT != 0,
        end: row.get(3)?,
        length: row.get::<_, i64>(4)? as usize,
    })
}

/// Of the columns ordinal, id, start, finish, came, revision, bytes.
pub(super) fn trace_row(row: &Row<'_>) -> rusqlite::Result<TraceRow> {
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
