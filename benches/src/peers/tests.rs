use super::*;
use crate::contender::tests::assert_each_accounts_for_all;

// Those that set what is global have a process of their own when they are measured: see `opentelemetry` for one that does not.
#[test]
fn spans_are_accounted_for() {
    assert_each_accounts_for_all(opentelemetry::ENTRIES);
    assert_each_accounts_for_all(opentelemetry_aws::SENDING);
}
