//! Encryption: what is kept of documents and of what they say is sealed with AES-256-GCM before SQLite has it.
//!
//! Each store has a key of its own, made with it, which lies in its folder sealed with the key that the store is opened with (envelope encryption). Ids and times of
//! traces, and how much there is, are not sealed: rows are found by them.

use std::borrow::Cow;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use aes_gcm::aead::{Aead, KeyInit as _, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Serialize};

use crate::store::encryption_key::KEY_BYTES;
use crate::store::{EncryptionKey, Sealer};

const FILE: &str = "encryption.json";

/// What the key of a store is bound to when it is sealed.
const PURPOSE: &[u8] = b"xray-local store key, 1";

const NONCE_BYTES: usize = 12;

/// Seals and opens what is kept, with the key of one store.
pub(crate) struct Vault {
    cipher: Aes256Gcm,
    key_id: String,
}

/// What a sealed value belongs to, so that nobody can put one in the place of another.
#[derive(Clone, Copy)]
pub(super) enum Place<'a> {
    Batch(u64),
    Entry(u64),
    Blob(&'a str),
    /// A file beside the store.
    File(&'a str),
}

/// Why a folder and a key do not go together.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum VaultError {
    /// The folder is encrypted, and no key is there.
    KeyMissing(String),
    /// The folder is encrypted with another key.
    OtherKey(String),
    /// The folder has documents that are not encrypted, and a key is there.
    NotEncrypted,
    /// The file that the store's key lies in.
    File(PathBuf, String),
    /// That file of this folder belongs to another store, or is gone.
    EnvelopeGone(PathBuf),
}

/// A value that was not sealed here.
#[derive(Debug)]
pub(super) struct Unsealable;

/// The key of a store, as it lies in its folder.
#[derive(Serialize, Deserialize)]
struct Envelope {
    version: u32,
    /// What the key is called that seals this one.
    key_id: String,
    sealed_key: String,
}

impl Vault {
    /// The vault of a folder, if it is encrypted. A folder that is new becomes so when a key is there.
    pub(super) fn of(
        folder: &Path,
        is_new: bool,
        key: Option<&EncryptionKey>,
    ) -> Result<Option<Self>, VaultError> {
        let path = folder.join(FILE);
        let broken = |problem: String| VaultError::File(path.clone(), problem);
        let envelope = match fs::read(&path) {
            Ok(text) => Some(
                serde_json::from_slice::<Envelope>(&text)
                    .map_err(|error| broken(error.to_string()))?,
            ),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(broken(error.to_string())),
        };
        match (envelope, key) {
            (None, None) => Ok(None),
            (None, Some(_)) if !is_new => Err(VaultError::NotEncrypted),
            (None, Some(key)) => {
                let (vault, envelope) = Self::make(key);
                let text = serde_json::to_vec_pretty(&envelope)
                    .map_err(|error| broken(error.to_string()))?;
                write(&path, &text).map_err(|error| broken(error.to_string()))?;
                Ok(Some(vault))
            }
            (Some(envelope), None) => Err(VaultError::KeyMissing(envelope.key_id)),
            (Some(envelope), Some(key)) => Self::open(&envelope, key).map(Some),
        }
    }

    fn make(key: &EncryptionKey) -> (Self, Envelope) {
        let own: [u8; KEY_BYTES] = rand::random();
        let sealed = seal(&cipher(key.bytes()), PURPOSE, &own);
        let vault = Self {
            cipher: cipher(&own),
            key_id: key.id().to_owned(),
        };
        let envelope = Envelope {
            version: 1,
            key_id: key.id().to_owned(),
            sealed_key: BASE64_STANDARD.encode(sealed),
        };
        (vault, envelope)
    }

    fn open(envelope: &Envelope, key: &EncryptionKey) -> Result<Self, VaultError> {
        let sealed = BASE64_STANDARD.decode(&envelope.sealed_key).ok();
        let own = sealed.and_then(|sealed| open(&cipher(key.bytes()), PURPOSE, &sealed));
        let own: Option<[u8; KEY_BYTES]> = own.and_then(|own| own.try_into().ok());
        match own {
            Some(own) => Ok(Self {
                cipher: cipher(&own),
                key_id: key.id().to_owned(),
            }),
            None => Err(VaultError::OtherKey(envelope.key_id.clone())),
        }
    }

    /// What the key is called that the store is opened with.
    pub(super) fn key_id(&self) -> &str {
        &self.key_id
    }

    pub(super) fn seal(&self, place: Place<'_>, text: &[u8]) -> Vec<u8> {
        seal(&self.cipher, &place.bytes(), text)
    }

    pub(super) fn open_sealed(
        &self,
        place: Place<'_>,
        sealed: &[u8],
    ) -> Result<Vec<u8>, Unsealable> {
        open(&self.cipher, &place.bytes(), sealed).ok_or(Unsealable)
    }
}

impl Sealer for Vault {
    fn key_id(&self) -> &str {
        self.key_id()
    }

    fn seal(&self, file: &str, text: &[u8]) -> String {
        BASE64_STANDARD.encode(self.seal(Place::File(file), text))
    }

    fn open(&self, file: &str, sealed: &str) -> Option<Vec<u8>> {
        let sealed = BASE64_STANDARD.decode(sealed).ok()?;
        self.open_sealed(Place::File(file), &sealed).ok()
    }
}

impl Place<'_> {
    fn bytes(self) -> Cow<'static, [u8]> {
        let (kind, of) = match self {
            Self::Batch(number) => (b't', number.to_be_bytes().to_vec()),
            Self::Entry(ordinal) => (b'e', ordinal.to_be_bytes().to_vec()),
            Self::Blob(name) => (b'b', name.as_bytes().to_vec()),
            Self::File(name) => (b'f', name.as_bytes().to_vec()),
        };
        [vec![kind], of].concat().into()
    }
}

/// Is on the disk when it returns, for without it nothing that is sealed can be read again.
fn write(path: &Path, text: &[u8]) -> io::Result<()> {
    let mut file = File::create_new(path)?;
    file.write_all(text)?;
    file.sync_all()?;
    // The name is the folder's, and is kept by it.
    path.parent()
        .map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

fn cipher(key: &[u8; KEY_BYTES]) -> Aes256Gcm {
    Aes256Gcm::new(key.into())
}

/// A nonce of its own, then the text. Chance makes nonces: a store may hold four billion documents before two are likely to be alike.
fn seal(cipher: &Aes256Gcm, bound: &[u8], text: &[u8]) -> Vec<u8> {
    let nonce: [u8; NONCE_BYTES] = rand::random();
    let payload = Payload {
        msg: text,
        aad: bound,
    };
    let sealed = cipher
        .encrypt(&Nonce::from(nonce), payload)
        .expect("no text is as long as AES-GCM does not take");
    [&nonce[..], &sealed].concat()
}

fn open(cipher: &Aes256Gcm, bound: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    let (nonce, sealed) = sealed.split_first_chunk::<NONCE_BYTES>()?;
    let payload = Payload {
        msg: sealed,
        aad: bound,
    };
    cipher.decrypt(&Nonce::from(*nonce), payload).ok()
}

impl std::fmt::Display for VaultError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::KeyMissing(id) => {
                write!(f, "it is encrypted with the key {id:?}, and no key was given")
            }
            Self::OtherKey(id) => write!(
                f,
                "it is encrypted with the key {id:?}, and the key that was given is another one"
            ),
            Self::NotEncrypted => f.write_str(
                "it was made without encryption, and a key was given: a store is encrypted from its start or not at all",
            ),
            Self::File(path, problem) => write!(f, "{}: {problem}", path.display()),
            Self::EnvelopeGone(folder) => write!(
                f,
                "{} is not the one that it was made with: put it back, for what is stored cannot be read without the key in it",
                folder.join(FILE).display()
            ),
        }
    }
}

impl std::error::Error for VaultError {}

impl std::fmt::Display for Unsealable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("it was not sealed with the key of this store")
    }
}

impl std::error::Error for Unsealable {}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> EncryptionKey {
        EncryptionKey::parse("ours", &[byte; KEY_BYTES]).expect("a key")
    }

    #[test]
    fn what_is_sealed_is_opened_in_its_place_only() {
        let (vault, _) = Vault::make(&key(1));
        let text = b"SELECT card FROM customers";
        let sealed = vault.seal(Place::Batch(7), text);
        assert_eq!(sealed.len(), NONCE_BYTES + text.len() + 16, "with its tag");
        assert!(!sealed.windows(4).any(|part| part == b"card"));
        assert_ne!(sealed, vault.seal(Place::Batch(7), text));
        let opened = vault.open_sealed(Place::Batch(7), &sealed);
        assert_eq!(opened.expect("ours"), text);
        for place in [
            Place::Batch(8),
            Place::Entry(7),
            Place::Blob("7"),
            Place::File("7"),
        ] {
            assert!(vault.open_sealed(place, &sealed).is_err());
        }
        let mut changed = sealed.clone();
        changed[NONCE_BYTES] ^= 1;
        for text in [&changed[..], &sealed[..5], b""] {
            assert!(vault.open_sealed(Place::Batch(7), text).is_err());
        }
    }

    #[test]
    fn the_key_of_a_store_opens_with_its_own_key_only() {
        let (vault, envelope) = Vault::make(&key(1));
        let sealed = vault.seal(Place::Blob("a"), b"text");
        let again = Vault::open(&envelope, &key(1)).expect("the key");
        let opened = again.open_sealed(Place::Blob("a"), &sealed);
        assert_eq!(opened.expect("ours"), b"text");
        let other = Vault::open(&envelope, &key(2)).err();
        assert_eq!(other, Some(VaultError::OtherKey("ours".to_owned())));
    }
}
