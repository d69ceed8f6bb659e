//! Some thousand traces, taken apart into columns. A block knows its own values only: one that does not have what is asked for is
//! passed over at once, and one whose traces are gone goes with all it knew.

use std::sync::Arc;

use xray_sdk::TraceId;

use super::cause::Causes;
use super::column::{Column, Values};
use super::form::Forms;
use super::key::{Name, write_key};
use super::micros::Reach;
use super::profile::Profile;
use super::traces::Traces;
use super::works::Works;
use crate::entry::{Bytes, Side, fields};
use crate::trace::ServiceId;

/// A whole block, as it stands in memory while it grows.
#[derive(Clone, Debug, Default)]
pub(super) struct Block {
    pub(super) head: Arc<Head>,
    pub(super) traces: Arc<Traces>,
    pub(super) works: Arc<Works>,
    pub(super) columns: Arc<Vec<Column>>,
    pub(super) forms: Arc<Forms>,
    pub(super) causes: Arc<Causes>,
    /// Traces that have not come and that others go on from, each with one of these.
    pub(super) waits: Vec<(TraceId, TraceId)>,
}

/// What there is in a block.
#[derive(Clone, Debug, Default)]
pub(super) struct Head {
    pub(super) profiles: Vec<Profile>,
    /// Between what the times of the rows of each profile lie: as the service saw them, and as its caller did.
    pub(super) times: Vec<(Reach, Reach)>,
    /// Between what the durations of the traces lie.
    pub(super) durations: Reach,
    pub(super) services: Vec<ServiceId>,
    /// By what each column is told.
    pub(super) keys: Values,
    /// The first column of each piece that holds columns, once the block stands in pieces.
    pub(super) first_columns: Vec<u16>,
}

fields!(Head {
    profiles,
    times,
    durations,
    services,
    keys,
    first_columns
});

impl Head {
    /// The number of a column.
    pub(super) fn column(&self, side: Side, name: Name<'_>) -> Option<usize> {
        let mut key = Vec::new();
        write_key(side, name, &mut key);
        self.keys.all().position(|known| known == key)
    }

    pub(super) fn bytes(&self) -> usize {
        let services = self
            .services
            .iter()
            .map(|id| size_of_val(id) + id.name.len() + id.kind.len());
        size_of::<Self>()
            + self.profiles.capacity() * size_of::<Profile>()
            + self.times.capacity() * size_of::<(Reach, Reach)>()
            + services.sum::<usize>()
            + self.keys.bytes()
            + self.first_columns.capacity() * size_of::<u16>()
    }
}

impl Block {
    /// The memory that it takes, in bytes.
    pub(super) fn bytes(&self) -> usize {
        let columns = self.columns.iter().map(Column::bytes);
        self.head.bytes()
            + self.traces.bytes()
            + self.works.bytes()
            + columns.sum::<usize>()
            + self.forms.bytes()
            + self.causes.bytes()
            + self.waits.capacity() * size_of::<(TraceId, TraceId)>()
    }
}
