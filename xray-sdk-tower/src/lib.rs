//! AWS X-Ray for HTTP on [tower]: servers made with axum, hyper and tonic, and clients made with hyper, tonic and reqwest.
//!
//! [`ServerLayer`] opens a segment for every request that a server answers; [`ClientLayer`] opens a subsegment for every
//! request that a client sends, and sends the trace along. Each is one line:
//!
//! ```
//! use axum::{Router, routing::get};
//! use xray_sdk_tower::ServerLayer;
//!
//! # let capture = xray_sdk::testing::Capture::new("checkout");
//! # let recorder = capture.recorder();
//! let app: Router = Router::new()
//!     .route("/orders/{id}", get(async || "an order"))
//!     .layer(ServerLayer::new(recorder));
//! # let _ = app;
//! ```
//!
//! # Features
//!
//! - `axum`: records the matched route, the address of the connection, and the path as it was before nested routers.
//! - `reqwest`: `Traced` for reqwest's request builder, and `reqwest::Client` under [`ClientLayer`].
//!
//! [tower]: https://docs.rs/tower
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod body;
mod client;
mod exchange;
mod extension;
mod future;
mod grpc;
mod head;
mod message;
mod naming;
#[cfg(feature = "reqwest")]
mod reqwest;
mod room;
mod server;

pub use body::TracedBody;
pub use client::{ClientLayer, TracedClient};
pub use extension::PeerAddress;
pub use future::{ClientFuture, ServerFuture};
pub use naming::Naming;
#[cfg(feature = "reqwest")]
pub use reqwest::{ReqwestFuture, Traced, TracedRequest};
pub use server::{ServerLayer, TracedServer};

/// The examples of the repository's README compile and run.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
