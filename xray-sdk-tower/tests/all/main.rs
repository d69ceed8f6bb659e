//! Real servers and clients over loopback sockets, each held to the same list of behaviours.

mod axum;
mod cancellation;
mod client_behaviour;
mod errand;
mod expose;
mod grpc;
mod house;
mod hyper;
mod inner;
mod reqwest;
mod script;
mod server_behaviour;
mod shop;
mod site;
mod tonic;
mod unsampled;
mod watch;
