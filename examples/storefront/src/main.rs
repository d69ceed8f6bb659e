//! A small shop, traced with nothing but xray-sdk: `cargo run --release --bin storefront`.
//!
//! `front.rs` is the place to start reading: an ordinary axum service. `shop.rs` puts the services together.

#![forbid(unsafe_code)]

mod address;
mod database;
mod front;
mod options;
mod orders;
mod queue;
mod report;
mod shop;
mod stock;
mod traffic;

use std::error::Error;
use std::io::{Write, stderr, stdout};
use std::net::Ipv4Addr;
use std::process::ExitCode;

use clap::Parser as _;
use tokio::signal::ctrl_c;
use xray_local::Server;

use crate::options::Options;
use crate::report::{Report, labelled, picture};
use crate::shop::{Shop, Supplies};
use crate::traffic::Traffic;

#[tokio::main]
async fn main() -> ExitCode {
    match run(Options::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("storefront: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: Options) -> Result<(), Box<dyn Error>> {
    let supplies = Supplies::get(options.database.as_deref(), options.queue.as_deref()).await?;
    let (local, daemon) = match options.daemon {
        Some(daemon) => (None, daemon),
        None => {
            let local = start_xray_local(options.once)?;
            let daemon = local.address().to_string().parse()?;
            (Some(local), daemon)
        }
    };
    let shop = Shop::open(&daemon, supplies).await?;
    let traffic = Traffic::to(shop.address)?;
    traffic.visit_all().await;
    if !options.once {
        if let Some(local) = &local {
            let open = labelled("open", &local.url());
            write!(talk(options.json), "{}{open}", picture(local.store()))?;
        }
        tokio::select! {
            flow = traffic.flow(talk(options.json)) => flow?,
            stop = ctrl_c() => stop?,
        }
    }
    let recorded = shop.close().await;
    for notice in recorded
        .iter()
        .flat_map(|recorded| &recorded.health.notices)
    {
        eprintln!("storefront: {notice}");
    }
    let report = match &local {
        Some(local) => Report::received(&recorded, local.store()),
        None => Report::sent(&recorded),
    };
    if options.json {
        writeln!(stdout(), "{}", serde_json::to_string(&report)?)?;
    } else {
        let picture = local.map(|local| picture(local.store()));
        write!(stdout(), "{}{report}", picture.unwrap_or_default())?;
    }
    Ok(())
}

/// Where what happens meanwhile is told. With `--json` the standard output is for the one object.
fn talk(is_json: bool) -> Box<dyn Write> {
    match is_json {
        true => Box::new(stderr()),
        false => Box::new(stdout()),
    }
}

/// Starts xray-local: where SDKs look for a daemon, or on a free port when that is taken, and when nobody will look at it for long.
fn start_xray_local(once: bool) -> Result<Server, xray_local::Error> {
    let anywhere = xray_local::Options::default().bind((Ipv4Addr::LOCALHOST, 0).into());
    if once {
        return Server::start(anywhere);
    }
    match Server::start(xray_local::Options::default()) {
        Err(error) if error.is_address_in_use() => Server::start(anywhere),
        started => started,
    }
}
