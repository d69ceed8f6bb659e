//! The behaviours of the receiver, over real sockets on loopback.

mod house;
mod receiver;
