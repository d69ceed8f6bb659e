//! How segments begin that are recorded.

use std::sync::Arc;

use crate::header::TraceHeader;
use crate::id::{SegmentId, TraceId};
use crate::record::Text;
use crate::record::event::Namespace;
use crate::record::identity::{About, Kind};
use crate::record::lane::Lane;
use crate::record::outlet::Outlet;
use crate::recorder::Recorder;
use crate::sampling::Watch;

/// How the segment of a new trace begins.
pub(super) enum New {
    Recorded(Box<Lane>),
    Unsampled,
    /// As is to be decided, or there is no room.
    Not,
}

/// How a segment begins that is recorded: by default with nothing but a name.
pub(super) struct Began<'a> {
    pub(super) kind: Kind,
    /// What the caller sent.
    pub(super) header: Option<&'a TraceHeader>,
    pub(super) watch: Option<Box<Watch>>,
}

impl Default for Began<'_> {
    fn default() -> Self {
        Self {
            kind: Kind::Segment,
            header: None,
            watch: None,
        }
    }
}

/// Begins a segment of this name, if the sampler says the same of all.
#[inline(always)]
pub(super) fn begin_new(recorder: &Recorder, name: &Text<'_>) -> New {
    let inner = &*recorder.inner;
    let is_told = log::log_enabled!(target: "xray_sdk::sampling", log::Level::Trace);
    match inner.always {
        Some(false) if !is_told => {
            inner.outlet.count_unsampled();
            New::Unsampled
        }
        Some(true) if !is_told => match record_new(&inner.outlet, name) {
            Some(lane) => New::Recorded(lane),
            None => New::Not,
        },
        _ => New::Not,
    }
}

/// [`begin_new`] by a call of its own.
#[inline(never)]
pub(super) fn start_new(recorder: &Recorder, name: &'static str) -> New {
    begin_new(recorder, &name.into())
}

#[inline(never)]
fn record_new(outlet: &Arc<Outlet>, name: &Text<'_>) -> Option<Box<Lane>> {
    record(outlet, name, Began::default())
}

/// The lane of a segment that begins now. None where there is no room for it.
#[inline(always)]
pub(super) fn record(outlet: &Arc<Outlet>, name: &Text<'_>, began: Began<'_>) -> Option<Box<Lane>> {
    let Began {
        kind,
        header,
        watch,
    } = began;
    let now = outlet.clock.tick();
    let trace_id = match header.and_then(TraceHeader::root) {
        Some(root) => root,
        None => TraceId::random(outlet.clock.trace_second(now)),
    };
    let id = SegmentId::random();
    let parent = header.and_then(TraceHeader::parent);
    let about = About {
        trace_id,
        segment_id: id,
        kind,
        header,
        watch,
    };
    let mut lane = outlet.segment_lane(about)?;
    let parent = parent.unwrap_or(SegmentId::from_u64(0));
    lane.open(id, parent, name, Namespace::Local, now);
    Some(lane)
}
