//! What each read of the X-Ray API costs with one page, by how many traces there are.
//!
//! ```console
//! $ cargo run --release --bin reads                      # --traces 10000,100000,1000000, --calls NUMBER, --folder DIR (kept)
//! ```

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use std::{env, fs, process};

use storage::{Load, cpu_seconds, resident_bytes, trace_id};
use xray_local::{Limits, Options, Server};

/// When the first trace of the load begins, in seconds since 1970, and how many begin in a second.
const BEGIN: u64 = 1_790_000_000;
const A_SECOND: u64 = 10_000;

/// How many documents are put into the store at once.
const A_CALL: usize = 500;

fn main() {
    let (mut traces, mut calls, mut folder) = (vec![10_000, 100_000, 1_000_000], 100, None);
    let mut arguments = env::args().skip(1);
    while let Some(name) = arguments.next() {
        let value = arguments.next().unwrap_or_else(usage);
        match name.as_str() {
            "--traces" => {
                let numbers = value
                    .split(',')
                    .map(|number| number.parse().unwrap_or_else(|_| usage()));
                traces = numbers.collect();
            }
            "--calls" => calls = value.parse().unwrap_or_else(|_| usage()),
            "--folder" => folder = Some(PathBuf::from(value)),
            _ => usage(),
        }
    }
    for traces in traces {
        let own = env::temp_dir().join(format!("xray-local-reads-{}-{traces}", process::id()));
        let path = folder
            .as_ref()
            .map_or(own, |folder| folder.join(traces.to_string()));
        if !path.exists() {
            fill(&path, traces);
        }
        reads(&path, traces, calls);
        if folder.is_none() {
            fs::remove_dir_all(path).expect("is there");
        }
    }
}

fn usage<T>() -> T {
    eprintln!("usage: reads [--traces NUMBER,NUMBER] [--calls NUMBER] [--folder DIR]");
    process::exit(2);
}

fn server(folder: &Path) -> Server {
    let limits = Limits {
        bytes: u64::MAX,
        ..Limits::on_disk()
    };
    let options = Options::default()
        .bind(SocketAddr::from(([127, 0, 0, 1], 0)))
        .data(folder)
        .limits(limits);
    Server::start(options).expect("starts")
}

fn fill(folder: &Path, traces: u64) {
    fs::create_dir_all(folder.parent().expect("a folder")).expect("is made");
    let server = server(folder);
    let began = Instant::now();
    let mut load = Load::new(traces);
    loop {
        let texts: Vec<_> = load.by_ref().take(A_CALL).map(|made| made.text).collect();
        if texts.is_empty() {
            break;
        }
        assert_eq!(server.store().insert(&format!("[{}]", texts.join(","))), []);
    }
    let stored = began.elapsed();
    // The first query waits until all is settled.
    let range = xray_local::TimeRange::began(0.0, 1.0);
    assert!(server.store().summaries(&range).is_empty());
    println!(
        "{traces} traces of three documents: stored in {:.1} s, in the index after {:.1} s",
        stored.as_secs_f64(),
        began.elapsed().as_secs_f64()
    );
    // The thread that settles keeps the last entries in its next round.
    std::thread::sleep(Duration::from_secs(3));
}

fn reads(folder: &Path, traces: u64, calls: usize) {
    let began = Instant::now();
    let server = server(folder);
    let listens = began.elapsed();
    let end = BEGIN + traces / A_SECOND + 1;
    let explained = server.store().explain(&xray_local::TimeRange::ALWAYS, None);
    println!(
        "{traces} traces: listens after {:.1} ms, index after {:.0} ms; index {:.0} bytes a trace, process {:.0} MB",
        listens.as_secs_f64() * 1e3,
        began.elapsed().as_secs_f64() * 1e3,
        explained.bytes as f64 / traces as f64,
        resident_bytes() / 1e6
    );
    let mut client = Client::to(server.address());
    let id = |number: u64| {
        let hex: String = trace_id(number)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        format!("\"1-{}-{}\"", &hex[..8], &hex[8..])
    };
    let ids: Vec<_> = (0..5).map(|number| id(number * traces / 5)).collect();
    let ids = format!(r#"{{"TraceIds":[{}]}}"#, ids.join(","));
    let all = format!(r#""StartTime":{BEGIN},"EndTime":{end}"#);
    let cut = format!(r#""StartTime":{BEGIN}.25,"EndTime":{end}.75"#);
    let mut row = |name: &str, path: &str, body: &str| client.measure(name, path, body, calls);
    row(
        "GetTraceSummaries",
        "/TraceSummaries",
        &format!("{{{all}}}"),
    );
    for filter in [
        "fault",
        "responsetime > 0.34",
        "responsetime > 9",
        r#"service("stock") { fault AND responsetime > 0.14 }"#,
        r#"service("stock") { fault AND responsetime > 5 }"#,
        r#"edge("front", "orders") { fault }"#,
        r#"annotation.customer = "c-77""#,
        r#"annotation.customer = "nobody""#,
        r#"annotation.customer = "c-9999""#,
        "annotation.basket > 299",
        "duration > 9",
        r#"http.url CONTAINS "/items/999""#,
        r#"http.url CONTAINS "nowhere""#,
        // Nowhere either, but all its parts are somewhere.
        r#"http.url CONTAINS "front/77777/items""#,
        r#"rootcause.responsetime.entity { name = "orders" AND coverage > 0.9 }"#,
        r#"rootcause.responsetime.entity { name = "orders" AND coverage > 2 }"#,
        r#"rootcause.fault.service { last AND name = "stock@db" }"#,
    ] {
        let text = filter.replace('"', "\\\"");
        row(
            &format!("  {filter}"),
            "/TraceSummaries",
            &format!(r#"{{{all},"FilterExpression":"{text}"}}"#),
        );
    }
    row("BatchGetTraces (5)", "/Traces", &ids);
    row("GetTraceGraph (5)", "/TraceGraph", &ids);
    row("GetServiceGraph", "/ServiceGraph", &format!("{{{all}}}"));
    row(
        "GetServiceGraph, cut",
        "/ServiceGraph",
        &format!("{{{cut}}}"),
    );
    let minute = format!(r#""StartTime":{BEGIN},"EndTime":{}"#, BEGIN + 1);
    row(
        "GetTimeSeriesServiceStatistics, 1 s",
        "/TimeSeriesServiceStatistics",
        &format!("{{{minute}}}"),
    );
    row("GetGroups", "/Groups", "{}");
    row("GetSamplingRules", "/GetSamplingRules", "{}");
    println!("  process {:.0} MB after all this", resident_bytes() / 1e6);
}

/// One connection that is kept.
struct Client {
    address: SocketAddr,
    stream: BufReader<TcpStream>,
}

impl Client {
    fn to(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).expect("listens");
        stream.set_nodelay(true).expect("is set");
        Self {
            address,
            stream: BufReader::new(stream),
        }
    }

    /// Calls an operation some times, at most for ten seconds, and tells how long the middle one and the slowest of a hundred took, and how much
    /// processor time one took on average, the client's part with it.
    fn measure(&mut self, name: &str, path: &str, body: &str, calls: usize) {
        let (began, before) = (Instant::now(), cpu_seconds());
        let mut times = Vec::new();
        let mut bytes = 0;
        for _ in 0..calls {
            let at = Instant::now();
            bytes = self.call(path, body);
            times.push(at.elapsed());
            if began.elapsed() > Duration::from_secs(10) {
                break;
            }
        }
        let cpu = (cpu_seconds() - before) / times.len() as f64;
        times.sort();
        let at = |share: usize| {
            times[(times.len() * share / 100).min(times.len() - 1)].as_secs_f64() * 1e3
        };
        println!(
            "  {name:72} p50 {:9.2} ms   p99 {:9.2} ms   cpu {:8.2} ms   {bytes:8} bytes, {} calls",
            at(50),
            at(99),
            cpu * 1e3,
            times.len()
        );
    }

    /// The length of the answer.
    fn call(&mut self, path: &str, body: &str) -> usize {
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: {}\r\ncontent-length: {}\r\n\r\n",
            self.address,
            body.len()
        );
        let text = head + body;
        self.stream
            .get_mut()
            .write_all(text.as_bytes())
            .expect("is sent");
        let mut status = String::new();
        self.stream.read_line(&mut status).expect("answers");
        let mut length = 0;
        loop {
            let mut line = String::new();
            self.stream.read_line(&mut line).expect("answers");
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().expect("a number");
            }
            if line.trim().is_empty() {
                break;
            }
        }
        let mut answer = vec![0; length];
        self.stream.read_exact(&mut answer).expect("answers");
        assert!(
            status.starts_with("HTTP/1.1 200"),
            "{status} {}",
            String::from_utf8_lossy(&answer)
        );
        length
    }
}
