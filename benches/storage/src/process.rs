//! What a process takes, as Linux tells it.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

/// What the files of a folder take of the disk, in bytes.
pub fn disk_bytes(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).expect("a folder");
    let sizes = entries.map(|entry| {
        let entry = entry.expect("an entry");
        match entry.metadata() {
            Ok(data) if data.is_dir() => disk_bytes(&entry.path()),
            Ok(data) => data.blocks() * 512,
            // It was there just now.
            Err(_) => 0,
        }
    });
    sizes.sum()
}

/// The most memory that this process had, in bytes.
pub fn peak_bytes() -> f64 {
    status("VmHWM:")
}

/// The memory that this process has, in bytes.
pub fn resident_bytes() -> f64 {
    status("VmRSS:")
}

fn status(name: &str) -> f64 {
    let status = fs::read_to_string("/proc/self/status").expect("is Linux");
    let value = status.lines().find_map(|line| line.strip_prefix(name));
    let kilobytes = value.expect("is told").trim().trim_end_matches(" kB");
    kilobytes.parse::<f64>().expect("a number") * 1024.0
}

/// The processor time of all threads, in user and system mode. The kernel counts a hundred a second.
pub fn cpu_seconds() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").expect("is Linux");
    let fields = stat.rsplit(')').next().expect("fields").split_whitespace();
    let times = fields.skip(11).take(2);
    times
        .map(|time| time.parse::<f64>().expect("a number"))
        .sum::<f64>()
        / 100.0
}

/// The processor time of this thread.
pub fn thread_cpu_seconds() -> f64 {
    let stat = fs::read_to_string("/proc/thread-self/schedstat").expect("is Linux");
    let nanoseconds = stat.split_whitespace().next().expect("fields");
    nanoseconds.parse::<f64>().expect("a number") / 1e9
}
