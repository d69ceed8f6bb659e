use std::error::Error;
use std::process::Output;

use crate::contender::Entry;
use crate::process;

/// Counts the allocations of all that an entry records, and the instructions of the function with a name like `counted`, in which that is
/// recorded or written.
///
/// # Errors
///
/// When valgrind is missing or fails.
pub(super) fn count(entry: &Entry, counted: &str) -> Result<(u64, u64), Box<dyn Error>> {
    let output = run(
        entry,
        &[
            "--tool=callgrind",
            "--callgrind-out-file=/dev/null",
            "--collect-atstart=no",
            &format!("--toggle-collect={counted}"),
        ],
    )?;
    let told = String::from_utf8_lossy(&output.stderr);
    let allocations = String::from_utf8_lossy(&output.stdout).trim().parse()?;
    let instructions =
        collected(&told).ok_or_else(|| format!("callgrind counted nothing:\n{told}"))?;
    Ok((allocations, instructions))
}

/// Looks for errors in the use of memory, and for memory that nobody can free any more.
///
/// # Errors
///
/// When there are some, or valgrind is missing or fails.
pub(super) fn check_memory(entry: &Entry) -> Result<(), Box<dyn Error>> {
    let leaks = ["--leak-check=full", "--errors-for-leak-kinds=definite"];
    run(
        entry,
        &["--quiet", "--error-exitcode=1", leaks[0], leaks[1]],
    )
    .map(drop)
}

fn run(entry: &Entry, options: &[&str]) -> Result<Output, Box<dyn Error>> {
    let valgrind = [&["valgrind"], options].concat();
    let output = process::again(&valgrind, entry)?
        .arg("--guarded")
        .output()
        .map_err(|error| format!("valgrind: {error} (Debian has it as `valgrind`)"))?;
    match output.status.success() {
        true => Ok(output),
        false => {
            let told = String::from_utf8_lossy(&output.stderr);
            Err(format!("{} in valgrind: {}\n{told}", entry.name(), output.status).into())
        }
    }
}

/// The number in the line that ends what callgrind tells.
fn collected(told: &str) -> Option<u64> {
    let (_, number) = told.rsplit_once("Collected : ")?;
    number
        .split_whitespace()
        .next()?
        .parse()
        .ok()
        .filter(|count| *count > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_count_is_found_in_what_callgrind_tells() {
        let told = "==7== Events    : Ir\n==7== Collected : 4712048\n==7== \n==7== I   refs:      4,712,048\n";
        assert_eq!(collected(told), Some(4_712_048));
        assert_eq!(collected("==7== Collected : 0\n"), None);
        assert_eq!(collected("==7== killed"), None);
    }
}
