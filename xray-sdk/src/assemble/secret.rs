use std::borrow::Cow;

/// `text` without what may be secret in it: user information and queries of URLs, and the values of settings as `password=…`.
///
/// Errors of HTTP clients and databases name what they were to connect to, so their messages pass through here.
pub(crate) fn without_secrets(text: &str) -> Cow<'_, str> {
    match without_url_secrets(text) {
        Cow::Borrowed(text) => without_settings(text),
        Cow::Owned(text) => Cow::Owned(without_settings(&text).into_owned()),
    }
}

/// What the name of a setting ends with whose value is secret.
const SECRET_SETTINGS: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "pwd",
    "secret",
    "token",
    "apikey",
    "api_key",
    "accesskey",
    "access_key",
];

/// Connection strings as libpq, ODBC and .NET have them: `host=db password='it''s'`. The value is what stands in its quotes, or all up to
/// the next blank: what ends it else depends on who reads it.
fn without_settings(text: &str) -> Cow<'_, str> {
    let mut kept = String::new();
    let mut rest = text;
    while let Some(sign) = rest.find('=') {
        let (before, after) = (&rest[..sign], &rest[sign + 1..]);
        if !is_secret(before) {
            kept.push_str(&rest[..=sign]);
            rest = after;
            continue;
        }
        let value = after.trim_start_matches(' ');
        kept.push_str(&rest[..=sign]);
        kept.push('?');
        rest = &value[length_of_value(value)..];
    }
    if kept.is_empty() {
        return Cow::Borrowed(text);
    }
    kept.push_str(rest);
    Cow::Owned(kept)
}

fn is_secret(before: &str) -> bool {
    let before = before.trim_end_matches(' ').as_bytes();
    SECRET_SETTINGS.iter().any(|name| {
        let start = before.len().checked_sub(name.len());
        start.is_some_and(|start| before[start..].eq_ignore_ascii_case(name.as_bytes()))
    })
}

fn length_of_value(value: &str) -> usize {
    let quote = value
        .chars()
        .next()
        .filter(|first| matches!(first, '\'' | '"'));
    let mut letters = value.char_indices().skip(usize::from(quote.is_some()));
    while let Some((place, letter)) = letters.next() {
        match (letter, quote) {
            ('\\', _) => drop(letters.next()),
            (_, Some(quote)) if letter == quote => return place + 1,
            (_, None) if letter.is_whitespace() => return place,
            _ => {}
        }
    }
    value.len()
}

fn without_url_secrets(text: &str) -> Cow<'_, str> {
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
        let url = without_user(url);
        let query = url.find(['?', '#']).unwrap_or(url.len());
        let path = url.find('/').unwrap_or(query).min(query);
        // What is no number is no port.
        let host = odd_port(&url[..path]).unwrap_or(path);
        kept.push_str(&url[..host]);
        kept.push_str(&url[path..query]);
    }
    kept.push_str(rest);
    Cow::Owned(kept)
}

/// The URL, without its scheme, from its host on.
fn without_user(url: &str) -> &str {
    let path = url.find(['/', '?', '#']).unwrap_or(url.len());
    let at = match url[..path].rfind('@') {
        // A password may hold what ends the host elsewhere, although it must not.
        None if odd_port(&url[..path]).is_some() => url.rfind('@'),
        at => at,
    };
    at.map_or(url, |at| &url[at + 1..])
}

/// Where the port begins, with its colon, if it is none.
fn odd_port(host: &str) -> Option<usize> {
    let after_bracket = host.rfind(']').unwrap_or(0);
    let colon = after_bracket + host[after_bracket..].rfind(':')?;
    let is_number = host[colon + 1..].bytes().all(|byte| byte.is_ascii_digit());
    (!is_number).then_some(colon)
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
            ("postgres://u:p/w@db/app", "postgres://db/app"),
            ("postgres://u:p?w#x@db:5432/app?y", "postgres://db:5432/app"),
            ("postgres://u:pw@db:secret/app", "postgres://db/app"),
            ("http://db:secret", "http://db"),
            ("https://h/@me/x", "https://h/@me/x"),
        ] {
            assert_eq!(without_secrets(text), clean, "{text}");
        }
    }

    #[test]
    fn values_of_secret_settings_are_removed() {
        for (text, clean) in [
            (
                "host=db password=hunter2 user=app",
                "host=db password=? user=app",
            ),
            (
                "no connection to host=db password='it\\'s hunter2' user=app",
                "no connection to host=db password=? user=app",
            ),
            ("password = hunter2", "password =?"),
            ("password=with\\ hunter2 user=app", "password=? user=app"),
            ("Server=db;PASSWORD=hunter2;Uid=app", "Server=db;PASSWORD=?"),
            ("db:6379,password=hunter2,ssl=true", "db:6379,password=?"),
            (
                "sslpassword=\"hunter 2\" access_token=hunter2",
                "sslpassword=? access_token=?",
            ),
            ("password='hunter2", "password=?"),
            ("password=", "password=?"),
            ("password=é=é", "password=?"),
            ("a=b c==d", "a=b c==d"),
            ("=", "="),
            (
                "postgres://db/app?password=hunter2 failed",
                "postgres://db/app failed",
            ),
        ] {
            assert_eq!(without_secrets(text), clean, "{text}");
        }
    }
}
