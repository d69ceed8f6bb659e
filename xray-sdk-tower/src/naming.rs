use std::borrow::Cow;

use xray_sdk::sampling::Pattern;

/// How a server names the segments it opens.
///
/// Unless told otherwise a [`ServerLayer`](crate::ServerLayer) uses the recorder's name for every request, so one
/// process is one node of the service map.
///
/// A process that answers for several hosts can be one node for each of them:
///
/// ```
/// use xray_sdk_tower::Naming;
///
/// // "api.example.com" and "shop.example.com" name their own segments, any other host gets the recorder's name.
/// let naming = Naming::by_host("*.example.com");
/// # let _ = naming;
/// ```
#[derive(Debug, Clone)]
pub struct Naming(Kind);

#[derive(Debug, Clone)]
enum Kind {
    Recorder,
    Fixed(String),
    Host(Pattern),
}

impl Naming {
    /// Every segment has this name.
    ///
    /// It stands in place of the recorder's name, so `AWS_XRAY_TRACING_NAME`, which names the recorder, does not
    /// change it. Use it where one process serves two things that are two nodes of the map, such as a public and an
    /// administrative port.
    pub fn fixed(name: impl Into<String>) -> Self {
        Self(Kind::Fixed(name.into()))
    }

    /// A segment has the name of the host that was asked for, when that host matches `pattern`; else the recorder's.
    ///
    /// The wildcards are those of sampling rules, see [`Pattern`], which also tells what matching costs. The host is
    /// compared, and used, without its port and in lower case. A pattern that admits any host (`*`) lets callers
    /// choose the names of segments.
    pub fn by_host(pattern: impl Into<Pattern>) -> Self {
        Self(Kind::Host(pattern.into()))
    }

    /// The name for one request: `recorder` is the recorder's name, `host` tells the host without port, and is asked where it matters.
    #[inline]
    pub(crate) fn name<'a>(
        &'a self,
        recorder: &'a str,
        host: impl FnOnce() -> Option<&'a str>,
    ) -> Cow<'a, str> {
        match &self.0 {
            Kind::Recorder => Cow::Borrowed(recorder),
            Kind::Fixed(name) => Cow::Borrowed(name),
            Kind::Host(pattern) => match host() {
                Some(host) if pattern.matches(host) => lower_case(host),
                _ => Cow::Borrowed(recorder),
            },
        }
    }
}

impl Default for Naming {
    /// Every segment has the recorder's name.
    fn default() -> Self {
        Self(Kind::Recorder)
    }
}

fn lower_case(host: &str) -> Cow<'_, str> {
    if host.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(host.to_ascii_lowercase())
    } else {
        Cow::Borrowed(host)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_compared_with_the_wildcards_of_sampling_rules() {
        for (pattern, host, expected) in [
            ("sho?.example.com", "Shop.Example.COM", "shop.example.com"),
            ("*", "shop", "shop"),
            ("*.example.com", "example.com", "recorder"),
            ("*.example.com", "shop.example.com.evil.test", "recorder"),
            // A letter for each of a name's characters, not for each of its bytes.
            ("?", "ü", "ü"),
            ("??", "ü", "recorder"),
        ] {
            let naming = Naming::by_host(pattern);
            assert_eq!(
                naming.name("recorder", || Some(host)),
                expected,
                "{pattern} on {host}"
            );
        }
    }

    #[test]
    fn the_recorder_names_what_no_pattern_names() {
        let naming = Naming::by_host("*.example.com");
        assert_eq!(
            naming.name("shop", || Some("API.example.com")),
            "api.example.com"
        );
        assert_eq!(naming.name("shop", || Some("localhost")), "shop");
        assert_eq!(naming.name("shop", || None), "shop");
        assert_eq!(Naming::default().name("shop", || Some("localhost")), "shop");
    }

    #[test]
    fn a_fixed_name_stands_in_place_of_the_recorders() {
        assert_eq!(
            Naming::fixed("admin").name("shop", || Some("localhost")),
            "admin"
        );
    }
}
