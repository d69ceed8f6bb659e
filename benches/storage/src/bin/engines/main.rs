//! Which storage engine keeps xray-local's documents best? The load is its own: three documents a trace, of about 1 kB, that come
//! interleaved and are committed in batches so that a commit outlives the process; then whole traces are read, and the oldest go.
//!
//! ```console
//! $ cargo run --release --bin engines -- --traces 200000
//! ```

mod engine;
mod fjall;
mod redb;
mod sqlite;

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};
use std::{env, fs, process};

use engine::Engine;
use storage::{Document, Load, cpu_seconds, disk_bytes, peak_bytes, trace_id};

/// How many documents are committed at once.
const BATCH: usize = 256;

/// How many documents are made at once, while the clock stands still.
const MADE_AT_ONCE: usize = 20 * BATCH;

const NAMES: [&str; 4] = ["fjall", "fjall-small", "redb", "sqlite"];

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["fill", name, folder, traces] => {
            fill(name, Path::new(folder), number(traces));
            // As kill -9 would: nothing is closed.
            process::abort();
        }
        ["use", name, folder, traces] => read_and_remove(name, Path::new(folder), number(traces)),
        ["--traces", traces] => all(&NAMES, number(traces)),
        ["--traces", traces, "--only", name] => all(&[name], number(traces)),
        ["--only", name] => all(&[name], 200_000),
        [] => all(&NAMES, 200_000),
        _ => {
            eprintln!(
                "usage: engines [--traces NUMBER] [--only {}]",
                NAMES.join("|")
            );
            process::exit(2);
        }
    }
}

/// Each turn of each engine is a process of its own, so that memory is its own and the end of the first is a crash.
fn all(names: &[&str], traces: u64) {
    let base = env::temp_dir().join(format!("engines-{}", process::id()));
    for name in names {
        let folder = base.join(name);
        fs::create_dir_all(&folder).expect("a new folder");
        println!("{name}");
        for turn in ["fill", "use"] {
            let mut program = Command::new(env::current_exe().expect("this program"));
            program.args([turn, name]).arg(&folder);
            // The first one aborts.
            program.arg(traces.to_string()).status().expect("starts");
        }
    }
    fs::remove_dir_all(base).expect("is there");
}

fn number(text: &str) -> u64 {
    text.parse().expect("a number of traces")
}

fn open(name: &str, folder: &Path) -> Box<dyn Engine> {
    match name {
        "fjall" => Box::new(fjall::Fjall::open(folder)),
        "fjall-small" => Box::new(fjall::Fjall::open_small(folder)),
        "redb" => Box::new(redb::Redb::open(folder)),
        "sqlite" => Box::new(sqlite::Sqlite::open(folder)),
        _ => panic!("no such engine: {name}"),
    }
}

fn fill(name: &str, folder: &Path, traces: u64) {
    let mut engine = open(name, folder);
    let mut load = Load::new(traces);
    let (mut documents, mut bytes) = (0, 0);
    let (mut took, mut cpu) = (Duration::ZERO, 0.0);
    let (mut synced, mut slowest) = (Instant::now(), Duration::ZERO);
    loop {
        let made: Vec<Document> = load.by_ref().take(MADE_AT_ONCE).collect();
        if made.is_empty() {
            break;
        }
        documents += made.len();
        bytes += made.iter().map(|made| made.text.len()).sum::<usize>();
        let (began, before) = (Instant::now(), cpu_seconds());
        for batch in made.chunks(BATCH) {
            let began = Instant::now();
            engine.put(batch);
            if synced.elapsed().as_secs() >= 1 {
                engine.sync();
                synced = Instant::now();
            }
            slowest = slowest.max(began.elapsed());
        }
        took += began.elapsed();
        cpu += cpu_seconds() - before;
    }
    println!(
        "  put        {:>9.0} documents/s   {:>6.0} bytes each   cpu {:>5.2} us a document   slowest batch {:>6.1} ms",
        documents as f64 / took.as_secs_f64(),
        bytes as f64 / documents as f64,
        cpu * 1e6 / documents as f64,
        slowest.as_secs_f64() * 1e3,
    );
    println!("  memory     {:>9.0} MB at most", peak_bytes() / 1e6);
    println!(
        "  disk       {:>9.0} bytes a document",
        disk_bytes(folder) as f64 / documents as f64
    );
}

fn read_and_remove(name: &str, folder: &Path, traces: u64) {
    let began = Instant::now();
    let engine = open(name, folder);
    println!(
        "  open       {:>9.1} ms after a crash",
        began.elapsed().as_secs_f64() * 1e3
    );
    drop(engine);
    let began = Instant::now();
    let mut engine = open(name, folder);
    println!(
        "  open       {:>9.1} ms after a close",
        began.elapsed().as_secs_f64() * 1e3
    );
    println!(
        "  disk       {:>9.0} bytes a document, settled",
        disk_bytes(folder) as f64 / (traces * 3) as f64
    );

    let began = Instant::now();
    let count = traces.min(20_000);
    for number in 0..count {
        let trace = trace_id(number * 7_919 % traces);
        assert_eq!(
            engine.read(&trace),
            3,
            "all three documents of trace {number}"
        );
    }
    println!(
        "  read       {:>9.1} us a trace",
        began.elapsed().as_secs_f64() * 1e6 / count as f64
    );

    let before = disk_bytes(folder);
    let cpu = cpu_seconds();
    let began = Instant::now();
    let half: Vec<_> = (0..traces / 2).map(trace_id).collect();
    for batch in half.chunks(256) {
        engine.remove(batch);
    }
    engine.sync();
    let took = began.elapsed();
    drop(engine);
    println!(
        "  remove     {:>9.0} traces/s   cpu {:>5.2} us a trace   disk {:>4.2} of what it was",
        (traces / 2) as f64 / took.as_secs_f64(),
        (cpu_seconds() - cpu) * 1e6 / (traces / 2) as f64,
        disk_bytes(folder) as f64 / before as f64,
    );
    println!(
        "  memory     {:>9.0} MB at most, from the open on",
        peak_bytes() / 1e6
    );
}
