/// Whatever may go wrong in an example.
pub type Error = Box<dyn std::error::Error + Send + Sync>;
