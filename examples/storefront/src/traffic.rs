//! The shop's visitors.

use std::fmt;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use reqwest::{Client, Response, StatusCode};
use tokio::time::sleep;
use xray_sdk::{TraceHeader, TraceId};

/// What they ask for: most things go well, one is slow, some fail.
const REQUESTS: [&str; 8] = [
    "/checkout?item=tea&user=ada",
    "/checkout?item=coffee&user=grace", // slow: it comes from the warehouse
    "/checkout?item=tea&user=alan",
    "/checkout?item=unicorn&user=ada",   // 404: there is none
    "/checkout?item=ticket&user=edsger", // 429: everybody wants one
    "/checkout?item=coffee&user=barbara",
    "/checkout?item=voucher&user=grace", // 500: the database refuses the order
    "/gift-card",                        // the handler panics, so there is no answer
];

/// Between two requests.
const PAUSE: Duration = Duration::from_millis(300);

/// A request, and what came of it.
pub(crate) struct Visit {
    path: &'static str,
    duration: Duration,
    /// None when the front gave no answer.
    status: Option<StatusCode>,
    trace: Option<TraceId>,
}

/// Sends requests to the front. The visitors themselves are not traced: a trace begins at the front.
pub(crate) struct Traffic {
    front: SocketAddr,
    http: Client,
}

impl Traffic {
    pub(crate) fn to(front: SocketAddr) -> reqwest::Result<Traffic> {
        let http = Client::builder().no_proxy().build()?;
        Ok(Traffic { front, http })
    }

    /// One request of each kind.
    pub(crate) async fn visit_all(&self) {
        for path in REQUESTS {
            self.visit(path).await;
        }
    }

    /// One request after the other without an end, and a line for each.
    pub(crate) async fn flow(&self, mut lines: impl Write) -> io::Result<()> {
        for path in REQUESTS.iter().cycle() {
            let visit = self.visit(path).await;
            writeln!(lines, "{visit}")?;
            sleep(PAUSE).await;
        }
        Ok(())
    }

    async fn visit(&self, path: &'static str) -> Visit {
        let start = Instant::now();
        let request = self.http.get(format!("http://{}{path}", self.front));
        let response = request.send().await.ok();
        Visit {
            path,
            duration: start.elapsed(),
            status: response.as_ref().map(Response::status),
            trace: response.as_ref().and_then(trace),
        }
    }
}

/// Every answer of a traced service names its trace.
fn trace(response: &Response) -> Option<TraceId> {
    let header = response.headers().get(TraceHeader::NAME)?;
    TraceHeader::parse(header.to_str().ok()?).root()
}

impl fmt::Display for Visit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.status {
            Some(status) => write!(f, "{}", status.as_u16())?,
            None => f.write_str("---")?,
        }
        let milliseconds = self.duration.as_millis();
        write!(f, "  {milliseconds:>4} ms  GET {}", self.path)?;
        match self.trace {
            Some(trace) => write!(f, "  {trace}"),
            None => Ok(()),
        }
    }
}
