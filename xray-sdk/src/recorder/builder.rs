use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use crate::assemble::Assembler;
use crate::clock::Clock;
use crate::context::missing;
use crate::emitter::{DaemonAddress, Emitter, Tally, UdpEmitter};
use crate::error::Error;
use crate::id;
use crate::origin::{Origins, Whereabouts};
use crate::record::outlet::Outlet;
use crate::recorder::bulletin::Bulletin;
use crate::recorder::description::Description;
use crate::recorder::environment::{Environment, UnsampledIds};
use crate::recorder::pulse::Pulse;
use crate::recorder::worker::Worker;
use crate::recorder::{Inner, Recorder};
#[cfg(feature = "central-sampling")]
use crate::sampling::CentralSampler;
use crate::sampling::{Guarded, LocalRules, Never, Sampler, fixed, is_ours};

/// Settings of a [`Recorder`]. Made by [`Recorder::builder`].
#[must_use = "a builder does nothing until build() is called"]
pub struct RecorderBuilder {
    name: String,
    emitter: Option<Box<dyn Emitter>>,
    daemon_address: Option<String>,
    sampler: Option<Arc<dyn Sampler>>,
    /// The sampler is the program's own, whose panics are not to get through.
    is_foreign: bool,
    /// What the sampler says to any request, where it is always the same.
    fixed: Option<bool>,
    sampling_rules: LocalRules,
    service_version: Option<String>,
    origin: Option<String>,
    resource_arn: Option<String>,
    origins: Origins,
    queue_bytes: Option<usize>,
    in_progress_after: Option<Duration>,
    reports_health: bool,
    clock: Option<Clock>,
    is_function: bool,
}

/// Memory for what is recorded and not yet sent, unless set otherwise: some 16,000 requests of a handful of subsegments.
const QUEUE_BYTES: usize = 32 * 1024 * 1024;
/// The same in a Lambda function, which serves few requests at a time, and may have 128 MB and a cold start for each.
const FUNCTION_QUEUE_BYTES: usize = 4 * 1024 * 1024;
/// What runs longer is no request that someone waits for: API Gateway gives up after 29 s (Amazon API Gateway, "Quotas").
const IN_PROGRESS_AFTER: Duration = Duration::from_secs(30);
/// A shorter time would show requests that end at once.
const SHORTEST_AGE: Duration = Duration::from_secs(1);

impl RecorderBuilder {
    pub(crate) fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            emitter: None,
            daemon_address: None,
            sampler: None,
            is_foreign: false,
            fixed: None,
            sampling_rules: LocalRules::default(),
            service_version: None,
            origin: None,
            resource_arn: None,
            origins: Origins::detect(),
            queue_bytes: None,
            in_progress_after: Some(IN_PROGRESS_AFTER),
            reports_health: false,
            clock: None,
            is_function: false,
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

    /// Decides which requests are recorded, where the caller did not. By default X-Ray's sampling rules do, which come by the daemon, and
    /// [local rules](Self::sampling_rules) until they have come; without the feature `central-sampling`, the local rules alone.
    pub fn sampler(self, sampler: impl Sampler + 'static) -> Self {
        Self {
            is_foreign: !is_ours(&sampler),
            fixed: fixed(&sampler),
            sampler: Some(Arc::new(sampler)),
            ..self
        }
    }

    /// Decides while there are none of X-Ray's rules: one request a second and 5 % of the rest by default. Has no effect beside
    /// a [`sampler`](Self::sampler), which [`LocalRules`] may be as well.
    ///
    /// ```no_run
    /// use xray_sdk::{Recorder, sampling::LocalRules};
    ///
    /// # fn main() -> Result<(), xray_sdk::Error> {
    /// let recorder = Recorder::builder("checkout")
    ///     .sampling_rules(LocalRules::read("sampling-rules.json")?)
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn sampling_rules(self, rules: LocalRules) -> Self {
        Self {
            sampling_rules: rules,
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

    /// The ARN of the AWS resource that the service runs on: sampling rules may name it. Wins over what is found out, which is the ARN of
    /// the container or task on ECS, and of the instance on EC2.
    pub fn resource_arn(self, arn: impl Into<String>) -> Self {
        Self {
            resource_arn: Some(arn.into()),
            ..self
        }
    }

    /// What is found out about where the program runs: [`Origins::detect`] by default.
    pub fn origins(self, origins: Origins) -> Self {
        Self { origins, ..self }
    }

    /// Tells the daemon how the recorder does, its [`Health`](crate::Health): every five seconds at most, when something has changed, and when it
    /// ends. Off by default; `AWS_XRAY_REPORT_HEALTH=true` turns it on. For `xray-local`, whose doctor reads it: AWS's daemon would
    /// hand it on to X-Ray, which refuses it as no segment.
    pub fn report_health(self, reports_health: bool) -> Self {
        Self {
            reports_health,
            ..self
        }
    }

    /// How much memory may be taken by what is recorded and not yet sent, in bytes; 32 MiB by default, in a [Lambda function](Self::segments_by_lambda) 4 MiB.
    /// It is taken only when segments come faster than they can be written and sent, in a rush, or while a daemon on this machine reads nothing. A hundred
    /// thousand segments of 1 kB, recorded as fast as one core can, want 128 MiB. What holds up to 2 kB counts for 1 kB, and takes two to four times that; an open segment, until it holds over
    /// 32 kB. When it is full, new ones are left out and counted; open ones over half of it are sent in progress, and keep what is little for the [complete](crate::Health::incomplete) documents.
    pub fn queue_bytes(self, bytes: usize) -> Self {
        Self {
            queue_bytes: Some(bytes),
            ..self
        }
    }

    /// How old a segment may get before it is shown as in progress, with what is open in it; 30 seconds by default, at least one, and
    /// `None` for never. The complete document has the same id and replaces it (developer guide, "Segment documents").
    ///
    /// It is shown again when something was recorded in it, ever more rarely: when its age has doubled, and at least every 15 minutes.
    /// Each time costs the background thread a document, and the program nothing.
    ///
    /// What a thread or future records stays with it until a subsegment of it begins, work is carried elsewhere from it, a future
    /// pauses, or 32 kB are full; the age is looked at there. So a segment in which nothing happens, as in one long wait, is not seen
    /// unless [`send_in_progress`](crate::Entity::send_in_progress) is called before. That goes for a wait for spawned work too: what
    /// closes in such work is sent, and the segment follows when it goes on.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use xray_sdk::Recorder;
    /// # fn main() -> Result<(), xray_sdk::Error> {
    /// let recorder = Recorder::builder("import").in_progress_after(Duration::from_secs(10)).build()?;
    /// let never = Recorder::builder("import").in_progress_after(None).build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn in_progress_after(self, age: impl Into<Option<Duration>>) -> Self {
        Self {
            in_progress_after: age.into().map(|age| age.max(SHORTEST_AGE)),
            ..self
        }
    }

    /// AWS Lambda writes the segments: the program is a function, of whose invocations Lambda itself decides whether they are recorded.
    /// Set by itself where `LAMBDA_TASK_ROOT` is set, as the official SDKs recognise Lambda.
    ///
    /// - A segment is begun with the header of its invocation ([`SegmentBuilder::continuing`](crate::SegmentBuilder::continuing)) and
    ///   becomes a subsegment of Lambda's, sent as a document of its own. A header without `Parent` and `Sampled` is passed on, and
    ///   nothing is recorded.
    /// - A segment that begins while another one is current is a subsegment of that one: so a layer for HTTP servers makes no second
    ///   segment. One that continues another trace, as a message of a batch does, is linked with it.
    /// - Neither samplers nor sampling rules are asked, and nothing is found out about where the program runs.
    ///
    /// `xray-sdk-lambda` does all that an invocation needs.
    pub fn segments_by_lambda(self) -> Self {
        Self {
            is_function: true,
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
        self.build_in(Environment::read()?)
    }

    /// As [`build`](Self::build), in this environment.
    pub(super) fn build_in(self, environment: Environment) -> Result<Recorder, Error> {
        if environment.is_disabled {
            return Ok(self.build_disabled(environment));
        }
        id::settle_in(std::process::id());
        if let Some(strategy) = environment.context_missing {
            strategy.install();
        }
        let code = self.daemon_address.as_deref();
        let daemon = || daemon_address(&environment, code);
        let name = environment.tracing_name.clone().unwrap_or(self.name);
        let emitter = match self.emitter {
            Some(emitter) => emitter,
            None => Box::new(UdpEmitter::new(&daemon()?)),
        };
        let is_function = self.is_function || environment.is_function;
        let queue_bytes = self.queue_bytes.unwrap_or(match is_function {
            true => FUNCTION_QUEUE_BYTES,
            false => QUEUE_BYTES,
        });
        let outlet = Outlet::new(self.clock.unwrap_or_else(Clock::system), queue_bytes);
        let sampler: Arc<dyn Sampler> = match self.sampler {
            _ if is_function => Arc::new(Never),
            Some(sampler) if !self.is_foreign => sampler,
            Some(sampler) => Arc::new(Guarded::new(sampler, outlet.notices.clone())),
            None => default_sampler(&name, &daemon()?, self.sampling_rules, &outlet),
        };
        let fixed = match is_function {
            true => Some(false),
            false => self.fixed,
        };
        for text in environment.misunderstood {
            outlet.notices.tell_once(&text.clone(), || text);
        }
        let tally = Arc::new(Tally::default());
        let origins = match environment.detection {
            _ if is_function => Origins::none(),
            Some(detection) => self.origins.with_detection(detection),
            None => self.origins,
        };
        let description = Arc::new(Description::new(
            self.service_version,
            self.origin,
            self.resource_arn,
            Whereabouts::find(&origins, Environment::surroundings),
        ));
        let common = description.at_start(&outlet.notices);
        let bulletin =
            (environment.reports_health || self.reports_health).then(|| Bulletin::new(&name));
        let pulse = Pulse::new(&outlet, self.in_progress_after);
        let assembler = Assembler::new(
            outlet.clone(),
            common,
            emitter.document_limit(),
            self.in_progress_after,
        );
        let worker = Arc::new(Mutex::new(Worker::new(
            outlet.clone(),
            assembler,
            emitter,
            tally.clone(),
            description.clone(),
            pulse,
            bulletin,
        )));
        let background = worker.clone();
        let thread = thread::Builder::new()
            .name("xray-sdk".to_owned())
            .spawn(move || Worker::run(&background))
            .map_err(|error| Error::system("starting the thread that sends segments", error))?;
        outlet.set_background(thread.thread().clone());
        Ok(Recorder {
            inner: Arc::new(Inner {
                name,
                outlet,
                sampler,
                description,
                tally,
                worker: Some(worker),
                fixed,
                always: match environment.unsampled_ids {
                    _ if is_function => None,
                    UnsampledIds::Random if fixed == Some(false) => None,
                    _ => fixed,
                },
                unsampled_ids: environment.unsampled_ids,
                is_disabled: false,
                is_function,
            }),
        })
    }

    /// A recorder that records nothing: it has no thread and no socket, and nothing has to be waited for.
    fn build_disabled(self, environment: Environment) -> Recorder {
        missing::silence();
        let outlet = Outlet::new(self.clock.unwrap_or_else(Clock::system), 0);
        outlet.close(Duration::ZERO);
        outlet.end(false);
        let whereabouts = Whereabouts::find(&Origins::none(), Environment::surroundings);
        Recorder {
            inner: Arc::new(Inner {
                name: environment.tracing_name.unwrap_or(self.name),
                outlet,
                sampler: Arc::new(Never),
                description: Arc::new(Description::new(
                    None,
                    self.origin,
                    self.resource_arn,
                    whereabouts,
                )),
                tally: Arc::default(),
                worker: None,
                fixed: None,
                always: None,
                unsampled_ids: environment.unsampled_ids,
                is_disabled: true,
                is_function: false,
            }),
        }
    }
}

/// Asks for X-Ray's rules, and has `rules` decide without them.
#[cfg(feature = "central-sampling")]
fn default_sampler(
    name: &str,
    daemon: &DaemonAddress,
    rules: LocalRules,
    outlet: &Outlet,
) -> Arc<dyn Sampler> {
    let (clock, notices) = (outlet.clock.clone(), outlet.notices.clone());
    Arc::new(CentralSampler::with(name, daemon, clock, notices).fallback(rules))
}

/// Has `rules` decide.
#[cfg(not(feature = "central-sampling"))]
fn default_sampler(
    _name: &str,
    _daemon: &DaemonAddress,
    rules: LocalRules,
    _outlet: &Outlet,
) -> Arc<dyn Sampler> {
    Arc::new(rules)
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
mod tests;
