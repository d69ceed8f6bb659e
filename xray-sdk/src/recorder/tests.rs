//! One hour of a segment, in a process of its own whose memory and time are measured.

use std::fs;
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use super::*;
use crate::clock::Clock;
use crate::document::Document;
use crate::emitter::{Batch, Emitter, Report};
use crate::id::SegmentId;
use crate::sampling::Always;
use crate::segment::subsegment;

const DEADLINE: Duration = Duration::from_secs(60);

const SUBSEGMENTS: usize = 100_000;
/// So many are recorded between two rounds of the recorder's thread: 3.6 s of the hour, in which there would be 72.
const AT_ONCE: usize = 100;
/// Beyond what the test itself holds, code that is touched first included: 2.1 MiB were measured, of them 0.7 MiB of heap.
const MEMORY: u64 = 4 * 1024 * 1024;

/// The ids and parents that arrived, of what is complete.
type Arrived = Arc<Mutex<Vec<(u64, u64)>>>;

struct Record(Arrived);

impl Emitter for Record {
    fn emit(&mut self, batch: &Batch) -> Report {
        let mut arrived = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for bytes in batch.iter() {
            let document = Document::parse(bytes).expect("a document");
            let mut open = vec![(document.parent_id, document)];
            while let Some((parent, document)) = open.pop() {
                let id = document.id;
                if !document.in_progress {
                    arrived.push((id.to_u64(), parent.map_or(0, SegmentId::to_u64)));
                }
                let below = document.subsegments.into_iter();
                open.extend(below.map(|child| (Some(id), child)));
            }
        }
        Report::sent(batch.len())
    }
}

/// An empty list with room whose memory is touched.
fn room() -> Vec<(u64, u64)> {
    let mut room = vec![(1, 1); SUBSEGMENTS + 100];
    room.clear();
    room
}

/// A line of what the system tells of this process, in bytes.
fn memory(name: &str) -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    let kilobytes: u64 = line.trim_end_matches("kB").trim().parse().ok()?;
    Some(kilobytes * 1024)
}

/// The time that all threads of this process were running, in hundredths of a second.
fn processor_time() -> Option<u64> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    let (_, fields) = stat.rsplit_once(") ")?;
    let fields: Vec<&str> = fields.split(' ').collect();
    Some(fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?)
}

#[test]
fn an_hour_of_100_000_subsegments_holds_little_memory_and_arrives_whole() {
    // Other tests of this process would be measured too.
    let output = Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", "recorder::tests::record_an_hour"])
        .args(["--ignored", "--nocapture"])
        .output()
        .expect("this program again");
    let told = String::from_utf8_lossy(&output.stdout);
    print!("{told}");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && told.contains("1 passed"),
        "{told}{errors}"
    );
}

#[test]
#[ignore = "is run by the test above, as a process of its own"]
fn record_an_hour() {
    let arrived: Arrived = Arc::new(Mutex::new(room()));
    let mut expected = room();
    let clock = Clock::manual(Duration::from_secs(1_700_000_000));
    let recorder = Recorder::builder("import")
        .sampler(Always)
        .emitter(Record(arrived.clone()))
        .clock(clock.clone())
        .build()
        .expect("a recorder");
    let before = memory("VmRSS:");
    let mut quarters = vec![processor_time()];
    let mut segment = recorder.segment("import").begin();
    let root = segment.id().expect("recorded").to_u64();
    {
        let _entered = segment.enter();
        while expected.len() < SUBSEGMENTS {
            subsegment("file").run(|file| {
                let id = file.id().expect("recorded").to_u64();
                expected.push((id, root));
                for _ in 1..AT_ONCE / 2 {
                    subsegment("row").run(|row| {
                        row.annotate("table", "orders");
                        expected.push((row.id().expect("recorded").to_u64(), id));
                        clock.advance(Duration::from_secs(3600) / SUBSEGMENTS as u32);
                    });
                }
            });
            if expected.len() % AT_ONCE == 0 {
                assert!(recorder.flush(DEADLINE));
            }
            if expected.len() % (SUBSEGMENTS / 4) == 0 {
                quarters.push(processor_time());
            }
        }
    }
    segment.end();
    expected.push((root, 0));
    assert!(recorder.flush(DEADLINE));
    let peak = memory("VmHWM:");

    let health = recorder.health();
    assert_eq!(
        (health.lost_total(), health.incomplete),
        (0, 0),
        "{health:?}"
    );
    println!("shown in progress {} times", health.in_progress);
    assert!((6..=10).contains(&health.in_progress), "{health:?}");
    let mut arrived = std::mem::take(&mut *arrived.lock().unwrap_or_else(PoisonError::into_inner));
    arrived.sort_unstable();
    expected.sort_unstable();
    assert!(arrived == expected, "every id once, with its parent");

    if let (Some(before), Some(peak)) = (before, peak) {
        println!("{} kB beyond the test's own", (peak - before) / 1024);
        assert!(peak - before < MEMORY, "{} bytes", peak - before);
    }
    let used: Option<Vec<u64>> = quarters.into_iter().collect();
    if let Some(used) = used {
        let quarters: Vec<u64> = used.windows(2).map(|pair| pair[1] - pair[0]).collect();
        println!("processor time of each quarter, in 10 ms: {quarters:?}");
        // Work that grew with what was recorded before would make it sevenfold.
        assert!(quarters[3] <= 3 * quarters[0].max(5), "{quarters:?}");
    }
}
