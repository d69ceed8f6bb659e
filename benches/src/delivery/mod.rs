//! Does what is recorded arrive, and does the request path notice when it does not?
//!
//! First what of 100,000 segments, recorded as fast as one thread can, reaches receivers that keep the system's default buffer, and a real
//! xray-local, where nothing may be lost; then how
//! many documents a second the daemon of this repository takes from one sender; and at last how long recording one segment takes while
//! nothing is wrong, nobody listens, or nobody reads and the queue is full. Against sockets of this machine; about a minute.

mod local;
mod receiver;

use std::io;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use cpu_time::ThreadTime;
use xray_daemon::{Handover, Sink, Socket};
use xray_sdk::Recorder;
use xray_sdk::emitter::{Batch, DaemonAddress, Emitter as _, UdpEmitter};
use xray_sdk::sampling::Always;

use local::Local;
use receiver::{Reader, Receiver};

const SEGMENTS: usize = 100_000;
/// Room for all of them, which is more than the recorder takes unless it is told to.
const RUSH_BYTES: usize = 128 * 1024 * 1024;
const DEADLINE: Duration = Duration::from_secs(60);

/// Prints the answers.
///
/// # Errors
///
/// When a socket, a recorder or the daemon cannot be had.
pub(crate) fn run() -> Result<(), Box<dyn std::error::Error>> {
    println!("{SEGMENTS} segments of 1 kB to a receiver with the default buffer");
    println!(
        "{:44} {:>10} {:>9} {:>9} {:>9} {:>9} {:>9}",
        "", "recorded/s", "sent/s", "received", "overrun", "left out", "missing"
    );
    delivery("as fast as it comes, read at once", Reader::AtOnce, None)?;
    delivery(
        "as fast as it comes, 20,000/s read",
        Reader::Rate(20_000),
        None,
    )?;
    delivery(
        "15,000/s, 20,000/s read",
        Reader::Rate(20_000),
        Some(15_000),
    )?;
    delivery("as fast as it comes, nothing read", Reader::Never, None)?;
    let lost = to_local()?;

    println!("\ndocuments of 1 kB, by one emitter to one xray-daemon");
    throughput()?;

    println!("\nrecording one segment, ns");
    println!(
        "{:44} {:>8} {:>8} {:>8} {:>10}",
        "", "p50", "p99", "p99.9", "longest"
    );
    let reader = Receiver::start(Reader::AtOnce)?;
    latency(
        "idle: one every 20 us, all sent",
        reader.address,
        250_000,
        Some(50_000),
    )?;
    latency(
        "as fast as it comes, read at once",
        reader.address,
        1_000_000,
        None,
    )?;
    reader.end()?;
    latency("nobody listens", nobody()?, 1_000_000, None)?;
    let stuck = Receiver::start(Reader::Never)?;
    latency(
        "nothing read, the queue full",
        stuck.address,
        10_000_000,
        None,
    )?;
    stuck.end()?;
    match lost {
        0 => Ok(()),
        lost => Err(format!("xray-local did not store {lost} segments").into()),
    }
}

/// Prints what becomes of segments.
fn delivery(
    title: &str,
    reader: Reader,
    rate: Option<u32>,
) -> Result<(), Box<dyn std::error::Error>> {
    let receiver = Receiver::start(reader)?;
    let sent = Sent::all_to(receiver.address, rate)?;
    sent.print(title, receiver.end()?);
    Ok(())
}

/// Prints what becomes of segments that xray-local gets, some times, and tells how many it did not store.
fn to_local() -> Result<u64, Box<dyn std::error::Error>> {
    let mut lost = 0;
    for _ in 0..3 {
        let Some(local) = Local::start()? else {
            println!(
                "xray-local is left out: cargo build --release -p xray-local --bin xray-local"
            );
            break;
        };
        let sent = Sent::all_to(local.address(), None)?;
        let stored = local.stored()?;
        sent.print("as fast as it comes, xray-local", stored);
        lost += SEGMENTS as u64 - stored;
    }
    Ok(lost)
}

/// What a recorder tells of segments that it recorded and sent.
struct Sent {
    recording: Duration,
    all: Duration,
    documents: u64,
    overrun: u64,
    refused: u64,
}

impl Sent {
    fn all_to(daemon: SocketAddr, rate: Option<u32>) -> Result<Self, xray_sdk::Error> {
        let recorder = recorder(daemon)?;
        let start = Instant::now();
        let text = "x".repeat(800);
        for number in 0..SEGMENTS {
            record(&recorder, number, &text);
            keep(start, number, rate);
        }
        let recording = start.elapsed();
        recorder.flush(DEADLINE);
        let all = start.elapsed();
        let health = recorder.health();
        Ok(Self {
            recording,
            all,
            documents: health.documents,
            overrun: health.lost.iter().map(|(_, count)| count).sum(),
            refused: health.refused,
        })
    }

    fn print(&self, title: &str, received: u64) {
        let missing = SEGMENTS as i64 - (received + self.overrun + self.refused) as i64;
        println!(
            "{title:44} {:>10.0} {:>9.0} {received:>9} {:>9} {:>9} {missing:>9}",
            SEGMENTS as f64 / self.recording.as_secs_f64(),
            (self.documents + self.overrun) as f64 / self.all.as_secs_f64(),
            self.overrun,
            self.refused,
        );
    }
}

/// Prints how fast documents go from an emitter to a daemon.
fn throughput() -> Result<(), Box<dyn std::error::Error>> {
    const DOCUMENTS: u64 = 1_000_000;
    let socket = Socket::bind((Ipv4Addr::LOCALHOST, 0).into())?;
    let receiver = socket.receive(Spent::default())?;
    let address = DaemonAddress::parse(&receiver.address().to_string())?;
    let mut emitter = UdpEmitter::new(&address);
    let document = format!("{{\"name\":\"{}\"}}", "x".repeat(980));
    let mut batch = Batch::default();
    for _ in 0..250 {
        batch.push(document.as_bytes());
    }
    let (start, cpu) = (Instant::now(), thread_time());
    let mut lost = 0;
    for _ in 0..DOCUMENTS / 250 {
        lost += batch.len() as u64 - emitter.emit(&batch).sent_count();
    }
    let (took, cpu) = (start.elapsed(), thread_time() - cpu);
    let counts = receiver.stop();
    println!(
        "{:.0}/s, {} received, {lost} lost; {} ns of the sender's processor for each",
        DOCUMENTS as f64 / took.as_secs_f64(),
        counts.received,
        cpu.as_nanos() as u64 / DOCUMENTS,
    );
    Ok(())
}

/// Tells how much of a processor the thread took on which documents came.
#[derive(Default)]
struct Spent {
    documents: u32,
    since: Option<Duration>,
}

impl Sink for Spent {
    fn accept(&mut self, _document: &[u8]) -> Handover {
        self.documents += 1;
        let since = *self.since.get_or_insert_with(thread_time);
        if self.documents.is_multiple_of(500_000) {
            let each = (thread_time() - since) / self.documents;
            println!(
                "{} ns of the daemon's processor for each of {}",
                each.as_nanos(),
                self.documents
            );
        }
        Handover::Taken
    }
}

/// What this thread took of a processor so far.
fn thread_time() -> Duration {
    ThreadTime::now().as_duration()
}

/// Prints how long recording takes.
fn latency(
    title: &str,
    daemon: SocketAddr,
    segments: usize,
    rate: Option<u32>,
) -> Result<(), Box<dyn std::error::Error>> {
    let recorder = recorder(daemon)?;
    let start = Instant::now();
    let mut times = Vec::with_capacity(segments);
    for number in 0..segments {
        let before = Instant::now();
        record(&recorder, number, "GET /orders/{id}");
        times.push(before.elapsed().as_nanos());
        keep(start, number, rate);
    }
    times.sort_unstable();
    recorder.flush(DEADLINE);
    let part = |part: f64| times[((segments - 1) as f64 * part) as usize];
    let health = recorder.health();
    println!(
        "{title:44} {:>8} {:>8} {:>8} {:>10}   {} sent, {} lost, {} left out",
        part(0.5),
        part(0.99),
        part(0.999),
        part(1.0),
        health.documents,
        health.lost_total() - health.refused,
        health.refused,
    );
    recorder.shutdown(Duration::ZERO);
    Ok(())
}

fn recorder(daemon: SocketAddr) -> Result<Recorder, xray_sdk::Error> {
    Recorder::builder("checkout")
        .daemon_address(&daemon.to_string())
        .sampler(Always)
        .queue_bytes(RUSH_BYTES)
        .build()
}

fn record(recorder: &Recorder, number: usize, text: &str) {
    recorder.segment("checkout").run_sync(|segment| {
        segment.annotate("number", number);
        segment.metadata("text", text);
    });
}

/// Waits, busily, until it is time for the next one.
fn keep(start: Instant, number: usize, rate: Option<u32>) {
    if let Some(rate) = rate {
        let due = Duration::from_secs(1) * number as u32 / rate;
        while start.elapsed() < due {
            std::hint::spin_loop();
        }
    }
}

/// Where nobody listens.
fn nobody() -> io::Result<SocketAddr> {
    UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()
}
