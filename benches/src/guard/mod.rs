//! A guard against slower code that no noise can trip: allocations and instructions for each request, held to a file.
//!
//! Times are no use for this on machines that are shared. What is allocated is exactly the same from run to run, and so are the
//! instructions that callgrind counts, but for what depends on addresses and random numbers: far less than the margin.

mod expected;
mod valgrind;

use std::error::Error;
use std::hint::black_box;
use std::path::Path;

use crate::allocation;
use crate::contender::{Contender, Measure};
use crate::questions;
use crate::sink::Sink;
use crate::work::Request;
use expected::{Expected, Figures};

/// What is guarded: every way to record, sampled and not; and what the service takes by itself that the layers are around.
const GUARDED: &[&str] = &[
    "xray-sdk/sampled",
    "xray-sdk/sampled-async",
    "xray-sdk/sampled-owned",
    "xray-sdk/unsampled",
    "xray-sdk/unsampled-async",
    "xray-sdk/unsampled-owned",
    "service/layer-none",
    "xray-sdk/layer-sampled",
    "xray-sdk/layer-unsampled",
    "service/call-none",
    "xray-sdk/call-sampled",
    "xray-sdk/call-unsampled",
];

/// What is guarded, too: what the recorder's thread does to write these.
const WRITTEN: &[&str] = &["xray-sdk/sampled", "xray-sdk/layer-sampled"];

/// The functions that callgrind knows by their names: that in which requests are recorded, and that in which the recorder's thread takes
/// each part of one, and all but nothing else.
const RECORDS: &str = "*guarded_burst*";
const WRITES: &str = "*assemble::Assembler::take*";

/// So many requests are recorded between two drains.
const BURST: usize = 64;
/// So many bursts fill pools and caches before it counts.
const WARM_UP: usize = 4;
/// So many bursts count.
const MEASURED: usize = 8;

/// Records what is guarded under this name, always the same number of times, and prints how many allocations that took.
///
/// # Errors
///
/// When it cannot be made ready, or did not record all that it was given.
pub(crate) fn record(name: &str) -> Result<(), Box<dyn Error>> {
    let (_, entry) = questions::find(name)?;
    let Measure::Bursts(make) = entry.measure else {
        return Err(format!("{name} is not measured in bursts").into());
    };
    let mut contender = make(Sink::open()?.address())?;
    let request = Request::example();
    for _ in 0..WARM_UP {
        contender.burst(&request, BURST);
        contender.drain();
    }
    let mut allocations = 0;
    for _ in 0..MEASURED {
        allocations += allocation::count(|| guarded_burst(&mut *contender, &request));
        contender.drain();
    }
    contender.verify(((WARM_UP + MEASURED) * BURST) as u64)?;
    println!("{allocations}");
    Ok(())
}

/// What callgrind counts: it knows this function by its name.
#[inline(never)]
fn guarded_burst(contender: &mut dyn Contender, request: &Request<'_>) {
    contender.burst(black_box(request), BURST);
}

/// Measures all that is guarded, and compares it with a file.
///
/// # Errors
///
/// When something costs more or less than the file says: with all that does, and the command that writes the file anew.
pub(crate) fn check(file: &Path) -> Result<(), Box<dyn Error>> {
    let expected = Expected::read(file)?;
    let measured = measure()?;
    print!("{}", expected.beside(&measured));
    let differences = expected.differences(&measured);
    if differences.is_empty() {
        return Ok(());
    }
    let rewrite = "cargo run --profile guard --package overhead --no-default-features --bin overhead -- --expect";
    Err(format!(
        "{}\n  if that is meant, write it down: {rewrite} {}",
        differences.join("\n"),
        file.display()
    )
    .into())
}

/// Measures all that is guarded, and writes it to a file.
///
/// # Errors
///
/// When it cannot be measured or written.
pub(crate) fn expect(file: &Path) -> Result<(), Box<dyn Error>> {
    let measured = measure()?;
    print!("{}", measured.beside(&measured));
    measured.write(file)
}

/// Has valgrind look at how memory is used by all that is guarded.
///
/// # Errors
///
/// When it finds an error or a leak: with what it tells.
pub(crate) fn check_memory() -> Result<(), Box<dyn Error>> {
    for name in GUARDED {
        let (_, entry) = questions::find(name)?;
        valgrind::check_memory(entry)?;
        println!("{name}: no errors, no leaks");
    }
    Ok(())
}

fn measure() -> Result<Expected, Box<dyn Error>> {
    let mut measured = Expected::of_this_build();
    let requests = (MEASURED * BURST) as f64;
    for name in GUARDED {
        let (_, entry) = questions::find(name)?;
        let (allocations, instructions) = valgrind::count(entry, RECORDS)?;
        let figures = Figures {
            allocations: Some(allocations as f64 / requests),
            instructions: (instructions as f64 / requests).round() as u64,
        };
        measured.requests.insert((*name).to_owned(), figures);
    }
    for name in WRITTEN {
        let (_, entry) = questions::find(name)?;
        let (_, instructions) = valgrind::count(entry, WRITES)?;
        // Those of the bursts that warm up are written as others are.
        let requests = ((WARM_UP + MEASURED) * BURST) as f64;
        let figures = Figures {
            allocations: None,
            instructions: (instructions as f64 / requests).round() as u64,
        };
        measured.requests.insert(format!("{name} written"), figures);
    }
    Ok(measured)
}
