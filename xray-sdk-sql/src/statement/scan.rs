//! Where strings, comments and numbers end. Positions are in bytes; none lies beyond the end of the text.

/// What a backslash does in a string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Backslash {
    /// Nothing: names in quotes, and strings of SQLite.
    Plain,
    /// It hides the character after it: strings of PostgreSQL with an `E` before them.
    Escape,
    /// One or the other, by a setting of the server that is not known.
    Depends,
}

/// How a string ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// Just before this position.
    At(usize),
    /// Nowhere.
    Never,
    /// Depends on a setting of the server.
    Doubtful,
}

/// The end of a text in quotes, which begins at `at`, after the opening quote. Two quotes stand for one.
pub(super) fn quoted(text: &[u8], mut at: usize, quote: u8, backslash: Backslash) -> End {
    loop {
        let rest = text.get(at..).unwrap_or_default();
        let found = rest
            .iter()
            .position(|&byte| byte == quote || (byte == b'\\' && backslash != Backslash::Plain));
        let Some(found) = found else {
            return End::Never;
        };
        let (byte, next) = (rest[found], rest.get(found + 1).copied());
        at += found;
        if byte == quote {
            if next != Some(quote) {
                return End::At(at + 1);
            }
            at += 2;
        } else if next == Some(quote) && backslash == Backslash::Depends {
            // Both readings agree on two backslashes, and on one before anything else.
            return End::Doubtful;
        } else {
            at += 2;
        }
    }
}

/// The end of a name in brackets, which begins at `at`. It holds no bracket itself.
pub(super) fn bracketed(text: &[u8], at: usize) -> End {
    let rest = text.get(at..).unwrap_or_default();
    match rest.iter().position(|&byte| byte == b']') {
        Some(length) => End::At(at + length + 1),
        None => End::Never,
    }
}

/// The end of a dollar-quoted text whose tag, with both dollars, begins at `start`; `None` when there is no such tag.
pub(super) fn dollar_quoted(text: &[u8], start: usize) -> Option<End> {
    let rest = &text[start..];
    let inner = rest[1..].iter().position(|&byte| byte == b'$')?;
    let tag = &rest[..inner + 2];
    let name = &tag[1..tag.len() - 1];
    let is_name = name.iter().all(|&byte| continues_word(byte))
        && !name.first().is_some_and(u8::is_ascii_digit);
    if !is_name {
        return None;
    }
    let mut at = start + tag.len();
    while let Some(found) = text[at..].iter().position(|&byte| byte == b'$') {
        at += found;
        if text[at..].starts_with(tag) {
            return Some(End::At(at + tag.len()));
        }
        at += 1;
    }
    Some(End::Never)
}

/// The end of a number that begins at `start`, with all letters that are stuck to it.
pub(super) fn number(text: &[u8], start: usize) -> usize {
    let is_hex = matches!(text.get(start..start + 2), Some([b'0', b'x' | b'X']));
    let mut at = start + 1;
    while let Some(&byte) = text.get(at) {
        let is_exponent = matches!(byte, b'+' | b'-')
            && !is_hex
            && matches!(text[at - 1], b'e' | b'E')
            && text.get(at + 1).is_some_and(u8::is_ascii_digit);
        if !(continues_word(byte) || byte == b'.' || is_exponent) {
            break;
        }
        at += 1;
    }
    at
}

/// The end of a word that begins before `at`.
pub(super) fn word(text: &[u8], at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    let length = rest
        .iter()
        .position(|&byte| !(continues_word(byte) || byte == b'$'));
    at + length.unwrap_or(rest.len())
}

/// The end of a comment that lasts to the end of its line, which begins before `at`.
pub(super) fn line(text: &[u8], at: usize, also_return: bool) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    let length = rest
        .iter()
        .position(|&byte| byte == b'\n' || (also_return && byte == b'\r'));
    at + length.unwrap_or(rest.len())
}

/// The end of a comment in `/*` and `*/`, which begins at `start`. One that is not terminated lasts to the end.
pub(super) fn comment(text: &[u8], start: usize, is_nested: bool) -> usize {
    let mut depth = 1;
    let mut at = start + 2;
    while let Some(pair) = text.get(at..at + 2) {
        match pair {
            b"*/" => {
                depth -= 1;
                at += 2;
                if depth == 0 {
                    return at;
                }
            }
            b"/*" if is_nested => {
                depth += 1;
                at += 2;
            }
            _ => at += 1,
        }
    }
    text.len()
}

/// How long the beginning is of a comment `/*!` that every server executes, after the `/*`. With a version those do that are of this one at least;
/// but MariaDB leaves out 50700 to 99999, which it takes for versions of MySQL (MariaDB manual, "Comment Syntax").
pub(super) fn executed_by_all(text: &[u8]) -> Option<usize> {
    const OLDEST: u32 = 50_699;
    let rest = text.strip_prefix(b"!")?;
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let version = match digits {
        0 => 0,
        5 => rest[..5]
            .iter()
            .fold(0, |number, digit| number * 10 + u32::from(digit - b'0')),
        // Six belong to the version, or the last is the first of a number, by the server.
        _ => return None,
    };
    (version <= OLDEST).then_some(1 + digits)
}

/// The end of a comment of which it is not known whether it is executed, after its `/*`; `None` where its end depends on that.
pub(super) fn plain_inside(text: &[u8]) -> Option<usize> {
    let length = text.windows(2).position(|pair| pair == b"*/")?;
    let inside = &text[..length];
    let is_clear = !inside.iter().any(|byte| b"'\"`#\\".contains(byte))
        && !inside.windows(2).any(|pair| matches!(pair, b"--" | b"/*"));
    is_clear.then_some(length + 2)
}

/// Letters, digits, `_`, and every byte of a character beyond ASCII.
#[inline]
pub(super) fn continues_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}
