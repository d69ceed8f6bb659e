//! What the store knows that filters name: services, annotations and values, each with how often it is there, as a filter writes it.

use std::collections::BTreeMap;

use xray_sdk::document::AnnotationValue;

use crate::entry::{Entry, Request};
use crate::filter::expression::Text;
use crate::query::TimeRange;
use crate::store::Store;
use crate::trace::ServiceId;

/// How many of the newest traces are looked at.
const TRACES: usize = 1_000;

/// What the newest traces tell, read when it is asked for first.
pub(super) struct Known<'a> {
    store: &'a Store,
    entries: Option<Vec<Entry>>,
}

/// How often each is there.
pub(super) type Counts = BTreeMap<String, usize>;

impl<'a> Known<'a> {
    pub(super) fn new(store: &'a Store) -> Self {
        Self {
            store,
            entries: None,
        }
    }

    /// Annotations, as a filter names them.
    pub(super) fn annotations(&mut self) -> Counts {
        self.values(|request, found| {
            found.extend(request.annotations.iter().map(|(key, _)| annotation(key)));
        })
    }

    /// The values of an annotation.
    pub(super) fn annotation_values(&mut self, key: &str) -> Counts {
        self.values(|request, found| {
            let own = request.annotations.iter().filter(|(other, _)| other == key);
            found.extend(own.map(|(_, value)| literal(value)));
        })
    }

    /// The values of what a filter compares as text.
    pub(super) fn texts(&mut self, text: Text) -> Counts {
        self.values(|request, found| found.extend(request.text(text).map(quoted)))
    }

    /// A part of what tells services apart.
    pub(super) fn services(&mut self, part: impl Fn(&ServiceId) -> &String) -> Counts {
        let mut counts = Counts::new();
        for work in self.entries().iter().flat_map(|entry| &entry.works) {
            let part = part(&work.service);
            if !part.is_empty() {
                *counts.entry(quoted(part)).or_default() += 1;
            }
        }
        counts
    }

    fn entries(&mut self) -> &[Entry] {
        self.entries.get_or_insert_with(|| {
            let range = TimeRange::ALWAYS;
            self.store.meant(&range, None).take(TRACES).collect()
        })
    }

    fn values(&mut self, find: impl Fn(&Request, &mut Vec<String>)) -> Counts {
        let mut counts = Counts::new();
        for work in self.entries().iter().flat_map(|entry| &entry.works) {
            let mut found = Vec::new();
            find(&work.request, &mut found);
            for value in found {
                *counts.entry(value).or_default() += 1;
            }
        }
        counts
    }
}

/// How a filter names an annotation.
fn annotation(key: &str) -> String {
    let is_plain =
        |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '.' | '-');
    match key.chars().all(is_plain) {
        true => format!("annotation.{key}"),
        false => format!("annotation[{key}]"),
    }
}

fn literal(value: &AnnotationValue) -> String {
    match (value.as_number(), value.as_boolean()) {
        (Some(number), _) => number.to_string(),
        (None, Some(flag)) => flag.to_string(),
        (None, None) => quoted(value.as_text().unwrap_or_default()),
    }
}

/// A text as a filter writes it.
pub(super) fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

impl Request {
    fn text(&self, text: Text) -> Option<&str> {
        let found = match text {
            Text::HttpUrl => &self.url,
            Text::HttpMethod => &self.method,
            Text::HttpUserAgent => &self.user_agent,
            Text::HttpClientIp => &self.client_ip,
            Text::User => &self.user,
            Text::AvailabilityZone => &self.availability_zone,
            Text::InstanceId => &self.instance_id,
            Text::ResourceArn => &self.resource_arn,
            Text::Name | Text::Type | Text::Message => &None,
        };
        found.as_deref()
    }
}
