//! What is secret and comes from elsewhere: who may call, and what the store is encrypted with.

use std::path::PathBuf;
use std::process::Command;

use clap::Args;
use xray_local::{EncryptionKey, Keys};

use super::Failure;

/// What a file of keys looks like.
const KEYS_FORM: &str = r#"Its form: {"keys": [{"access_key_id": "DAEMON", "secret_access_key": "16 letters or more", "policies": ["AWSXRayDaemonWriteAccess"]}, {"access_key_id": "VIEWER", "secret_access_key": "16 letters or more", "actions": ["xray:Get*", "xray:BatchGet*"]}]}"#;

const KEY_FORM: &str = "A key is made by: head -c 32 /dev/urandom | base64";

#[derive(Debug, Args)]
pub(super) struct Secrets {
    /// Answer signed requests only: the file of the keys that may call, and of what each may do
    #[arg(long, value_name = "FILE", env = "XRAY_LOCAL_KEYS")]
    keys: Option<PathBuf>,

    /// Encrypt what is stored, in a new folder: the file of the key, 32 bytes or base64 of them
    #[arg(long, value_name = "FILE", env = "XRAY_LOCAL_ENCRYPTION_KEY", conflicts_with_all = ["memory", "encryption_key_command"])]
    encryption_key: Option<PathBuf>,

    /// The same with the key that a shell command prints, as `aws kms decrypt` does
    #[arg(
        long,
        value_name = "COMMAND",
        env = "XRAY_LOCAL_ENCRYPTION_KEY_COMMAND",
        conflicts_with = "memory"
    )]
    encryption_key_command: Option<String>,

    /// What GetEncryptionConfig calls the key
    #[arg(long, value_name = "ID", default_value = "xray-local")]
    encryption_key_id: String,
}

impl Secrets {
    /// The keys of callers, if there are to be some.
    pub(super) fn keys(&self) -> Result<Option<Keys>, Failure> {
        let Some(file) = &self.keys else {
            return Ok(None);
        };
        let keys = Keys::read(file);
        keys.map(Some).map_err(|error| {
            let problem = format!("cannot use the keys in {}: {error}", file.display());
            Failure::failed(problem, KEYS_FORM)
        })
    }

    /// The key of the store, if there is to be one.
    pub(super) fn encryption_key(&self) -> Result<Option<EncryptionKey>, Failure> {
        let id = self.encryption_key_id.as_str();
        if let Some(file) = &self.encryption_key {
            let key = EncryptionKey::read(id, file);
            return key.map(Some).map_err(|error| {
                let file = file.display();
                let problem = format!("cannot use the encryption key in {file}: {error}");
                Failure::failed(problem, KEY_FORM)
            });
        }
        let Some(command) = &self.encryption_key_command else {
            return Ok(None);
        };
        let failed = |problem: String| {
            // The command itself may hold a secret.
            let problem = format!("cannot use the key of --encryption-key-command: {problem}");
            Failure::failed(problem, KEY_FORM)
        };
        // What it says on standard error is the user's to see.
        let output = shell(command)
            .stderr(std::process::Stdio::inherit())
            .output()
            .map_err(|error| failed(error.to_string()))?;
        if !output.status.success() {
            return Err(failed(output.status.to_string()));
        }
        let key = EncryptionKey::parse(id, &output.stdout);
        key.map(Some).map_err(|error| failed(error.to_string()))
    }
}

#[cfg(unix)]
fn shell(command: &str) -> Command {
    let mut shell = Command::new("sh");
    shell.args(["-c", command]);
    shell
}

#[cfg(not(unix))]
fn shell(command: &str) -> Command {
    let mut shell = Command::new("cmd");
    shell.args(["/C", command]);
    shell
}
