//! The behaviours of xray-local: the library by itself, and the server over real sockets on loopback.

mod any_documents;
mod batch;
mod client;
#[cfg(feature = "cli")]
mod command_line;
mod drawing;
mod graph;
mod house;
mod ingest;
mod refusal;
mod sampling;
mod server;
mod shop;
mod summaries;
