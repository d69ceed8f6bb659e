//! What X-Ray expects behind each key: the segment document schema, and what the guide and AWS's own SDKs write beyond it.

use xray_sdk::document::limits::TEXT_CHARACTERS;

/// What a value has to be.
#[derive(Clone, Copy)]
pub(super) enum Shape {
    /// The rules by which the store takes documents look at it.
    Ruled,
    Text,
    /// At most so many characters.
    ShortText(usize),
    Number,
    Integer,
    Boolean,
    /// 16 hex digits.
    Id,
    /// One of these texts.
    OneOf(&'static [&'static str]),
    List(&'static Shape),
    Block(&'static Block),
    Exception,
    /// An id, or exceptions.
    Cause,
    Annotations,
    Metadata,
    Links,
    Subsegments,
    /// Anything at all.
    Any,
    TraceId,
    /// A field of subsegments, in a segment.
    OfSubsegments,
    /// A field of segments, in a subsegment.
    OfSegments,
}

/// An object.
pub(super) struct Block {
    pub(super) fields: &'static [(&'static str, Shape)],
    /// Whether fields of other names are kept, too.
    pub(super) is_open: bool,
}

impl Block {
    const fn open(fields: &'static [(&'static str, Shape)]) -> Self {
        Self {
            fields,
            is_open: true,
        }
    }

    const fn closed(fields: &'static [(&'static str, Shape)]) -> Self {
        Self {
            fields,
            is_open: false,
        }
    }

    /// What stands behind a key; `None` when X-Ray knows no such field.
    pub(super) fn shape(&self, key: &str) -> Option<Shape> {
        let known = self.fields.iter().find(|(known, _)| *known == key);
        let other = self.is_open.then_some(Shape::Any);
        known.map(|(_, shape)| *shape).or(other)
    }
}

use Shape::{
    Any, Boolean, Id, Integer, List, Number, OfSegments, OfSubsegments, Ruled, ShortText, Text,
};

/// Texts that the schema holds to 250 characters.
const SHORT: Shape = ShortText(TEXT_CHARACTERS);

pub(super) const SEGMENT: Block = Block::closed(&[
    ("id", Ruled),
    ("trace_id", Ruled),
    ("parent_id", Ruled),
    ("name", Ruled),
    ("start_time", Ruled),
    ("end_time", Number),
    ("in_progress", Boolean),
    // `segment` is what some SDKs write, and changes nothing.
    ("type", Shape::OneOf(&["subsegment", "segment"])),
    ("error", Boolean),
    ("fault", Boolean),
    ("throttle", Boolean),
    ("cause", Shape::Cause),
    ("annotations", Shape::Annotations),
    ("metadata", Shape::Metadata),
    ("subsegments", Shape::Subsegments),
    ("http", Shape::Block(&HTTP)),
    ("aws", Shape::Block(&RESOURCE)),
    ("inferred", Boolean),
    ("user", SHORT),
    ("origin", Text),
    ("resource_arn", Text),
    ("service", Shape::Block(&SERVICE)),
    ("links", Shape::Links),
    ("namespace", OfSubsegments),
    ("sql", OfSubsegments),
    ("precursor_ids", OfSubsegments),
    ("traced", OfSubsegments),
]);

pub(super) const SUBSEGMENT: Block = Block::closed(&[
    ("id", Ruled),
    ("trace_id", Shape::TraceId),
    ("parent_id", Id),
    ("name", Ruled),
    ("start_time", Ruled),
    ("end_time", Number),
    ("in_progress", Boolean),
    ("type", Shape::OneOf(&["subsegment"])),
    ("error", Boolean),
    ("fault", Boolean),
    ("throttle", Boolean),
    ("cause", Shape::Cause),
    ("annotations", Shape::Annotations),
    ("metadata", Shape::Metadata),
    ("subsegments", Shape::Subsegments),
    ("http", Shape::Block(&HTTP)),
    ("aws", Shape::Block(&CALL)),
    ("namespace", Shape::OneOf(&["aws", "remote", "local"])),
    ("sql", Shape::Block(&SQL)),
    ("precursor_ids", List(&Id)),
    ("traced", Boolean),
    ("links", Shape::Links),
    ("user", OfSegments),
    ("origin", OfSegments),
    ("resource_arn", OfSegments),
    ("service", OfSegments),
    ("inferred", OfSegments),
]);

const HTTP: Block = Block::closed(&[
    ("request", Shape::Block(&REQUEST)),
    ("response", Shape::Block(&RESPONSE)),
]);

const REQUEST: Block = Block::closed(&[
    ("method", SHORT),
    ("url", SHORT),
    ("user_agent", SHORT),
    ("client_ip", SHORT),
    ("x_forwarded_for", Boolean),
    ("traced", Boolean),
]);

const RESPONSE: Block = Block::closed(&[("status", Number), ("content_length", Number)]);

/// The `aws` block of a segment: where the program runs.
const RESOURCE: Block = Block::open(&[
    ("account_id", Text),
    ("ec2", Shape::Block(&EC2)),
    ("ecs", Shape::Block(&ECS)),
    ("eks", Shape::Block(&EKS)),
    ("elastic_beanstalk", Shape::Block(&BEANSTALK)),
    ("cloudwatch_logs", List(&Shape::Block(&LOG_GROUP))),
    ("tracing", Shape::Block(&INSTRUMENTATION)),
    ("xray", Shape::Block(&INSTRUMENTATION)),
    // A Lambda function has them in its segment.
    ("request_id", Text),
    ("operation", Text),
    ("region", Text),
]);

const EC2: Block = Block::open(&[
    ("instance_id", Text),
    ("availability_zone", Text),
    ("instance_size", Text),
    ("ami_id", Text),
]);

const ECS: Block = Block::open(&[
    ("container", Text),
    ("container_id", Text),
    ("container_arn", Text),
]);

const EKS: Block = Block::open(&[
    ("cluster_name", Text),
    ("pod", Text),
    ("container_id", Text),
]);

const BEANSTALK: Block = Block::open(&[
    ("environment_name", Text),
    ("version_label", Text),
    ("deployment_id", Number),
]);

const LOG_GROUP: Block = Block::open(&[("log_group", Text), ("arn", Text)]);

const INSTRUMENTATION: Block = Block::open(&[("sdk", Text), ("sdk_version", Text)]);

const SERVICE: Block = Block::open(&[
    ("version", Text),
    ("runtime", Text),
    ("runtime_version", Text),
]);

/// The `aws` block of a subsegment: the resource that was called.
const CALL: Block = Block::open(&[
    ("operation", Text),
    ("account_id", Text),
    ("region", Text),
    ("request_id", Text),
    ("queue_url", Text),
    ("table_name", Text),
    ("resource_names", List(&Text)),
    ("retries", Integer),
]);

const SQL: Block = Block::closed(&[
    ("connection_string", Text),
    ("url", Text),
    ("sanitized_query", Text),
    ("database_type", Text),
    ("database_version", Text),
    ("driver_version", Text),
    ("user", SHORT),
    ("preparation", Text),
]);

pub(super) const CAUSE: Block = Block::closed(&[
    // The id of an exception elsewhere, as some SDKs write it in place of the id alone.
    ("id", Id),
    ("message", Text),
    ("working_directory", Text),
    ("paths", List(&Text)),
    ("exceptions", List(&Shape::Exception)),
]);

pub(super) const EXCEPTION: Block = Block::closed(&[
    ("id", Id),
    ("message", Text),
    ("type", Text),
    ("remote", Boolean),
    ("truncated", Integer),
    ("skipped", Integer),
    ("cause", Id),
    ("stack", List(&Shape::Block(&FRAME))),
]);

const FRAME: Block = Block::closed(&[("path", Text), ("line", Integer), ("label", Text)]);

pub(super) const LINK: Block = Block::closed(&[
    ("trace_id", Shape::TraceId),
    ("id", Id),
    ("attributes", Any),
]);
