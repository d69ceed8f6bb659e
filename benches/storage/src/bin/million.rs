//! A million traces of three documents each go through xray-local's store on disk; then it is started again with them.
//!
//! ```console
//! $ cargo run --release --bin million                    # --traces NUMBER, --folder DIR (kept), --clients NUMBER
//! ```

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};
use std::{env, fs, process, thread};

use storage::{Load, cpu_seconds, disk_bytes, peak_bytes, resident_bytes, thread_cpu_seconds};
use xray_local::{Limits, Options, Server, TimeRange};

/// How many documents a client sends in one call: what a daemon does.
const A_CALL: usize = 50;

struct Arguments {
    traces: u64,
    clients: usize,
    folder: Option<PathBuf>,
}

fn main() {
    let mut arguments = env::args().skip(1);
    let mut given = Arguments {
        traces: 1_000_000,
        clients: 2,
        folder: None,
    };
    while let Some(name) = arguments.next() {
        let value = arguments.next().unwrap_or_else(usage);
        match name.as_str() {
            "--traces" => given.traces = value.parse().unwrap_or_else(|_| usage()),
            "--clients" => given.clients = value.parse().unwrap_or_else(|_| usage()),
            "--folder" => given.folder = Some(value.into()),
            "serve" => return serve(Path::new(&value)),
            _ => usage(),
        }
    }
    let own = env::temp_dir().join(format!("xray-local-million-{}", process::id()));
    let folder = given.folder.clone().unwrap_or(own);
    fill(&folder, &given);
    for kind in ["after a close", "after a kill", "after a kill"] {
        start(&folder, kind);
    }
    if given.folder.is_none() {
        fs::remove_dir_all(folder).expect("is there");
    }
}

fn usage<T>() -> T {
    eprintln!("usage: million [--traces NUMBER] [--clients NUMBER] [--folder DIR]");
    process::exit(2);
}

fn server(folder: &Path) -> Server {
    let limits = Limits {
        bytes: u64::MAX,
        ..Limits::on_disk()
    };
    let loopback = SocketAddr::from(([127, 0, 0, 1], 0));
    let options = Options::default()
        .bind(loopback)
        .data(folder)
        .limits(limits);
    Server::start(options.notices(|text| eprintln!("{text}"))).expect("starts")
}

/// What a client has done.
#[derive(Default)]
struct Work {
    documents: usize,
    bytes: usize,
    /// The processor time that making the documents took, in seconds.
    making: f64,
    slowest: Duration,
}

/// Puts all documents into the store, from several threads, as calls of PutTraceSegments do, and waits until all are found. Time and
/// processor time are those of all of it; clients make their documents meanwhile.
fn fill(folder: &Path, given: &Arguments) {
    let server = server(folder);
    let store = server.store();
    let load = Mutex::new(Load::new(given.traces));
    let (began, before) = (Instant::now(), cpu_seconds());
    let work = || {
        let mut done = Work::default();
        loop {
            let making = thread_cpu_seconds();
            let mut load = load.lock().expect("no panic");
            let texts: Vec<_> = load.by_ref().take(A_CALL).map(|made| made.text).collect();
            drop(load);
            if texts.is_empty() {
                return done;
            }
            done.documents += texts.len();
            done.bytes += texts.iter().map(String::len).sum::<usize>();
            let call = format!("[{}]", texts.join(","));
            done.making += thread_cpu_seconds() - making;
            let began = Instant::now();
            assert_eq!(store.insert(&call), []);
            done.slowest = done.slowest.max(began.elapsed());
        }
    };
    let mut done = Work::default();
    thread::scope(|scope| {
        let clients: Vec<_> = (0..given.clients).map(|_| scope.spawn(work)).collect();
        for client in clients {
            let one = client.join().expect("no panic");
            done.documents += one.documents;
            done.bytes += one.bytes;
            done.making += one.making;
            done.slowest = done.slowest.max(one.slowest);
        }
    });
    let put = began.elapsed();
    // A question has all that is open settled first.
    store.summaries(&TimeRange::began(0.0, 1.0));
    let settled = began.elapsed();
    let cpu = until_idle() - before;
    let documents = done.documents;
    let each = |total: f64| total / documents as f64;
    let rate = |took: Duration| documents as f64 / took.as_secs_f64();
    println!(
        "{} traces, {documents} documents of {:.0} bytes",
        given.traces,
        each(done.bytes as f64)
    );
    println!(
        "  put        {:>9.0} documents/s by {} clients, {:.0} until all are found   slowest call {:.1} ms",
        rate(put),
        given.clients,
        rate(settled),
        done.slowest.as_secs_f64() * 1e3,
    );
    println!(
        "  cpu        {:>9.2} us a document, and {:.2} to make it",
        each((cpu - done.making) * 1e6),
        each(done.making * 1e6)
    );
    println!(
        "  memory     {:>9.0} MB, {:.0} MB at most",
        resident_bytes() / 1e6,
        peak_bytes() / 1e6
    );
    let counts = store.counts();
    assert_eq!(
        (counts.stored, counts.traces),
        (documents as u64, given.traces as usize)
    );
    println!(
        "  in use     {:>9.0} bytes a document",
        each(counts.bytes as f64)
    );
    drop(server);
    println!(
        "  disk       {:>9.0} bytes a document, after the close",
        each(disk_bytes(folder) as f64)
    );
}

/// Waits until this process has nothing more to do. Returns its processor time then.
fn until_idle() -> f64 {
    loop {
        let before = cpu_seconds();
        thread::sleep(Duration::from_secs(2));
        let after = cpu_seconds();
        if after - before < 0.05 {
            return after;
        }
    }
}

/// Starts a server on the folder in a process of its own, which ends without closing anything, and has a segment accepted.
fn start(folder: &Path, kind: &str) {
    let program = env::current_exe().expect("this program");
    let began = Instant::now();
    let mut child = Command::new(program)
        .arg("serve")
        .arg(folder)
        .stdout(Stdio::piped())
        .spawn()
        .expect("starts");
    let mut said = BufReader::new(child.stdout.take().expect("is piped"));
    let mut address = String::new();
    said.read_line(&mut address).expect("is text");
    let listens = began.elapsed();
    put(address.trim().parse().expect("an address"));
    let accepted = began.elapsed();
    // SIGKILL: what was written last stands in the log only.
    child.kill().expect("runs");
    child.wait().expect("ends");
    println!(
        "  start      {:>9.1} ms until it listens, {:.1} ms until the first segment is stored, {kind}",
        listens.as_secs_f64() * 1e3,
        accepted.as_secs_f64() * 1e3
    );
}

fn serve(folder: &Path) {
    let server = server(folder);
    println!("{}", server.address());
    loop {
        thread::park();
    }
}

/// One call of PutTraceSegments with a trace of its own.
fn put(address: SocketAddr) {
    let document = r#"{\"name\":\"a\",\"id\":\"0000000000000001\",\"trace_id\":\"1-6ab13b80-000000000000000000000001\",\"start_time\":1,\"end_time\":2}"#;
    let body = format!(r#"{{"TraceSegmentDocuments":["{document}"]}}"#);
    let mut stream = TcpStream::connect(address).expect("listens");
    write!(
        stream,
        "POST /TraceSegments HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .expect("is sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("is text");
    assert!(
        answer.ends_with(r#"{"UnprocessedTraceSegments":[]}"#),
        "{answer}"
    );
}
