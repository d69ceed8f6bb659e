//! Where the servers are.

pub(crate) fn postgres() -> String {
    read("XRAY_TEST_POSTGRES")
}

pub(crate) fn mysql() -> String {
    read("XRAY_TEST_MYSQL")
}

pub(crate) fn redis() -> String {
    read("XRAY_TEST_REDIS")
}

/// A test that needs a server and does not know where it is has failed.
fn read(variable: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| {
        panic!(
            "{variable} does not say where the server is: run scripts/test, or \
             scripts/servers.py postgres mysql redis -- cargo nextest run -p xray-sdk-sql --profile servers"
        )
    })
}
