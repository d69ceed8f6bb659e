use std::borrow::Cow;

/// `text` without what may be secret in its URLs: user information and queries.
///
/// Errors of HTTP clients and databases name the URL that failed, so their messages pass through here.
pub(crate) fn without_secrets(text: &str) -> Cow<'_, str> {
    if !text.contains("://") {
        return Cow::Borrowed(text);
    }
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(scheme) = rest.find("://") {
        let begin = scheme + "://".len();
        kept.push_str(&rest[..begin]);
        let url = &rest[begin..];
        let mut url = &url[..url.find(ends_url).unwrap_or(url.len())];
        let query = url.find(['?', '#']).unwrap_or(url.len());
        // One URL in the path of another, as proxies have them, has its own secrets.
        if let Some(inner) = url[..query].find("://") {
            url = &url[..inner];
        }
        rest = &rest[begin + url.len()..];
        let path = url.find(['/', '?', '#']).unwrap_or(url.len());
        let host = url[..path].rfind('@').map_or(0, |at| at + 1);
        kept.push_str(&url[host..query.clamp(host, url.len())]);
    }
    kept.push_str(rest);
    Cow::Owned(kept)
}

/// What cannot stand in a URL, and what usually stands around one.
fn ends_url(letter: char) -> bool {
    letter.is_whitespace() || letter.is_control() || "\"'`<>(){}|\\^".contains(letter)
}

#[cfg(test)]
mod tests {
    use super::without_secrets;

    #[test]
    fn user_information_and_queries_are_removed() {
        for (text, clean) in [
            ("no url", "no url"),
            (
                "error sending request for url (http://me:hunter2@127.0.0.1:1/x?token=SECRET)",
                "error sending request for url (http://127.0.0.1:1/x)",
            ),
            (
                "postgres://u:p@ss@db/app and https://h?k=v#f then text?",
                "postgres://db/app and https://h then text?",
            ),
            ("http://[::1]:80/a?b=c", "http://[::1]:80/a"),
            ("http://", "http://"),
            ("a://b://c@d?e", "a://b://d"),
            ("http://h/x?u=http://y?z end", "http://h/x end"),
        ] {
            assert_eq!(without_secrets(text), clean, "{text}");
        }
    }
}
