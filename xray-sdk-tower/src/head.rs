use http::header::{self, HeaderMap, HeaderName, HeaderValue};

static HOST: HeaderName = header::HOST;
static USER_AGENT: HeaderName = header::USER_AGENT;
static FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
static FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// What describes a request in its head, found in one pass: to look a name up costs as much as to see a dozen of others.
#[derive(Default)]
pub(crate) struct Head<'a> {
    pub(crate) host: Option<&'a HeaderValue>,
    pub(crate) user_agent: Option<&'a HeaderValue>,
    pub(crate) forwarded_for: Option<&'a HeaderValue>,
    pub(crate) forwarded_proto: Option<&'a HeaderValue>,
}

impl<'a> Head<'a> {
    /// Of several values of one name the first counts.
    pub(crate) fn of(headers: &'a HeaderMap) -> Self {
        let mut head = Self::default();
        for (name, value) in headers {
            // By the names and not by their texts: of most names that is one byte.
            let place = if *name == HOST {
                &mut head.host
            } else if *name == USER_AGENT {
                &mut head.user_agent
            } else if *name == FORWARDED_FOR {
                &mut head.forwarded_for
            } else if *name == FORWARDED_PROTO {
                &mut head.forwarded_proto
            } else {
                continue;
            };
            place.get_or_insert(value);
        }
        head
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_looked_for_is_found_among_others() {
        let names = [
            "accept",
            "host",
            "user-agent",
            "x-forwarded-for",
            "x-forwarded-proto",
            "x-forwarded-host",
        ];
        let mut headers = HeaderMap::new();
        for name in names {
            headers.append(name, HeaderValue::from_static(name));
            headers.append(name, HeaderValue::from_static("another"));
        }
        let head = Head::of(&headers);
        let found = [
            head.host,
            head.user_agent,
            head.forwarded_for,
            head.forwarded_proto,
        ];
        let expected: Vec<_> = names[1..5].iter().map(|name| headers.get(*name)).collect();
        assert_eq!(found[..], expected);
    }

    #[test]
    fn nothing_is_found_where_nothing_is() {
        let headers = HeaderMap::new();
        let head = Head::of(&headers);
        assert!(head.host.is_none() && head.user_agent.is_none());
    }
}
