use std::error::Error;
use std::sync::Arc;

use redis::aio::{ConnectionLike, MultiplexedConnection};
use redis::{
    Arg, Client, Cmd, ConnectionAddr, ErrorKind, Pipeline, RedisFuture, RedisResult, ServerError,
    Value,
};
use xray_sdk::{Subsegment, Text, current, subsegment};

use super::{code, command};
use crate::acquire;
use crate::database::Record;
use crate::failure::{LEFT_OUT, text_of};

/// The metadata of commands.
const NAMESPACE: &str = "redis";

/// What is told of what a server says against a command.
const REFUSED: &str = "the server refused the command";

/// The most commands of a pipeline that are written.
const MOST_COMMANDS: usize = 16;

/// Connects as [`Client::get_multiplexed_async_connection`] does, and gives a connection whose commands are recorded.
///
/// # Errors
///
/// What [`Client::get_multiplexed_async_connection`] returns, untouched.
pub async fn connect(client: &Client) -> RedisResult<TracedConnection<MultiplexedConnection>> {
    let connection = client.get_multiplexed_async_connection().await?;
    Ok(connection.traced(client))
}

/// Adds [`traced`](Self::traced) to redis's asynchronous connections: multiplexed ones, managed ones, those of a cluster, and
/// the guards of pools.
pub trait Traced: ConnectionLike + Sized {
    /// The connection with its commands recorded. `client` tells where it leads; its password is not read.
    fn traced(self, client: &Client) -> TracedConnection<Self> {
        TracedConnection {
            inner: self,
            label: label(client).into(),
            record: Record::default(),
        }
    }
}

impl<C: ConnectionLike> Traced for C {}

fn label(client: &Client) -> String {
    match client.get_connection_info().addr() {
        ConnectionAddr::Tcp(host, _) | ConnectionAddr::TcpTls { host, .. } => {
            format!("redis@{host}")
        }
        ConnectionAddr::Unix(path) => format!("redis@{}", path.display()),
        _ => "redis".to_owned(),
    }
}

/// Waits for a connection of a pool. Where that is recorded, the wait has a subsegment of the server that `client` leads to, with the name
/// `ACQUIRE`: so a pool that is exhausted is seen where it holds up a request.
///
/// # Errors
///
/// What `wait` returns, untouched.
#[track_caller]
pub fn acquire<T, E, F>(
    client: &Client,
    wait: F,
) -> impl Future<Output = Result<T, E>> + use<T, E, F>
where
    E: Error + 'static,
    F: Future<Output = Result<T, E>>,
{
    let name = "ACQUIRE";
    let command = Command::begin(
        || label(client),
        Record::default(),
        || (name.to_owned(), name.to_owned()),
    );
    async move {
        let outcome = wait.await;
        if let Some(command) = command {
            command.acquired(&outcome);
        }
        outcome
    }
}

/// A connection to Redis whose commands are recorded. All of redis's commands are called on it as on the connection inside.
///
/// The subsegment begins where a command is called. Where nothing is recorded a command costs a look at what is current.
#[derive(Clone)]
pub struct TracedConnection<C> {
    inner: C,
    label: Arc<str>,
    record: Record,
}

impl<C> TracedConnection<C> {
    /// How much is recorded of commands: with [`Record::Raw`] also what is not recorded without being asked for, messages of errors with
    /// their details; values never are.
    pub fn record(self, record: Record) -> Self {
        Self { record, ..self }
    }

    /// The connection without its recording.
    pub fn into_inner(self) -> C {
        self.inner
    }
}

impl<C: ConnectionLike + Send> ConnectionLike for TracedConnection<C> {
    #[track_caller]
    fn req_packed_command<'a>(&'a mut self, cmd: &'a Cmd) -> RedisFuture<'a, Value> {
        let command = Command::begin(|| self.label.clone(), self.record, || describe(cmd));
        recorded(self.inner.req_packed_command(cmd), command)
    }

    #[track_caller]
    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        let command = Command::begin(
            || self.label.clone(),
            self.record,
            || describe_all(pipeline),
        );
        let inner = self.inner.req_packed_commands(pipeline, offset, count);
        recorded(inner, command)
    }

    fn get_db(&self) -> i64 {
        self.inner.get_db()
    }
}

/// A command that is recorded.
struct Command {
    subsegment: Subsegment,
    record: Record,
    is_over: bool,
}

impl Command {
    #[track_caller]
    fn begin<L: AsRef<str>>(
        label: impl FnOnce() -> L,
        record: Record,
        describe: impl FnOnce() -> (String, String),
    ) -> Option<Self> {
        if !current().is_recording() {
            // Tells where there is no segment at all.
            drop(subsegment("redis").remote().begin());
            return None;
        }
        let mut subsegment = subsegment(Text::copied(label().as_ref())).remote().begin();
        if record != Record::Nothing {
            let (name, text) = describe();
            subsegment.annotate("statement", name);
            subsegment.metadata_in(NAMESPACE, "command", &text);
        }
        Some(Self {
            subsegment,
            record,
            is_over: false,
        })
    }

    fn end<T: Answer>(mut self, outcome: &RedisResult<T>) {
        self.is_over = true;
        match outcome {
            Ok(answer) => {
                let refusals = answer.refusals();
                if let Some(first) = refusals.first() {
                    let raw = first.details().unwrap_or(first.code());
                    self.fail(Some(first.code()), REFUSED, raw);
                }
                // redis makes errors of them when it converts the answer, with all that the server says.
                for refusal in refusals {
                    self.withhold(Some(refusal.code()), refusal.details());
                }
            }
            Err(error) => {
                let is_of_server =
                    matches!(error.kind(), ErrorKind::Server(_) | ErrorKind::Extension);
                let told = if is_of_server {
                    REFUSED
                } else {
                    error.category()
                };
                let raw = error.to_string();
                self.fail(error.code(), told, &raw);
                self.withhold(error.code(), error.detail().or(Some(&raw)));
            }
        }
    }

    /// The wait for a connection is over.
    fn acquired<T, E: Error + 'static>(mut self, outcome: &Result<T, E>) {
        self.is_over = true;
        let Err(error) = outcome else {
            return;
        };
        let failure = acquire::of_pool(error);
        let told = failure.told(&|_| false);
        self.subsegment.record_message(failure.kind, &told);
        if failure.is_throttled {
            self.subsegment.throttle();
        }
        let raw = text_of(error);
        if raw != told {
            self.subsegment.withhold(&raw, &told);
        }
    }

    /// Records an error. What the server says of it may hold values, as the messages and codes of scripts do.
    fn fail(&mut self, code: Option<&str>, told: &str, raw: &str) {
        let text = if self.record == Record::Raw {
            raw
        } else {
            told
        };
        self.subsegment.record_message("redis::RedisError", text);
        if let Some(code) = code.filter(|code| self.record == Record::Raw || code::is_known(code)) {
            self.subsegment.annotate("redis_code", code);
        }
    }

    /// Keeps what is not told out of whatever the program records of the same error.
    fn withhold(&mut self, code: Option<&str>, details: Option<&str>) {
        if self.record == Record::Raw {
            return;
        }
        let code = code.filter(|code| !code::is_known(code));
        for text in code.into_iter().chain(details) {
            self.subsegment.withhold(text, LEFT_OUT);
        }
    }
}

/// What the server answers, which may be that it refuses: redis makes that an error only when it converts the answer.
trait Answer {
    fn refusals(&self) -> Vec<&ServerError>;
}

impl Answer for Value {
    fn refusals(&self) -> Vec<&ServerError> {
        match self {
            Value::ServerError(error) => vec![error],
            _ => Vec::new(),
        }
    }
}

impl Answer for Vec<Value> {
    fn refusals(&self) -> Vec<&ServerError> {
        let answers = match self.as_slice() {
            // The answers of a transaction.
            [Value::Array(answers)] => answers,
            answers => answers,
        };
        answers.iter().flat_map(Answer::refusals).collect()
    }
}

impl Drop for Command {
    fn drop(&mut self) {
        if !self.is_over && !std::thread::panicking() {
            self.subsegment.metadata_in(NAMESPACE, "aborted", &true);
        }
    }
}

fn recorded<'a, T: Answer + Send + 'a>(
    inner: RedisFuture<'a, T>,
    command: Option<Command>,
) -> RedisFuture<'a, T> {
    let Some(command) = command else {
        return inner;
    };
    Box::pin(async move {
        let outcome = inner.await;
        command.end(&outcome);
        outcome
    })
}

/// The name of a command, and the command with its keys.
fn describe(command: &Cmd) -> (String, String) {
    let mut arguments = command.args_iter().filter_map(|argument| match argument {
        Arg::Simple(bytes) => Some(bytes),
        _ => None,
    });
    let name = command::name(arguments.next().unwrap_or_default());
    let text = command::text(&name, &arguments.collect::<Vec<_>>());
    (name, text)
}

fn describe_all(pipeline: &Pipeline) -> (String, String) {
    let mut commands = pipeline.cmd_iter();
    let told: Vec<_> = commands
        .by_ref()
        .take(MOST_COMMANDS)
        .map(|command| describe(command).1)
        .collect();
    let mut text = told.join("; ");
    let more = commands.count();
    if more > 0 {
        text.push_str(&format!("; … {more} more"));
    }
    ("PIPELINE".to_owned(), text)
}
