//! A function in a process of its own, with an environment of its own, a Runtime API and a daemon.

use std::net::UdpSocket;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use crate::runtime_api::{Event, Invoke, RuntimeApi, VARIABLES};
use crate::schema;

pub(crate) const DEADLINE: Duration = Duration::from_secs(60);

/// A function that runs.
pub(crate) struct Function {
    api: RuntimeApi,
    daemon: UdpSocket,
    process: Child,
    invoked: u32,
}

/// The trace header of invocation `number`, as Lambda writes it.
pub(crate) fn header(number: u32) -> String {
    format!("Root=1-5759e988-{number:024x};Parent={number:016x};Sampled=1;Lineage=a87bd80c:1")
}

impl Function {
    /// Runs the ignored test `name` of this program as a function.
    pub(crate) fn start(name: &str, variables: &[(&str, &str)]) -> Self {
        let api = RuntimeApi::start();
        let daemon = UdpSocket::bind("127.0.0.1:0").expect("a free port");
        daemon.set_read_timeout(Some(DEADLINE)).expect("a timeout");
        let address = daemon.local_addr().expect("bound");
        let process = Command::new(std::env::current_exe().expect("this test"))
            .args(["--exact", name, "--ignored", "--nocapture"])
            .env_clear()
            .envs(VARIABLES)
            .env("AWS_LAMBDA_RUNTIME_API", api.address())
            .env(
                "AWS_XRAY_DAEMON_ADDRESS",
                format!("tcp:127.0.0.1:1 udp:{address}"),
            )
            .env("TMPDIR", env!("CARGO_TARGET_TMPDIR"))
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("a process");
        Self {
            api,
            daemon,
            process,
            invoked: 0,
        }
    }

    /// Invokes the function with a trace of its own; the number of that.
    pub(crate) fn invoke(&mut self, body: &Value) -> u32 {
        let number = self.invoked + 1;
        self.invoke_with(Some(header(number)), Duration::from_secs(900), body)
    }

    pub(crate) fn invoke_with(
        &mut self,
        header: Option<String>,
        time: Duration,
        body: &Value,
    ) -> u32 {
        self.invoked += 1;
        self.api.invoke(Invoke {
            request_id: self.invoked.to_string(),
            header,
            time,
            body: body.to_string(),
        });
        self.invoked
    }

    /// What the function did next.
    pub(crate) fn event(&self) -> Event {
        self.api.event(DEADLINE).expect("the function goes on").1
    }

    /// What the function answered; waits until it is ready for the next invocation, and could be frozen.
    pub(crate) fn answer(&self) -> Result<Value, Value> {
        let mut answer = None;
        loop {
            let read = |body: &str| serde_json::from_str(body).unwrap_or_else(|_| json!(body));
            match self.event() {
                Event::Responded { body, .. } => answer = Some(Ok(read(&body))),
                Event::Failed { body, .. } => answer = Some(Err(read(&body))),
                Event::Ready => {
                    if let Some(answer) = answer {
                        return answer;
                    }
                }
                event @ (Event::Restored | Event::Broken(_)) => panic!("{event:?}"),
            }
        }
    }

    /// The next document that the daemon gets, checked by the schema.
    pub(crate) fn document(&self) -> Value {
        let mut buffer = vec![0; 65_536];
        let length = self.daemon.recv(&mut buffer).expect("a datagram");
        read(&buffer[..length])
    }

    /// The documents that are there already: what a function has sent is on loopback before it says that it is ready.
    pub(crate) fn sent(&self) -> Vec<Value> {
        self.daemon.set_nonblocking(true).expect("a socket");
        let mut buffer = vec![0; 65_536];
        let mut documents = Vec::new();
        while let Ok(length) = self.daemon.recv(&mut buffer) {
            documents.push(read(&buffer[..length]));
        }
        self.daemon.set_nonblocking(false).expect("a socket");
        documents
    }
}

fn read(datagram: &[u8]) -> Value {
    let end = datagram.iter().position(|byte| *byte == b'\n');
    let (head, document) = datagram.split_at(end.expect("a header line"));
    let head: Value = serde_json::from_slice(head).expect("JSON");
    assert_eq!(head, json!({"format": "json", "version": 1}));
    assert_eq!(schema::problems(document), [""; 0]);
    serde_json::from_slice(document).expect("JSON")
}

impl Drop for Function {
    fn drop(&mut self) {
        // As Lambda ends a function: without a word.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Runs `work` as `main` of a function.
pub(crate) fn main<F: Future<Output = Result<(), lambda_runtime::Error>>>(work: F) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    if let Err(error) = runtime.block_on(work) {
        panic!("{error}");
    }
}
