//! An entry as bytes: fields one behind the other, without names. The first byte tells the form; an entry of another form is made
//! anew from its documents.

use std::collections::BTreeMap;

use xray_sdk::document::AnnotationValue;
use xray_sdk::{SegmentId, TraceId};

use super::number::byte;
use super::{CalledBy, Entry, LinkFrom, Request, Source, Span, Work};
use crate::query::{RootCause, RootCauseEntity, RootCauseException, RootCauseService, RootCauses};
use crate::trace::{Outcome, ServiceId};

impl Entry {
    /// Grows whenever anything below changes.
    pub(crate) const FORM: u8 = 2;

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        // That of a trace of some services.
        let mut bytes = Vec::with_capacity(1 << 10);
        bytes.push(Self::FORM);
        self.write(&mut bytes);
        bytes
    }

    /// `None` when the bytes are of another form, or no entry at all.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (form, mut rest) = bytes.split_first()?;
        let entry = Self::read(&mut rest).filter(|_| *form == Self::FORM)?;
        rest.is_empty().then_some(entry)
    }
}

/// Something that can be written as bytes, and read from them again.
pub(crate) trait Bytes: Sized {
    fn write(&self, to: &mut Vec<u8>);
    /// Takes its bytes from the front. `None` when they are not those of such a thing.
    fn read(from: &mut &[u8]) -> Option<Self>;
}

macro_rules! fields {
    ($type:ident { $($field:ident),* }) => {
        impl Bytes for $type {
            fn write(&self, to: &mut Vec<u8>) {
                $(self.$field.write(to);)*
            }

            fn read(from: &mut &[u8]) -> Option<Self> {
                // Fields of a literal are evaluated in the order in which they stand here.
                Some(Self { $($field: Bytes::read(from)?),* })
            }
        }
    };
}

pub(crate) use fields;

fields!(Entry {
    id,
    revision,
    span,
    start_time,
    duration,
    is_partial,
    works,
    root,
    causes
});
fields!(Span {
    start,
    end,
    segment_ends
});
fields!(Work {
    service,
    caller,
    is_inferred,
    request,
    call,
    is_again,
    links
});
fields!(LinkFrom {
    trace_id,
    id,
    source
});
fields!(Source { service, time });
fields!(ServiceId {
    name,
    kind,
    account_id
});
fields!(RootCauses {
    faults,
    errors,
    response_times
});
fields!(RootCause {
    services,
    client_impacting
});
fields!(RootCauseService {
    id,
    entity_path,
    inferred
});
fields!(RootCauseEntity {
    name,
    exceptions,
    coverage,
    remote
});
fields!(RootCauseException { name, message });
fields!(Request {
    start,
    end,
    outcome,
    is_error,
    in_progress,
    is_partial,
    status,
    url,
    method,
    user_agent,
    client_ip,
    user,
    availability_zone,
    instance_id,
    resource_arn,
    annotations
});

impl Bytes for bool {
    fn write(&self, to: &mut Vec<u8>) {
        to.push(u8::from(*self));
    }

    fn read(from: &mut &[u8]) -> Option<Self> {
        match byte(from)? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }
}

impl Bytes for TraceId {
    fn write(&self, to: &mut Vec<u8>) {
        to.extend_from_slice(&self.to_u128().to_le_bytes());
    }

    fn read(from: &mut &[u8]) -> Option<Self> {
        let (number, rest) = from.split_first_chunk()?;
        *from = rest;
        Some(Self::from_u128(u128::from_le_bytes(*number)))
    }
}

impl Bytes for SegmentId {
    fn write(&self, to: &mut Vec<u8>) {
        to.extend_from_slice(&self.to_u64().to_le_bytes());
    }

    fn read(from: &mut &[u8]) -> Option<Self> {
        let (number, rest) = from.split_first_chunk()?;
        *from = rest;
        Some(Self::from_u64(u64::from_le_bytes(*number)))
    }
}

impl Bytes for String {
    fn write(&self, to: &mut Vec<u8>) {
        self.len().write(to);
        to.extend_from_slice(self.as_bytes());
    }

    fn read(from: &mut &[u8]) -> Option<Self> {
        let length = usize::read(from)?;
        let (text, rest) = from.split_at_checked(length)?;
        *from = rest;
        Self::from_utf8(text.to_owned()).ok()
    }
}

impl<T: Bytes> Bytes for Option<T> {
    fn write(&self, to: &mut Vec<u8>) {
        self.is_some().write(to);
        if let Some(value) = self {
            value.write(to);
        }
    }

    fn read(from: &mut &[u8]) -> Option<Self> {
        match bool::read(from)? {
            true => T::read(from).map(Some),
            false => Some(None),
        }
    }
}

impl<T: Bytes> Bytes for Vec<T> {
    fn write(&self, to: &mut Vec<u8>) {
        self.len().write(to);
        for value in self {
            value.write(to);
        }
    }

    fn read(from: &mut &[u8]) -> Option<Self> {
        // No room is taken beforehand: the number may be a broken one.
        let length = usize::read(from)?;
        (0..length).map(|_| T::read(from)).collect()
    }
}

impl<K: Bytes + Ord, V: Bytes> Bytes for BTreeMap<K, V> {
    fn write(&self, to: &mut Vec<u8>) {
        self.len().write(to);
        for (key, value) in self {
            key.write(to);
            value.write(to);
        }
    }

    fn read(from: &mut &[u8]) -> Option<Self> {
        let length = usize::read(from)?;
        (0..length).map(|_| <(K, V)>::read(from)).collect()
    }
}

impl<A: Bytes, B: Bytes> Bytes for (A, B) {
    fn write(&self, to: &mut Vec<u8>) {
        self.0.write(to);
        self.1.write(to);
    }

    fn read(from: &mut &[u8]) -> Option<Self> {
        Some((A::read(from)?, B::read(from)?))
    }
}

impl Bytes for Outcome {
    fn write(&self, to: &mut Vec<u8>) {
        to.push(*self as u8);
    }

    fn read(from: &mut &[u8]) -> Option<Self> {
        let number = byte(from)?;
        let all = [Self::Ok, Self::Error, Self::Throttle, Self::Fault];
        all.into_iter().find(|outcome| *outcome as u8 == number)
    }
}

impl<S: Bytes> Bytes for CalledBy<S> {
    fn write(&self, to: &mut Vec<u8>) {
        match self {
            Self::Client => to.push(0),
            Self::Unknown => to.push(1),
            Self::Service(service) => {
                to.push(2);
                service.write(to);
            }
        }
    }

    fn read(from: &mut &[u8]) -> Option<Self> {
        match byte(from)? {
            0 => Some(Self::Client),
            1 => Some(Self::Unknown),
            2 => S::read(from).map(Self::Service),
            _ => None,
        }
    }
}

impl Bytes for AnnotationValue {
    fn write(&self, to: &mut Vec<u8>) {
        match self {
            Self::Text(text) => {
                to.push(b't');
                text.write(to);
            }
            Self::Integer(number) => {
                to.push(b'i');
                number.cast_unsigned().write(to);
            }
            Self::Float(number) => {
                to.push(b'f');
                number.write(to);
            }
            Self::Boolean(value) => {
                to.push(b'b');
                value.write(to);
            }
        }
    }

    fn read(from: &mut &[u8]) -> Option<Self> {
        match byte(from)? {
            b't' => String::read(from).map(Self::Text),
            b'i' => u64::read(from).map(|number| Self::Integer(number.cast_signed())),
            b'f' => f64::read(from).map(Self::Float),
            b'b' => bool::read(from).map(Self::Boolean),
            _ => None,
        }
    }
}
