//! By what a column is told: the side that recorded its values, and their name.

use crate::entry::{Bytes as _, Side};
use crate::filter::expression::Text;

#[derive(Clone, Copy, Debug)]
pub(super) enum Name<'a> {
    Text(Text),
    Annotation(&'a str),
}

/// The texts of requests that have columns. What is kept tells them by their places here.
pub(super) const TEXTS: [Text; 8] = [
    Text::HttpUrl,
    Text::HttpMethod,
    Text::HttpUserAgent,
    Text::HttpClientIp,
    Text::User,
    Text::AvailabilityZone,
    Text::InstanceId,
    Text::ResourceArn,
];

/// Whether a column holds annotations, by its key.
pub(super) fn is_annotation(key: &[u8]) -> bool {
    key.get(1) == Some(&0)
}

/// A text by its number, from one on; an annotation by nought and its key.
pub(super) fn write_key(side: Side, name: Name<'_>, to: &mut Vec<u8>) {
    (side == Side::Call).write(to);
    match name {
        Name::Text(text) => {
            let place = TEXTS.iter().position(|known| *known == text);
            to.push(place.map_or(u8::MAX, |place| place as u8 + 1));
        }
        Name::Annotation(key) => {
            to.push(0);
            to.extend_from_slice(key.as_bytes());
        }
    }
}
