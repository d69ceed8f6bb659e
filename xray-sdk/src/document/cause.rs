use serde::Serialize;
use serde::de::MapAccess;

use super::lenient::{Block, Field, Lenient};
use crate::id::SegmentId;

/// Why a segment or subsegment failed.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Cause {
    /// The id of an exception that a subsegment below has recorded: the same error on its way up.
    Recorded(SegmentId),
    /// The exceptions themselves.
    Exceptions(Exceptions),
}

/// Exceptions, and where the program ran when they happened.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Exceptions {
    /// The working directory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub working_directory: Option<String>,
    /// The paths of libraries or modules that were in use.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub paths: Vec<String>,
    /// The exceptions, the outermost first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub exceptions: Vec<Exception>,
}

/// One error of a chain.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Exception {
    /// What other segments and exceptions refer to this one by. The schema requires it; some SDKs leave it out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<SegmentId>,
    /// The message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The type of the error.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Whether a called service reported it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub remote: bool,
    /// How many stack frames were left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub truncated: Option<i64>,
    /// How many exceptions were left out between this one and its child.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skipped: Option<i64>,
    /// The id of the exception that caused this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<SegmentId>,
    /// The stack, the innermost frame first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stack: Vec<StackFrame>,
}

/// One frame of a stack.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct StackFrame {
    /// The file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The line in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<i64>,
    /// The function or method.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
}

impl Cause {
    /// The exceptions recorded here: none when the cause is a reference to one recorded elsewhere.
    pub fn exceptions(&self) -> &[Exception] {
        match self {
            Self::Recorded(_) => &[],
            Self::Exceptions(cause) => &cause.exceptions,
        }
    }
}

impl Lenient for Cause {
    fn from_text(text: &str) -> Option<Self> {
        SegmentId::from_text(text.as_bytes()).map(Self::Recorded)
    }

    fn from_object<'de, A: MapAccess<'de>>(object: A) -> Result<Option<Self>, A::Error> {
        let found = Found::from_object(object)?;
        Ok(found.map(|found| match found.id {
            Some(id) if found.exceptions == Exceptions::default() => Self::Recorded(id),
            _ => Self::Exceptions(found.exceptions),
        }))
    }
}

/// A cause object as it stands. The Node SDK writes a reference as an object that holds nothing but `id`.
#[derive(Default)]
struct Found {
    id: Option<SegmentId>,
    exceptions: Exceptions,
}

impl Block for Found {
    fn field<'de, A: MapAccess<'de>>(
        &mut self,
        key: &str,
        value: Field<'_, A>,
    ) -> Result<(), A::Error> {
        match key {
            "id" => value.read(&mut self.id),
            "working_directory" => value.read(&mut self.exceptions.working_directory),
            "paths" => value.fill(&mut self.exceptions.paths),
            "exceptions" => value.fill(&mut self.exceptions.exceptions),
            _ => value.skip(),
        }
    }
}

impl Block for Exception {
    fn field<'de, A: MapAccess<'de>>(
        &mut self,
        key: &str,
        value: Field<'_, A>,
    ) -> Result<(), A::Error> {
        match key {
            "id" => value.read(&mut self.id),
            "message" => value.read(&mut self.message),
            "type" => value.read(&mut self.kind),
            "remote" => value.fill(&mut self.remote),
            "truncated" => value.read(&mut self.truncated),
            "skipped" => value.read(&mut self.skipped),
            "cause" => value.read(&mut self.cause),
            "stack" => value.fill(&mut self.stack),
            _ => value.skip(),
        }
    }
}

impl Block for StackFrame {
    fn field<'de, A: MapAccess<'de>>(
        &mut self,
        key: &str,
        value: Field<'_, A>,
    ) -> Result<(), A::Error> {
        match key {
            "path" => value.read(&mut self.path),
            "line" => value.read(&mut self.line),
            "label" => value.read(&mut self.label),
            _ => value.skip(),
        }
    }
}
