//! The tests of this crate that need nothing but its public interface.

mod arbitrary;
mod document;
mod endings;
mod house;
mod recording;
mod schema;
mod size;
mod tasks;
