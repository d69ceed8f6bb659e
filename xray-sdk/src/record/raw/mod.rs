//! What recording needs of memory that safe code pays too much for. With the clock's counter the only unsafe code of this crate.
#![allow(
    unsafe_code,
    reason = "a call that records writes some dozens of bytes: each look whether there is room, and each that follows it, is a part of its cost"
)]

mod rest;
mod share;
mod sheet;

pub(crate) use rest::Rest;
pub(crate) use share::{Loan, Share};
pub(crate) use sheet::{Place, Sheet};
