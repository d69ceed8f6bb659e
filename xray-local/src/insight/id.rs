//! What an insight is called: a UUID that tells when it began, so that it is found again without a list of all.

use super::Insight;
use crate::bound::{Form, Formed};
use crate::hash::hash;

/// The id of an insight.
pub(crate) type InsightId = Formed<IdForm>;

pub(crate) struct IdForm;

impl Form for IdForm {
    const EXPECTED: &'static str = "a UUID, as in 00000000-0000-4000-8000-000000000000";

    fn fits(text: &str) -> bool {
        let parts: Vec<_> = text.split('-').collect();
        let [_, _, third, fourth, _] = parts.as_slice() else {
            return false;
        };
        let is_hex = |part: &str| part.chars().all(|letter| letter.is_ascii_hexdigit());
        let begins_with =
            |part: &str, letters: &str| part.starts_with(|first| letters.contains(first));
        parts.iter().map(|part| part.len()).eq([8, 4, 4, 4, 12])
            && parts.iter().all(|part| is_hex(part))
            && begins_with(third, "12345")
            && begins_with(fourth, "89abAB")
    }
}

impl Insight {
    /// The id, of an insight of a group: a UUID of version 4.
    pub(crate) fn id(&self, group_arn: &str) -> String {
        let service = &self.service;
        let account = service.account_id.as_deref().unwrap_or_default();
        let number = hash(&[group_arn, &service.name, &service.kind, account].map(str::as_bytes));
        let bits = |from: u32, count: u32| (number >> from) & ((1 << count) - 1);
        format!(
            "{:08x}-{:04x}-4{:03x}-{:x}{:03x}-{:012x}",
            u32::try_from(self.minutes.start).unwrap_or_default(),
            bits(0, 16),
            bits(16, 12),
            8 | bits(28, 2),
            bits(30, 12),
            bits(42, 48),
        )
    }

    /// Whether an id is that of this insight, also where it is found to have begun before it was first told of.
    pub(crate) fn has_id(&self, group_arn: &str, id: &InsightId) -> bool {
        let own = self.id(group_arn);
        let told = id.as_str().to_ascii_lowercase();
        // The first eight digits are the minute.
        own[8..] == told[8..] && self.minutes.contains(&i64::from(minute(id)))
    }
}

/// The minute in which the insight with this id began, since 1970.
pub(super) fn minute(id: &InsightId) -> u32 {
    u32::from_str_radix(&id.as_str()[..8], 16).unwrap_or_default()
}
