use std::path::Path;
use std::{fmt, fs, io};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

/// A key of AES-256, in bytes.
pub(crate) const KEY_BYTES: usize = 32;

/// The key that a store on disk is encrypted with: 256 bits, and a name by which GetEncryptionConfig tells which key it is.
///
/// The key itself encrypts nothing but the key of the store, which is made with the store and kept in its folder (envelope encryption). It may come
/// out of a file, or out of AWS KMS: `aws kms generate-data-key` makes one, and `aws kms decrypt` brings it back at each start.
///
/// ```
/// use xray_local::EncryptionKey;
///
/// let key = EncryptionKey::parse("alias/traces", b"K7gNU3sdo+OL0wNhqoVWhr3g6s1xYv72ol/pe/Unols=")?;
/// assert_eq!(key.id(), "alias/traces");
/// # Ok::<(), xray_local::EncryptionKeyError>(())
/// ```
#[derive(Clone)]
pub struct EncryptionKey {
    id: String,
    bytes: [u8; KEY_BYTES],
}

/// Why something is no key. Tells nothing of what it is.
#[derive(Debug)]
pub struct EncryptionKeyError {
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Form(usize),
    File(io::Error),
}

impl EncryptionKey {
    /// Reads a key: 32 bytes, as they are or in base64 (with or without white space around it).
    ///
    /// # Errors
    ///
    /// When it is something else.
    pub fn parse(id: impl Into<String>, text: &[u8]) -> Result<Self, EncryptionKeyError> {
        let as_it_is = <[u8; KEY_BYTES]>::try_from(text).ok();
        let bytes = as_it_is.or_else(|| {
            let decoded = BASE64_STANDARD.decode(text.trim_ascii()).ok()?;
            decoded.try_into().ok()
        });
        let id = id.into();
        match bytes {
            Some(bytes) => Ok(Self { id, bytes }),
            None => Err(EncryptionKeyError {
                kind: Kind::Form(text.len()),
            }),
        }
    }

    /// Reads a key from a file, as [`EncryptionKey::parse`] does.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, or holds something else.
    pub fn read(id: impl Into<String>, file: impl AsRef<Path>) -> Result<Self, EncryptionKeyError> {
        let text = fs::read(file).map_err(|error| EncryptionKeyError {
            kind: Kind::File(error),
        })?;
        Self::parse(id, &text)
    }

    /// What the key is called.
    pub fn id(&self) -> &str {
        &self.id
    }

    pub(super) fn bytes(&self) -> &[u8; KEY_BYTES] {
        &self.bytes
    }
}

/// Tells what it is called, and nothing more.
impl fmt::Debug for EncryptionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("EncryptionKey").field(&self.id).finish()
    }
}

impl fmt::Display for EncryptionKeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Form(length) => write!(
                f,
                "{length} bytes are no key: expected {KEY_BYTES} bytes, as they are or in base64; `openssl rand -base64 32` makes one"
            ),
            Kind::File(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for EncryptionKeyError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_32_bytes_as_they_are_or_in_base64() {
        let bytes = *b"0123456789abcdefghijklmnopqrstuv";
        let written = format!(" {}\n", BASE64_STANDARD.encode(bytes));
        for text in [&bytes[..], written.as_bytes()] {
            let key = EncryptionKey::parse("k", text).expect("a key");
            assert_eq!(key.bytes(), &bytes);
            assert_eq!(format!("{key:?}"), "EncryptionKey(\"k\")");
        }
        for text in [&b""[..], b"secret", b"c2VjcmV0", &bytes[..31]] {
            let error = EncryptionKey::parse("k", text).expect_err("no key");
            assert!(error.to_string().contains("expected 32 bytes"), "{error}");
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }
}
