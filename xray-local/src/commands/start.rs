//! Why a server does not start, and what to do about it.

use std::net::SocketAddr;

use xray_local::Error;

use super::{Exit, Failure};

/// Who starts a server.
#[derive(Clone, Copy)]
pub(super) enum Starting {
    /// The program without a command.
    Alone,
    /// `run`.
    ForProgram,
}

impl Starting {
    /// A command line with other options, as far as they are options of this one.
    fn with(self, options: &str) -> String {
        match self {
            Self::Alone => format!("xray-local {options}"),
            Self::ForProgram => format!("xray-local run {options} -- COMMAND"),
        }
    }

    /// How nothing is kept on disk.
    fn without_folder(self) -> &'static str {
        match self {
            Self::Alone => "Without one: xray-local --memory",
            Self::ForProgram => "Or leave --data out: then traces are kept until it ends",
        }
    }
}

/// What went wrong and what to do.
pub(super) fn failure(error: &Error, address: SocketAddr, starting: Starting) -> Failure {
    let (exit, cure) = if error.is_address_in_use() {
        let other = starting.with(&format!("--bind {}:0", host(address)));
        let cure = format!(
            "Another xray-local or an X-Ray daemon may run there. End it, or take another port: {other}"
        );
        (Exit::PortInUse, cure)
    } else if error.is_remote_address() {
        let permitted = format!("xray-local --bind {address} --allow-remote");
        let cure = match starting {
            Starting::Alone => format!("To do so all the same: {permitted}"),
            Starting::ForProgram => format!(
                "Take an address of this machine alone: {}. Others can reach a server that is started by itself: {permitted}",
                starting.with("--bind 127.0.0.1:0")
            ),
        };
        (Exit::Usage, cure)
    } else {
        let other = starting.with("--data DIR");
        let without = starting.without_folder();
        let cure = if error.is_data_in_use() {
            format!("End it, or take another folder: {other}. {without}")
        } else if error.is_encryption_key() {
            match starting {
                Starting::Alone => format!(
                    "Start it with the key that the folder was made with (--encryption-key FILE or --encryption-key-command COMMAND), and without one where it was made without. Nothing was changed there; another folder begins anew: {other}"
                ),
                Starting::ForProgram => format!(
                    "`run` has no keys: start a server by itself with xray-local --encryption-key FILE, or take another folder: {other}"
                ),
            }
        } else if error.is_data_denied() {
            format!(
                "Let this user write there (chown, chmod, or a mount that is not read only), or take another folder: {other}. {without}"
            )
        } else if error.is_data_folder() {
            format!(
                "Nothing was changed there. Move it away, or take another folder: {other}. {without}"
            )
        } else if error.is_kept_file() {
            "Mend it or move it away, or take another: xray-local --rules FILE. Nothing was written to it."
                .to_owned()
        } else {
            format!(
                "Take another address: {}",
                starting.with("--bind 127.0.0.1:0")
            )
        };
        (Exit::Failed, cure)
    };
    Failure::new(exit, error.to_string(), cure)
}

fn host(address: SocketAddr) -> String {
    match address {
        SocketAddr::V4(address) => address.ip().to_string(),
        SocketAddr::V6(address) => format!("[{}]", address.ip()),
    }
}
