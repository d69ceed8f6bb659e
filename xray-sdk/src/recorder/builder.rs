use std::sync::Arc;
use std::thread;

use crate::assemble::Assembler;
use crate::clock::Clock;
use crate::emitter::{DaemonAddress, Emitter, Tally, UdpEmitter};
use crate::error::Error;
use crate::origin::{Origins, Whereabouts};
use crate::record::outlet::Outlet;
use crate::recorder::description::Description;
use crate::recorder::environment::Environment;
use crate::recorder::worker::Worker;
use crate::recorder::{Inner, Recorder};
use crate::sampling::{LocalSampler, Sampler};

/// Settings of a [`Recorder`]. Made by [`Recorder::builder`].
#[must_use = "a builder does nothing until build() is called"]
pub struct RecorderBuilder {
    name: String,
    emitter: Option<Box<dyn Emitter>>,
    daemon_address: Option<String>,
    sampler: Box<dyn Sampler>,
    service_version: Option<String>,
    origin: Option<String>,
    origins: Origins,
    queue_bytes: usize,
    clock: Option<Clock>,
}

/// Memory for what is recorded and not yet sent, unless set otherwise: some 16,000 requests of a handful of subsegments.
const QUEUE_BYTES: usize = 32 * 1024 * 1024;

impl RecorderBuilder {
    pub(crate) fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            emitter: None,
            daemon_address: None,
            sampler: Box::new(LocalSampler::default()),
            service_version: None,
            origin: None,
            origins: Origins::detect(),
            queue_bytes: QUEUE_BYTES,
            clock: None,
        }
    }

    /// Where documents go, instead of a daemon over UDP.
    pub fn emitter(self, emitter: impl Emitter + 'static) -> Self {
        Self {
            emitter: Some(Box::new(emitter)),
            ..self
        }
    }

    /// The daemon's address, in any form that `AWS_XRAY_DAEMON_ADDRESS` may have: see [`DaemonAddress`].
    /// That environment variable wins over it.
    pub fn daemon_address(self, address: &str) -> Self {
        Self {
            daemon_address: Some(address.to_owned()),
            ..self
        }
    }

    /// Decides which requests are recorded, where the caller did not: one a second and 5 % of the rest by default.
    pub fn sampler(self, sampler: impl Sampler + 'static) -> Self {
        Self {
            sampler: Box::new(sampler),
            ..self
        }
    }

    /// The version of the service, for its segments' `service` block.
    pub fn service_version(self, version: impl Into<String>) -> Self {
        Self {
            service_version: Some(version.into()),
            ..self
        }
    }

    /// The kind of AWS resource that the service runs on, as `AWS::ECS::Container` (developer guide, "Segment documents").
    /// Wins over what is found out, see [`Origins`].
    pub fn origin(self, origin: impl Into<String>) -> Self {
        Self {
            origin: Some(origin.into()),
            ..self
        }
    }

    /// What is found out about where the program runs: [`Origins::detect`] by default.
    pub fn origins(self, origins: Origins) -> Self {
        Self { origins, ..self }
    }

    /// How much memory may be taken by what is recorded and not yet sent, in bytes; 32 MiB by default.
    /// When it is full, new segments are left out and counted.
    pub fn queue_bytes(self, bytes: usize) -> Self {
        Self {
            queue_bytes: bytes,
            ..self
        }
    }

    pub(crate) fn clock(self, clock: Clock) -> Self {
        Self {
            clock: Some(clock),
            ..self
        }
    }

    /// Reads the environment, and starts the thread that sends.
    ///
    /// # Errors
    ///
    /// When an environment variable or the daemon's address has a value that cannot be used, or the thread cannot be started.
    pub fn build(self) -> Result<Recorder, Error> {
        let environment = Environment::read()?;
        if let Some(strategy) = environment.context_missing {
            strategy.install();
        }
        let emitter = match self.emitter {
            Some(emitter) => emitter,
            None => Box::new(UdpEmitter::new(&daemon_address(
                &environment,
                self.daemon_address.as_deref(),
            )?)),
        };
        let outlet = Outlet::new(self.clock.unwrap_or_else(Clock::system), self.queue_bytes);
        let tally = Arc::new(Tally::default());
        let origins = match environment.detection {
            Some(detection) => self.origins.with_detection(detection),
            None => self.origins,
        };
        let description = Arc::new(Description::new(
            self.service_version,
            self.origin,
            Whereabouts::find(&origins, Environment::surroundings),
        ));
        let common = description.at_start(&outlet.notices);
        let assembler = Assembler::new(outlet.clone(), common, emitter.document_limit());
        let worker = Worker::new(
            outlet.clone(),
            assembler,
            emitter,
            tally.clone(),
            description.clone(),
        );
        let thread = thread::Builder::new()
            .name("xray-sdk".to_owned())
            .spawn(move || worker.run())
            .map_err(|error| Error::system("starting the thread that sends segments", error))?;
        outlet.set_background(thread.thread().clone());
        Ok(Recorder {
            inner: Arc::new(Inner {
                name: environment.tracing_name.unwrap_or(self.name),
                outlet,
                sampler: self.sampler,
                description,
                tally,
            }),
        })
    }
}

/// The environment wins over code, as in the official SDKs.
fn daemon_address(environment: &Environment, code: Option<&str>) -> Result<DaemonAddress, Error> {
    match (&environment.daemon_address, code) {
        (Some(address), _) => DaemonAddress::parse(address).map_err(|_| {
            Error::environment(
                super::environment::DAEMON_ADDRESS,
                address,
                DaemonAddress::FORMS,
            )
        }),
        (None, Some(address)) => DaemonAddress::parse(address),
        (None, None) => Ok(DaemonAddress::default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environments_address_wins_over_codes() {
        let environment = |address: Option<&str>| Environment {
            daemon_address: address.map(str::to_owned),
            ..Environment::default()
        };
        let chosen = |from_environment, code| {
            daemon_address(&environment(from_environment), code)
                .map(|address| address.udp().to_string())
        };
        assert_eq!(chosen(None, None).ok().as_deref(), Some("127.0.0.1:2000"));
        assert_eq!(
            chosen(None, Some("daemon:3000")).ok().as_deref(),
            Some("daemon:3000")
        );
        assert_eq!(
            chosen(Some("other:4000"), Some("daemon:3000"))
                .ok()
                .as_deref(),
            Some("other:4000")
        );
        let error = chosen(Some("nonsense"), Some("daemon:3000")).expect_err("no address");
        assert!(
            error
                .to_string()
                .starts_with("AWS_XRAY_DAEMON_ADDRESS=\"nonsense\""),
            "{error}"
        );
    }
}
