//! The parts of a block as bytes.

use super::block::{Block, Source};
use crate::entry::{Bytes, fields};

fields!(Block {
    first_ordinal,
    ids,
    ordinals,
    starts,
    ends,
    durations,
    roots,
    first_rows,
    is_partial,
    is_odd,
    is_opaque,
    is_there,
    profile_of,
    times,
    offsets,
    call_rows,
    call_times,
    call_offsets,
    sources,
    profiles,
    services,
    keys,
    columns,
    causes,
    waits
});
fields!(Source { row, service, age });
