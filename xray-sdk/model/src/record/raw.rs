//! The modelled files of xray-sdk's raw memory.
#![allow(unsafe_code, reason = "the files are those that may")]

#[path = "../../../src/record/raw/chain.rs"]
mod chain;
#[path = "../../../src/record/raw/rest.rs"]
mod rest;

pub(crate) use chain::{Chain, Link, Linked};
pub(crate) use rest::Rest;
