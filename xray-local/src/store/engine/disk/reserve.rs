//! Room that is kept for a disk that fills up: working the log in takes some, and so does letting traces leave.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use crate::lock::lock;

/// More than the database grows by when the log is worked in that a nearly full disk has.
pub(super) const RESERVE: u64 = 4 << 20;

const NAME: &str = "reserve";

/// A file that only takes room.
pub(super) struct Reserve {
    folder: PathBuf,
    /// Held while the file is made or removed.
    state: Mutex<State>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// There was no need for it yet.
    Unmade,
    There,
    /// It was needed, and there has been no room for it since.
    Gone,
}

impl Reserve {
    /// That of a folder, which is there.
    pub(super) fn of(folder: &Path) -> Self {
        let length = fs::metadata(folder.join(NAME)).map_or(0, |file| file.len());
        let state = match length {
            RESERVE => State::There,
            _ if free_bytes(folder) < 2 * RESERVE => State::Gone,
            _ => State::Unmade,
        };
        Self {
            folder: folder.to_owned(),
            state: Mutex::new(state),
        }
    }

    /// Takes the room, if it can be had and as much stays free.
    pub(super) fn secure(&self) {
        let mut state = lock(&self.state);
        if *state == State::There || free_bytes(&self.folder) < 2 * RESERVE {
            return;
        }
        match fill(&self.folder.join(NAME)) {
            Ok(()) => *state = State::There,
            Err(_) => self.remove(&mut state),
        }
    }

    /// Whether the room was needed, and cannot be had again.
    pub(super) fn is_gone(&self) -> bool {
        if *lock(&self.state) == State::Gone {
            self.secure();
        }
        *lock(&self.state) == State::Gone
    }

    /// Gives the room to whoever writes next.
    pub(super) fn release(&self) {
        self.remove(&mut lock(&self.state));
    }

    fn remove(&self, state: &mut State) {
        *state = State::Gone;
        // What cannot be removed is not whole, or taken for what it is at the next start.
        let _ = fs::remove_file(self.folder.join(NAME));
    }
}

/// Writes what no file system makes smaller.
fn fill(path: &Path) -> io::Result<()> {
    let mut file = File::create(path)?;
    let mut bits = 1_u64;
    let mut some = Vec::with_capacity(1 << 16);
    for _ in 0..RESERVE >> 16 {
        some.clear();
        while some.len() < 1 << 16 {
            // Xorshift (Marsaglia, 2003).
            bits ^= bits << 13;
            bits ^= bits >> 7;
            bits ^= bits << 17;
            some.extend_from_slice(&bits.to_le_bytes());
        }
        file.write_all(&some)?;
    }
    Ok(())
}

/// What is free where a folder is.
#[cfg(unix)]
#[allow(
    clippy::unnecessary_cast,
    reason = "the numbers have other types on other systems"
)]
pub(super) fn free_bytes(folder: &Path) -> u64 {
    let found = nix::sys::statvfs::statvfs(folder);
    found.map_or(u64::MAX, |found| {
        (found.blocks_available() as u64).saturating_mul(found.fragment_size() as u64)
    })
}

/// It is not looked after there: a full disk is met all the same.
#[cfg(not(unix))]
pub(super) fn free_bytes(_: &Path) -> u64 {
    u64::MAX
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::engine::tests::on_disk;

    #[test]
    fn it_takes_its_room_and_gives_it_back() {
        on_disk(|folder| {
            fs::create_dir(folder).expect("can be made");
            let file = folder.join(NAME);
            let reserve = Reserve::of(folder);
            assert!(!file.exists() && !reserve.is_gone());
            reserve.secure();
            assert_eq!(fs::metadata(&file).expect("is there").len(), RESERVE);
            assert_eq!(*lock(&Reserve::of(folder).state), State::There);
            reserve.release();
            assert!(!file.exists());
            assert!(!reserve.is_gone(), "there is room for it again");
            assert!(file.exists());
        });
    }

    #[test]
    fn a_part_of_it_is_none() {
        on_disk(|folder| {
            fs::create_dir(folder).expect("can be made");
            File::create(folder.join(NAME)).expect("can be made");
            assert_eq!(*lock(&Reserve::of(folder).state), State::Unmade);
        });
    }
}
