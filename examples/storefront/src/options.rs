//! The command line.

use clap::Parser;
use xray_sdk::emitter::DaemonAddress;

/// A small shop: three services on loopback, a database and a queue, traced with xray-sdk.
///
/// Traffic flows until Ctrl-C. One trace and the service map are printed, then a line for each trace; xray-local answers the X-Ray
/// API for them meanwhile.
#[derive(Debug, Parser)]
#[command(version)]
pub(crate) struct Options {
    /// Make a fixed set of requests, print what was seen, and exit.
    #[arg(long)]
    pub(crate) once: bool,

    /// Print one JSON object at the end, and nothing else.
    #[arg(long)]
    pub(crate) json: bool,

    /// Send to the X-Ray daemon at this address; xray-local is not started.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) daemon: Option<DaemonAddress>,

    /// Keep items and orders on this server, in temporary tables: postgres://USER:PASSWORD@HOST/DATABASE or mysql://… (MariaDB too).
    /// Without it the shop has a SQLite in memory.
    #[arg(long, value_name = "URL")]
    pub(crate) database: Option<String>,

    /// Send orders to the worker by this broker, over a queue that ends with the shop: amqp://USER:PASSWORD@HOST/VHOST (RabbitMQ) or
    /// nats://HOST. Without it the queue is inside the process.
    #[arg(long, value_name = "URL")]
    pub(crate) queue: Option<String>,
}
