use std::borrow::Cow;

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
    Host { pattern: String },
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
    /// `*` stands for any number of characters, `?` for exactly one; upper and lower case are the same. The host is
    /// compared, and used, without its port and in lower case. A pattern that admits any host (`*`) lets callers
    /// choose the names of segments.
    ///
    /// Matching takes time linear in the length of the host, and does not allocate.
    pub fn by_host(pattern: impl Into<String>) -> Self {
        Self(Kind::Host {
            pattern: pattern.into(),
        })
    }

    /// The name for one request: `recorder` is the recorder's name, `host` the host without port.
    pub(crate) fn name<'a>(&'a self, recorder: &'a str, host: Option<&'a str>) -> Cow<'a, str> {
        match (&self.0, host) {
            (Kind::Fixed(name), _) => Cow::Borrowed(name),
            (Kind::Host { pattern }, Some(host)) if matches(pattern, host) => lower_case(host),
            (Kind::Recorder | Kind::Host { .. }, _) => Cow::Borrowed(recorder),
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

/// Whether `text` is what `pattern` describes.
///
/// Only the last `*` is ever taken back: what an earlier one took can stay, because any later text that a longer
/// first match would reach, the later `*` reaches too. So each character is looked at at most once per character of
/// the pattern.
fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut in_pattern, mut in_text) = (0, 0);
    let mut last_star = None;
    while in_text < text.len() {
        match pattern.get(in_pattern) {
            Some(b'*') => {
                in_pattern += 1;
                last_star = Some((in_pattern, in_text));
            }
            Some(&expected)
                if expected == b'?' || expected.eq_ignore_ascii_case(&text[in_text]) =>
            {
                in_pattern += 1;
                in_text += 1;
            }
            _ => {
                let Some((after_star, taken)) = last_star else {
                    return false;
                };
                in_pattern = after_star;
                in_text = taken + 1;
                last_star = Some((after_star, in_text));
            }
        }
    }
    pattern[in_pattern..].iter().all(|&rest| rest == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_matches_as_x_ray_describes_wildcards() {
        for (pattern, host, expected) in [
            ("*", "", true),
            ("*", "shop.example.com", true),
            ("", "", true),
            ("", "shop", false),
            ("shop", "SHOP", true),
            ("Shop", "shop", true),
            ("sho?", "shop", true),
            ("sho?", "sho", false),
            ("?hop", "hop", false),
            ("*.example.com", "shop.example.com", true),
            ("*.example.com", "example.com", false),
            ("*.example.com", "shop.example.com.evil.test", false),
            ("shop.*.com", "shop.a.b.com", true),
            ("*a*b", "xaybxb", true),
            ("*a*b", "xayb!", false),
            ("a**b", "ab", true),
            ("*?", "", false),
            ("*?", "a", true),
            ("a*?c", "abbc", true),
            ("a*?c", "ac", false),
        ] {
            assert_eq!(matches(pattern, host), expected, "{pattern} on {host}");
        }
    }

    #[test]
    fn a_pattern_full_of_stars_does_not_take_forever() {
        assert!(!matches(&"*a".repeat(64), &"a".repeat(60)));
        assert!(!matches(&("*a".repeat(16) + "b"), &"a".repeat(20_000)));
    }

    #[test]
    fn the_recorder_names_what_no_pattern_names() {
        let naming = Naming::by_host("*.example.com");
        assert_eq!(
            naming.name("shop", Some("API.example.com")),
            "api.example.com"
        );
        assert_eq!(naming.name("shop", Some("localhost")), "shop");
        assert_eq!(naming.name("shop", None), "shop");
        assert_eq!(Naming::default().name("shop", Some("localhost")), "shop");
    }

    #[test]
    fn a_fixed_name_stands_in_place_of_the_recorders() {
        assert_eq!(
            Naming::fixed("admin").name("shop", Some("localhost")),
            "admin"
        );
    }
}
