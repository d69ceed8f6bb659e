/// Seals what is kept beside an encrypted store, with the store's own key.
pub(crate) trait Sealer: Send + Sync {
    /// What the key is called that the store is opened with.
    fn key_id(&self) -> &str;

    /// Seals the text of a file of this name, as text.
    fn seal(&self, file: &str, text: &[u8]) -> String;

    /// The text of a file that was sealed under this name. `None` where it was not, or by another store.
    fn open(&self, file: &str, sealed: &str) -> Option<Vec<u8>>;
}
