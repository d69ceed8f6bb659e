use std::time::{Duration, SystemTime};

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;

use super::Denial;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// What the header `Authorization` says, and when the request was signed.
#[derive(Debug)]
pub(super) struct Authorization<'a> {
    pub(super) key_id: &'a str,
    pub(super) region: &'a str,
    pub(super) signed_headers: Vec<&'a str>,
    pub(super) signature: &'a str,
    /// As it stands in `X-Amz-Date`.
    pub(super) date: &'a str,
    pub(super) time: SystemTime,
}

impl<'a> Authorization<'a> {
    /// `None` where a request is not signed.
    pub(super) fn of(head: &'a Parts) -> Result<Option<Self>, Denial> {
        let Some(header) = head.headers.get(AUTHORIZATION) else {
            return Ok(None);
        };
        let incomplete = |part: &str| Denial::incomplete(format!("Authorization: {part}"));
        let text = header
            .to_str()
            .map_err(|_| incomplete("expected plain text"))?;
        let parts = text
            .strip_prefix(ALGORITHM)
            .ok_or_else(|| incomplete(&format!("expected {ALGORITHM}, Signature Version 4")))?;
        let part = |name: &str| {
            let found = parts.split(',').find_map(|part| {
                let (key, value) = part.trim().split_once('=')?;
                (key == name).then_some(value)
            });
            found.ok_or_else(|| incomplete(&format!("{name} is missing")))
        };
        let credential = part("Credential")?;
        let [key_id, day, region, service, "aws4_request"] =
            credential.split('/').collect::<Vec<_>>()[..]
        else {
            return Err(incomplete(
                "Credential is not made of key id, day, region, service and aws4_request",
            ));
        };
        if service != "xray" {
            return Err(incomplete(&format!(
                "the credential is for {service:?}, not for xray"
            )));
        }
        let date = date(head)?;
        if !date.starts_with(day) {
            return Err(incomplete(&format!(
                "the credential is of {day}, X-Amz-Date of {date}"
            )));
        }
        let signed_headers: Vec<_> = part("SignedHeaders")?.split(';').collect();
        for needed in ["host", "x-amz-date"] {
            if !signed_headers.contains(&needed) {
                return Err(incomplete(&format!("SignedHeaders lacks {needed}")));
            }
        }
        let time = time(date).ok_or_else(|| {
            Denial::incomplete(format!(
                "X-Amz-Date {date:?} is no time: expected one as 20261126T101530Z"
            ))
        })?;
        Ok(Some(Self {
            key_id,
            region,
            signed_headers,
            signature: part("Signature")?,
            date,
            time,
        }))
    }

    /// How far from `now` it was signed, before or after.
    pub(super) fn seconds_from(&self, now: SystemTime) -> u64 {
        let apart = now.duration_since(self.time);
        apart.unwrap_or_else(|error| error.duration()).as_secs()
    }
}

fn date(head: &Parts) -> Result<&str, Denial> {
    let date = head.headers.get("x-amz-date");
    date.and_then(|date| date.to_str().ok())
        .ok_or_else(|| Denial::incomplete("X-Amz-Date is missing"))
}

/// Reads a time as `20261126T101530Z`.
fn time(text: &str) -> Option<SystemTime> {
    let is_plain = text.len() == 16 && text.is_ascii();
    let (day, clock) = text.split_once('T').filter(|_| is_plain)?;
    let (year, month, day) = (day.get(..4)?, day.get(4..6)?, day.get(6..8)?);
    let (hour, minute, rest) = (clock.get(..2)?, clock.get(2..4)?, clock.get(4..)?);
    let written = format!("{year}-{month}-{day}T{hour}:{minute}:{rest}");
    let read = DateTime::from_str(&written, Format::DateTime).ok()?;
    let seconds = u64::try_from(read.secs()).ok()?;
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_aws_writes_them() {
        let at = |seconds| Some(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds));
        assert_eq!(time("19700101T000000Z"), at(0));
        assert_eq!(time("20240229T123456Z"), at(1_709_210_096));
        for text in [
            "",
            "20240230T123456Z",
            "2024-02-29T12:34Z",
            "20240229T123456",
            "20240229T1234567",
            "2024022éT12345Z",
        ] {
            assert_eq!(time(text), None, "{text}");
        }
    }
}
