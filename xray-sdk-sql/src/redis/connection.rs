use std::fmt::Display;
use std::sync::Arc;

use redis::aio::{ConnectionLike, MultiplexedConnection};
use redis::{
    Arg, Client, Cmd, ConnectionAddr, Pipeline, RedisFuture, RedisResult, ServerError, Value,
};
use xray_sdk::{Subsegment, Text, current, subsegment};

use super::command;
use crate::database::Record;

/// The metadata of commands.
const NAMESPACE: &str = "redis";

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

    #[track_caller]
    fn begin(&self, describe: impl FnOnce() -> (String, String)) -> Option<Command> {
        if !current().is_recording() {
            // Tells where there is no segment at all.
            drop(subsegment("redis").remote().begin());
            return None;
        }
        let mut subsegment = subsegment(Text::copied(&self.label)).remote().begin();
        if self.record != Record::Nothing {
            let (name, text) = describe();
            subsegment.annotate("statement", name);
            subsegment.metadata_in(NAMESPACE, "command", &text);
        }
        Some(Command {
            subsegment,
            record: self.record,
            is_over: false,
        })
    }
}

impl<C: ConnectionLike + Send> ConnectionLike for TracedConnection<C> {
    #[track_caller]
    fn req_packed_command<'a>(&'a mut self, cmd: &'a Cmd) -> RedisFuture<'a, Value> {
        let command = self.begin(|| describe(cmd));
        recorded(self.inner.req_packed_command(cmd), command)
    }

    #[track_caller]
    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        let command = self.begin(|| describe_all(pipeline));
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
    fn end<T: Answer>(mut self, outcome: &RedisResult<T>) {
        self.is_over = true;
        match outcome {
            Ok(answer) => {
                if let Some(refusal) = answer.refusal() {
                    let details = refusal.details().unwrap_or_default();
                    self.fail(
                        "redis::ServerError",
                        "the server refused the command",
                        &details,
                    );
                    self.subsegment.annotate("redis_code", refusal.code());
                }
            }
            Err(error) => {
                self.fail("redis::RedisError", error.category(), error);
                if let Some(code) = error.code() {
                    self.subsegment.annotate("redis_code", code);
                }
            }
        }
    }

    /// Records an error. What the server says of it may hold values, as the messages of scripts do.
    fn fail(&mut self, kind: &str, message: &str, raw: &dyn Display) {
        match self.record {
            Record::Raw => self.subsegment.record_message(kind, &raw.to_string()),
            _ => self.subsegment.record_message(kind, message),
        };
    }
}

/// What the server answers, which may be that it refuses: redis makes that an error only when it converts the answer.
trait Answer {
    fn refusal(&self) -> Option<&ServerError>;
}

impl Answer for Value {
    fn refusal(&self) -> Option<&ServerError> {
        match self {
            Value::ServerError(error) => Some(error),
            _ => None,
        }
    }
}

impl Answer for Vec<Value> {
    fn refusal(&self) -> Option<&ServerError> {
        let answers = match self.as_slice() {
            // The answers of a transaction.
            [Value::Array(answers)] => answers,
            answers => answers,
        };
        answers.iter().find_map(Answer::refusal)
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
