//! The traces that a call is about: those of a time range, or those of a group in it.

use super::Backend;
use super::error::ApiError;
use crate::entry::{Entry, Source};
use crate::filter::Filter;
use crate::group::{GroupArn, GroupName, Meant};
use crate::query::TimeRange;
use crate::store::{Snapshot, Store};

/// How many traces are taken out of the store at once.
const READ_AT_ONCE: usize = 256;

/// The traces of a time range that a filter means.
pub(super) struct Selection {
    pub(super) range: TimeRange,
    pub(super) filter: Option<Filter>,
}

impl Selection {
    /// Those of a group, as far as one is named.
    pub(super) fn of_group(
        backend: &Backend,
        range: TimeRange,
        name: Option<GroupName>,
        arn: Option<GroupArn>,
    ) -> Result<Self, ApiError> {
        let groups = backend.control.groups().get();
        let filter = match Meant::of(name, arn) {
            Some(meant) => groups.filter(groups.get(&meant)?),
            None => None,
        };
        Ok(Self { range, filter })
    }

    /// What is known of the traces, the newest first, of which a few are read at a time.
    pub(super) fn entries<'a>(&'a self, store: &'a Store) -> impl Iterator<Item = Entry> + 'a {
        let mut after = None;
        let mut is_over = false;
        let pages = std::iter::from_fn(move || {
            if is_over {
                return None;
            }
            let page = store.page(&self.range, after, READ_AT_ONCE);
            after = page.next;
            is_over = page.next.is_none();
            Some(page.traces)
        });
        pages
            .flatten()
            .filter_map(|(_, snapshot, _)| self.entry(store, &snapshot))
    }

    fn entry(&self, store: &Store, snapshot: &Snapshot) -> Option<Entry> {
        let trace = snapshot.assemble();
        let filter = self.filter.as_ref();
        let is_meant = filter.is_none_or(|filter| filter.matches(&trace));
        is_meant.then(|| {
            let mut entry = snapshot.entry(&trace);
            entry.resolve(|link| Source::of(&store.trace(link.trace_id)?, link.id));
            entry
        })
    }
}

/// The time range that every listing has.
pub(super) fn time_range(start: f64, end: f64) -> Result<TimeRange, ApiError> {
    if start > end {
        return Err(ApiError::invalid_request(format!(
            "StartTime {start} lies after EndTime {end}"
        )));
    }
    Ok(TimeRange::began(start, end))
}
