//! The modelled files as they stand, and what they need around them.

#![allow(dead_code, reason = "the model uses a part of what those files offer")]

#[path = "../../../src/record/account.rs"]
mod account;
#[path = "../../../src/record/flush.rs"]
mod flush;
pub(crate) mod identity;
pub(crate) mod lane;
#[path = "../../../src/record/late.rs"]
pub(crate) mod late;
#[path = "../../../src/record/outlet.rs"]
pub(crate) mod outlet;
#[path = "../../../src/record/pool.rs"]
mod pool;
#[path = "../../../src/record/queue.rs"]
mod queue;
pub(crate) mod raw;
#[path = "../../../src/record/round.rs"]
pub(crate) mod round;
pub(crate) mod sync;
