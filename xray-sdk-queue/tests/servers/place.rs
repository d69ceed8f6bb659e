//! Where the brokers are.

use std::sync::atomic::{AtomicU32, Ordering};

use async_nats::{ConnectOptions, ServerAddr};

pub(crate) fn rabbitmq() -> String {
    read("XRAY_TEST_RABBITMQ")
}

pub(crate) fn nats() -> String {
    read("XRAY_TEST_NATS")
}

/// The client takes no user and no password from a URL.
pub(crate) fn nats_login() -> ConnectOptions {
    let url: ServerAddr = nats().parse().expect("a URL");
    let (user, password) = url.username().zip(url.password()).expect("a login");
    ConnectOptions::with_user_and_password(user.to_owned(), password.to_owned())
}

pub(crate) fn redis() -> String {
    read("XRAY_TEST_REDIS")
}

/// A test that needs a broker and does not know where it is has failed.
fn read(variable: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| {
        panic!(
            "{variable} does not say where the broker is: run scripts/test, \
             or scripts/brokers.py rabbitmq nats redis -- cargo nextest run --profile servers -p xray-sdk-queue; \
             a plain `cargo nextest run` leaves this test out"
        )
    })
}

/// A name that no other test uses, nor another run on the same broker.
pub(crate) fn unique(name: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let next = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("{name}-{}-{next}", std::process::id())
}
