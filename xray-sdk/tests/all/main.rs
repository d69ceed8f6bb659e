//! The tests of this crate that need nothing but its public interface.

mod alone;
mod anything;
mod arbitrary;
mod daemon;
mod deadline;
mod document;
mod endings;
mod errors;
mod flush;
mod function;
mod handles;
mod house;
mod late;
mod mixture;
mod nesting;
mod origin;
mod progress;
mod recording;
mod sampling;
mod sampling_observed;
mod schema;
mod sending;
mod size;
mod swapped;
mod tasks;
mod within;
