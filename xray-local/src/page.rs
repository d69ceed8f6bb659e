/// Some of the items of a listing.
#[derive(Debug, PartialEq)]
pub(crate) struct Page<Item, Position> {
    pub(crate) items: Vec<Item>,
    /// Where the next page goes on; `None` when this was the last.
    pub(crate) next: Option<Position>,
}

impl<Item, Position: Ord> Page<Item, Position> {
    /// Up to `limit` of the items, which come in the order of their positions, from the one behind `after` on. What comes and
    /// goes meanwhile does not shift the pages that follow.
    pub(crate) fn of(
        items: impl Iterator<Item = Item>,
        after: Option<&Position>,
        limit: usize,
        position: impl Fn(&Item) -> Position,
    ) -> Self {
        let mut left = items.filter(|item| after.is_none_or(|after| position(item) > *after));
        let items: Vec<Item> = left.by_ref().take(limit).collect();
        let next = left.next().and(items.last().map(position));
        Self { items, next }
    }
}
