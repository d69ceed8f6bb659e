//! The behaviours of xray-local: the library by itself, and the server over real sockets on loopback.

mod any_documents;
mod batch;
mod client;
#[cfg(feature = "cli")]
mod command_line;
mod crowd;
mod doctor;
mod drawing;
#[cfg(feature = "disk")]
mod encryption;
mod flood;
mod folder;
#[cfg(all(feature = "cli", target_os = "linux"))]
mod full_disk;
mod graph;
mod graph_golden;
mod groups;
mod house;
mod ingest;
mod insights;
mod kept_rules;
#[cfg(feature = "disk")]
mod kept_traces;
#[cfg(feature = "cli")]
mod killed;
mod page;
#[cfg(feature = "cli")]
mod program;
mod progress;
mod refusal;
mod retention;
mod retrieval;
mod sampling_clients;
mod sampling_refusal;
mod sampling_rules;
mod sampling_targets;
mod series;
mod server;
mod settings;
mod shop;
#[cfg(feature = "keys")]
mod signed;
mod summaries;
mod time;
mod validate_command;
mod validator;
