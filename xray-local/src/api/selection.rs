//! The traces that a call is about: those of a time range, or those of a group in it.

use super::Backend;
use super::error::ApiError;
use crate::bound::Time;
use crate::filter::Filter;
use crate::group::{GroupArn, GroupName, Meant};
use crate::index::Gather;
use crate::query::TimeRange;
use crate::store::Store;

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
            Some(meant) => groups.filter(groups.get(&meant)?)?,
            None => None,
        };
        Ok(Self { range, filter })
    }

    /// Has the traces counted.
    pub(super) fn gather<G: Gather>(&self, store: &Store, mut to: G) -> G {
        store.gather(&self.range, self.filter.as_ref(), &mut to);
        to
    }
}

/// The time range that every listing has.
pub(super) fn time_range(start: Time, end: Time) -> Result<TimeRange, ApiError> {
    let (start, end) = (f64::from(start), f64::from(end));
    if start > end {
        return Err(ApiError::invalid_request(format!(
            "StartTime {start} lies after EndTime {end}"
        )));
    }
    Ok(TimeRange::began(start, end))
}
