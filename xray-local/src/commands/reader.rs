//! Whether anybody reads standard output still, for a command that waits with nothing to write: only what is written fails.

#[cfg(unix)]
mod unix {
    use std::io;
    use std::os::fd::AsFd as _;
    use std::process;
    use std::thread;

    use nix::errno::Errno;
    use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

    use crate::commands::Exit;

    /// From now on the program ends well as soon as the reader has left. Where the system tells nothing, a write finds out.
    pub(in crate::commands) fn exit_when_it_leaves() {
        let wait = || {
            if leaves() {
                process::exit(Exit::Ok.code().into());
            }
        };
        let _ = thread::Builder::new()
            .name("xray-reader".to_owned())
            .spawn(wait);
    }

    /// Waits for the end of a pipe, a socket or a terminal. Of a file nothing is ever told.
    fn leaves() -> bool {
        let output = io::stdout();
        loop {
            let mut watched = [PollFd::new(output.as_fd(), PollFlags::empty())];
            match poll(&mut watched, PollTimeout::NONE) {
                Err(Errno::EINTR) => {}
                Err(_) => return false,
                Ok(_) => {
                    let left = PollFlags::POLLERR | PollFlags::POLLHUP;
                    let told = watched[0].revents();
                    return told.is_some_and(|told| told.intersects(left));
                }
            }
        }
    }
}

#[cfg(not(unix))]
mod other {
    /// The next write finds out.
    pub(in crate::commands) fn exit_when_it_leaves() {}
}

#[cfg(not(unix))]
pub(super) use other::exit_when_it_leaves;
#[cfg(unix)]
pub(super) use unix::exit_when_it_leaves;
