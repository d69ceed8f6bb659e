//! What recording needs of memory that safe code pays too much for. With the clock's counter the only unsafe code of this crate.
#![allow(
    unsafe_code,
    reason = "a call that records writes some dozens of bytes: each look whether there is room, and each that follows it, is a part of its cost"
)]

mod chain;
mod rest;
mod seat;
mod share;
mod sheet;

pub(crate) use chain::{Chain, Link, Linked};
pub(crate) use rest::Rest;
pub(crate) use seat::{Seat, Taken};
pub(crate) use share::{Loan, Share};
pub(crate) use sheet::Sheet;

/// Has the processor fetch what is there into its cache, where it can be told to. Nothing is read, and nobody waits.
#[inline(always)]
pub(crate) fn fetch<T>(at: *const T) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: a hint, which any address may be given in.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(at.cast()) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = at;
}
