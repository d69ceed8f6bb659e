//! The programs as a reader of the README runs them.

mod house;
mod servers;
