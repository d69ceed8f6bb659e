//! Ctrl-C, for commands that ask a server or wait for something: they leave nothing half done behind.

use std::process;
use std::thread;

use tokio::runtime;

use super::Exit;

/// From now on Ctrl-C ends the program with the exit code of its own. Where the system refuses that, it ends it all the same.
pub(crate) fn exit_on_interrupt() {
    let wait = || {
        let runtime = runtime::Builder::new_current_thread().enable_all().build();
        let Ok(runtime) = runtime else { return };
        if runtime.block_on(tokio::signal::ctrl_c()).is_ok() {
            process::exit(Exit::Interrupted.code().into());
        }
    };
    let _ = thread::Builder::new()
        .name("xray-interrupt".to_owned())
        .spawn(wait);
}
