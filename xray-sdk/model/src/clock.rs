/// Nothing here depends on time.
pub(crate) struct Clock;
