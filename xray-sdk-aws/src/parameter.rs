use std::borrow::Cow;

/// One field of a call's `aws` block: where in the request or the response it is found, what is taken of it, and its name.
///
/// A request's member is taken from what the service's crate offers to telemetry (top-level strings that are not sensitive), else from the
/// request's body where that is JSON. A response's member is taken from a JSON body. Bodies over 64 kB are not looked at.
///
/// ```
/// use xray_sdk_aws::{Parameter, Parameters};
///
/// let parameters = Parameters::default()
///     .record("DynamoDB", "Query", Parameter::request("FilterExpression"))
///     .record("DynamoDB", "BatchGetItem", Parameter::response_keys("Responses").named("answering_tables"));
/// # let _ = parameters;
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    pub(crate) member: Cow<'static, str>,
    pub(crate) source: Source,
    pub(crate) take: Take,
    /// Its name in the document, where that is not `member` in snake case.
    pub(crate) name: Option<Cow<'static, str>>,
}

/// Where a parameter is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    Request,
    RequestHeader,
    Response,
    ResponseHeader,
}

/// What is taken of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Take {
    /// The value as it is.
    Value,
    /// The number of elements of a list, or of entries of a map.
    Count,
    /// The keys of a map.
    Keys,
}

impl Parameter {
    /// A member of the request: its value as it is. Mind what it may hold: nothing is masked.
    pub fn request(member: impl Into<Cow<'static, str>>) -> Self {
        Self::new(member.into(), Source::Request, Take::Value)
    }

    /// The number of elements of a list in the request.
    pub fn request_count(member: impl Into<Cow<'static, str>>) -> Self {
        Self::new(member.into(), Source::Request, Take::Count)
    }

    /// The keys of a map in the request, without its values.
    pub fn request_keys(member: impl Into<Cow<'static, str>>) -> Self {
        Self::new(member.into(), Source::Request, Take::Keys)
    }

    /// A header of the request, in lower case.
    pub fn request_header(header: impl Into<Cow<'static, str>>) -> Self {
        Self::new(header.into(), Source::RequestHeader, Take::Value)
    }

    /// A member of the response: its value as it is. Mind what it may hold: nothing is masked.
    pub fn response(member: impl Into<Cow<'static, str>>) -> Self {
        Self::new(member.into(), Source::Response, Take::Value)
    }

    /// The number of elements of a list in the response.
    pub fn response_count(member: impl Into<Cow<'static, str>>) -> Self {
        Self::new(member.into(), Source::Response, Take::Count)
    }

    /// The keys of a map in the response, without its values.
    pub fn response_keys(member: impl Into<Cow<'static, str>>) -> Self {
        Self::new(member.into(), Source::Response, Take::Keys)
    }

    /// A header of the response, in lower case.
    pub fn response_header(header: impl Into<Cow<'static, str>>) -> Self {
        Self::new(header.into(), Source::ResponseHeader, Take::Value)
    }

    /// Its name in the `aws` block, instead of the member's in snake case.
    #[must_use]
    pub fn named(self, name: impl Into<Cow<'static, str>>) -> Self {
        Self {
            name: Some(name.into()),
            ..self
        }
    }

    fn new(member: Cow<'static, str>, source: Source, take: Take) -> Self {
        Self {
            member,
            source,
            take,
            name: None,
        }
    }

    /// One of the table's. An empty name stands for the member's in snake case.
    pub(crate) const fn constant(
        member: &'static str,
        source: Source,
        take: Take,
        name: &'static str,
    ) -> Self {
        Self {
            member: Cow::Borrowed(member),
            source,
            take,
            name: if name.is_empty() {
                None
            } else {
                Some(Cow::Borrowed(name))
            },
        }
    }

    /// The same, with its name spelled out.
    pub(crate) fn resolved(mut self) -> Self {
        if self.name.is_none() {
            self.name = Some(Cow::Owned(snake_case(&self.member)));
        }
        self
    }

    pub(crate) fn name(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.member)
    }
}

/// `QueueOwnerAWSAccountId` becomes `queue_owner_aws_account_id`, `x-amz-log-type` becomes `x_amz_log_type`.
fn snake_case(member: &str) -> String {
    let mut name = String::with_capacity(member.len() + 4);
    let letters: Vec<char> = member.chars().collect();
    for (index, &letter) in letters.iter().enumerate() {
        if !letter.is_ascii_alphanumeric() {
            name.push('_');
            continue;
        }
        let before = index.checked_sub(1).map(|before| letters[before]);
        let starts_word = letter.is_ascii_uppercase()
            && before.is_some_and(|before| {
                let ends_capitals = letters.get(index + 1).is_some_and(char::is_ascii_lowercase);
                before.is_ascii_lowercase()
                    || before.is_ascii_digit()
                    || (before.is_ascii_uppercase() && ends_capitals)
            });
        if starts_word {
            name.push('_');
        }
        name.push(letter.to_ascii_lowercase());
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_named_in_snake_case() {
        for (member, name) in [
            ("TableName", "table_name"),
            ("QueueOwnerAWSAccountId", "queue_owner_aws_account_id"),
            ("StreamARN", "stream_arn"),
            ("stateMachineArn", "state_machine_arn"),
            ("Key", "key"),
            ("x-amz-log-type", "x_amz_log_type"),
            ("S3Bucket", "s3_bucket"),
        ] {
            assert_eq!(Parameter::request(member).resolved().name(), name);
        }
        assert_eq!(
            Parameter::request("Bucket")
                .named("bucket_name")
                .resolved()
                .name(),
            "bucket_name"
        );
    }
}
