use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::Read as _;
use std::time::Duration;

/// What a program can see of where it runs: environment variables and files.
///
/// A recorder looks at those of its process. A test makes some up:
///
/// ```
/// use xray_sdk::Origins;
/// use xray_sdk::testing::{Capture, Surroundings};
///
/// let beanstalk = Surroundings::new().file(
///     "/var/elasticbeanstalk/xray/environment.conf",
///     r#"{"environment_name": "shop-production", "version_label": "v42", "deployment_id": 7}"#,
/// );
/// let capture = Capture::with("checkout", |builder| builder.origins(Origins::detect_in(&beanstalk)));
/// capture.recorder().segment("checkout").run_sync(|_| ());
/// let document = &capture.documents()[0];
/// assert_eq!(document.origin.as_deref(), Some("AWS::ElasticBeanstalk::Environment"));
/// ```
#[derive(Clone)]
pub struct Surroundings {
    source: Source,
    patience: Duration,
}

#[derive(Clone)]
enum Source {
    Process {
        variable: fn(&str) -> Option<String>,
    },
    MadeUp {
        variables: BTreeMap<String, String>,
        files: BTreeMap<String, String>,
    },
}

/// How long metadata endpoints may take, all in all. They are on the same machine and answer within milliseconds.
const PATIENCE: Duration = Duration::from_secs(1);
/// The most that is read of a file, in bytes; only a list of mounts is ever longer than a few kilobytes.
const MOST: u64 = 256 * 1024;

impl Surroundings {
    /// Surroundings of which nothing can be seen: no variable and no file.
    pub fn new() -> Self {
        Self::from_source(Source::MadeUp {
            variables: BTreeMap::new(),
            files: BTreeMap::new(),
        })
    }

    /// Those of this process.
    pub(crate) fn of_process(variable: fn(&str) -> Option<String>) -> Self {
        Self::from_source(Source::Process { variable })
    }

    fn from_source(source: Source) -> Self {
        Self {
            source,
            patience: PATIENCE,
        }
    }

    /// With an environment variable.
    pub fn variable(mut self, name: &str, value: &str) -> Self {
        if let Source::MadeUp { variables, .. } = &mut self.source {
            variables.insert(name.to_owned(), value.to_owned());
        }
        self
    }

    /// With a file.
    pub fn file(mut self, path: &str, content: &str) -> Self {
        if let Source::MadeUp { files, .. } = &mut self.source {
            files.insert(path.to_owned(), content.to_owned());
        }
        self
    }

    /// With another time that metadata endpoints may take to answer, all in all; it is one second otherwise.
    pub fn patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    pub(super) fn allowed(&self) -> Duration {
        self.patience
    }

    /// The value of a variable. As everywhere on AWS, an empty one is one that is not set.
    pub(super) fn value_of(&self, name: &str) -> Option<String> {
        let value = match &self.source {
            Source::Process { variable } => variable(name),
            Source::MadeUp { variables, .. } => variables.get(name).cloned(),
        };
        value
            .map(|value| value.trim().to_owned())
            .filter(|value| !value.is_empty())
    }

    /// What a file holds; none when it is not there, or may not be read.
    pub(super) fn content_of(&self, path: &str) -> Option<String> {
        match &self.source {
            Source::Process { .. } => {
                let mut content = Vec::new();
                let file = File::open(path).ok()?;
                file.take(MOST).read_to_end(&mut content).ok()?;
                Some(String::from_utf8_lossy(&content).into_owned())
            }
            Source::MadeUp { files, .. } => files.get(path).cloned(),
        }
    }

    /// The name of the machine, or of the container that stands for one.
    pub(super) fn host_name(&self) -> Option<String> {
        self.content_of("/proc/sys/kernel/hostname")
            .or_else(|| self.value_of("HOSTNAME"))
            .or_else(|| self.value_of("COMPUTERNAME"))
            .and_then(|name| super::fact::fit(&name))
    }

    /// Whether this is a Lambda function: there segments are made by the service, and say themselves where they come from.
    pub(super) fn is_lambda(&self) -> bool {
        self.value_of("LAMBDA_TASK_ROOT").is_some()
    }
}

impl Default for Surroundings {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Surroundings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = f.debug_struct("Surroundings");
        if let Source::MadeUp { variables, files } = &self.source {
            text.field("variables", variables).field("files", files);
        }
        text.finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_variable_is_not_set() {
        let made_up = Surroundings::new().variable("A", " ").variable("B", " b ");
        assert_eq!(made_up.value_of("A"), None);
        assert_eq!(made_up.value_of("B").as_deref(), Some("b"));
        assert_eq!(made_up.value_of("C"), None);
    }

    #[test]
    fn a_process_reads_files_and_what_is_not_there_is_none() {
        let process = Surroundings::of_process(|name| (name == "A").then(|| "a".to_owned()));
        let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
        let read = process.content_of(manifest).expect("this crate's manifest");
        assert!(read.contains("name = \"xray-sdk\""));
        assert_eq!(process.content_of("/no/such/file"), None);
        assert_eq!(process.content_of(env!("CARGO_MANIFEST_DIR")), None);
        assert_eq!(process.value_of("A").as_deref(), Some("a"));
    }

    #[test]
    fn the_host_name_is_the_kernels_else_the_environments() {
        let made_up = Surroundings::new().variable("HOSTNAME", "outer");
        assert_eq!(made_up.host_name().as_deref(), Some("outer"));
        let made_up = made_up.file("/proc/sys/kernel/hostname", "inner\n");
        assert_eq!(made_up.host_name().as_deref(), Some("inner"));
        assert_eq!(Surroundings::new().host_name(), None);
    }
}
