//! X-Ray's limits on what a document holds, and the repairs that bring a text within them.
//!
//! Every function here is pure, and returns the text it was given, without copying, when that text is fine already.

use std::borrow::Cow;

use super::letters;

/// The largest document in bytes: a segment with all it embeds, or a subsegment sent on its own
/// (developer guide, "X-Ray segment documents": 64 kB).
pub const DOCUMENT_BYTES: usize = 64 * 1024;

/// The longest name of a segment or subsegment, in characters. The guide and the schema say so of segments; the guide lets
/// subsegments have 250, and the SDKs hold both to 200.
pub const NAME_CHARACTERS: usize = 200;

/// The longest text in `user`, `sql.user` and the request of `http`, in characters (segment document schema).
pub const TEXT_CHARACTERS: usize = 250;

/// The longest key of an annotation, in characters (segment document schema).
pub const ANNOTATION_KEY_CHARACTERS: usize = 500;

/// The longest text that an annotation holds, in characters (segment document schema).
pub const ANNOTATION_TEXT_CHARACTERS: usize = 1_000;

/// How many annotations X-Ray indexes of one trace (developer guide).
pub const ANNOTATIONS_PER_TRACE: usize = 50;

/// How many other traces one segment may link to (developer guide, on trace linking).
pub const LINKS_PER_SEGMENT: usize = 20;

/// How many links all segments of one trace may hold together (developer guide, on trace linking).
pub const LINKS_PER_TRACE: usize = 100;

/// The most that X-Ray keeps of one trace, in bytes, when its documents arrive close together; as little as 100 kB when they
/// arrive spread out (AWS re:Post).
pub const TRACE_BYTES: usize = 500 * 1024;

/// How many documents go into one PutTraceSegments call (the AWS daemon's batch size; the API model names no limit).
pub const DOCUMENTS_PER_CALL: usize = 50;

/// For how many days X-Ray keeps a trace, and so how old a segment may be (service quotas).
pub const RETENTION_DAYS: u32 = 30;

/// How deep subsegments stand in one another before a document is hard to read for others. Not a limit of X-Ray: many readers
/// refuse JSON of more than 128 levels, each subsegment costs two of them, and what it holds costs some more.
pub const NESTED_SUBSEGMENTS: usize = 50;

/// How many levels of JSON a document may have that is read here. Not a limit of X-Ray, whose documents end at 64 kB: it bounds the
/// stack that reading and dropping a document takes.
pub const JSON_LEVELS: usize = 256;

/// The name of a segment that was given none that X-Ray accepts.
pub const UNNAMED: &str = "unnamed";

/// Whether a name may hold `character`: letters, numbers and spaces of any script, and `_ . : / % & # = + - @`.
///
/// "Of any script" is what the segment document schema lists: Unicode 8.0, basic plane. Tabs and line ends are not in it.
pub fn is_name_character(character: char) -> bool {
    match character {
        'a'..='z' | 'A'..='Z' | '0'..='9' | ' ' => true,
        '_' | '.' | ':' | '/' | '%' | '&' | '#' | '=' | '+' | '-' | '@' => true,
        _ => !character.is_ascii() && letters::is_listed(character),
    }
}

/// Whether the key of an annotation may hold `character`: the letters and digits of ASCII, and `_`.
pub fn is_key_character(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_'
}

/// The name itself when X-Ray accepts it; else without the characters that it refuses, and cut to 200 characters.
///
/// What is left of a name of nothing but refused characters and spaces is [`UNNAMED`].
///
/// ```
/// use xray_sdk::document::limits::repair_name;
///
/// assert_eq!(repair_name("GET /orders/{id}"), "GET /orders/id");
/// assert_eq!(repair_name("(*)"), "unnamed");
/// ```
#[inline]
pub fn repair_name(name: &str) -> Cow<'_, str> {
    // Most names are of ASCII, where a byte tells enough and there are as many characters.
    let is_blank = name.as_bytes().first().is_none_or(|first| *first == b' ');
    if !is_blank && name.len() <= NAME_CHARACTERS && all_are_in(name, &NAME_BYTES) {
        return name.into();
    }
    repair_other_name(name)
}

fn repair_other_name(name: &str) -> Cow<'_, str> {
    if name.chars().all(is_name_character) {
        let cut = cut(name, NAME_CHARACTERS);
        return if cut.trim().is_empty() { UNNAMED } else { cut }.into();
    }
    let repaired: String = name
        .chars()
        .filter(|character| is_name_character(*character))
        .take(NAME_CHARACTERS)
        .collect();
    if repaired.trim().is_empty() {
        return UNNAMED.into();
    }
    repaired.into()
}

/// How many lists and objects of a text of JSON stand in one another at its deepest place. Of a text that is no JSON, some number.
///
/// ```
/// use xray_sdk::document::limits::json_levels;
///
/// assert_eq!(json_levels(br#"{"a": [{"b": "[[["}]}"#), 3);
/// ```
pub fn json_levels(json: &[u8]) -> usize {
    let (mut level, mut deepest) = (0_usize, 0);
    let (mut is_text, mut is_escaped) = (false, false);
    for byte in json {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = is_text,
            b'"' => is_text = !is_text,
            b'[' | b'{' if !is_text => {
                level += 1;
                deepest = deepest.max(level);
            }
            b']' | b'}' if !is_text => level = level.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// The key itself when X-Ray accepts it as an annotation's; else with `_` for each character that it refuses, and cut to 500
/// characters. An empty key becomes `_`.
///
/// ```
/// use xray_sdk::document::limits::repair_key;
///
/// assert_eq!(repair_key("user.id"), "user_id");
/// ```
#[inline]
pub fn repair_key(key: &str) -> Cow<'_, str> {
    let has_length = (1..=ANNOTATION_KEY_CHARACTERS).contains(&key.len());
    if has_length && all_are_in(key, &KEY_BYTES) {
        return key.into();
    }
    repair_other_key(key)
}

fn repair_other_key(key: &str) -> Cow<'_, str> {
    if key.is_empty() {
        return "_".into();
    }
    if key.chars().all(is_key_character) {
        return cut(key, ANNOTATION_KEY_CHARACTERS).into();
    }
    key.chars()
        .map(|character| {
            if is_key_character(character) {
                character
            } else {
                '_'
            }
        })
        .take(ANNOTATION_KEY_CHARACTERS)
        .collect::<String>()
        .into()
}

/// The bytes that are a whole character which a name may hold.
const NAME_BYTES: [bool; 256] = bytes_of(b" _.:/%&#=+-@");

/// The bytes that are a whole character which the key of an annotation may hold.
const KEY_BYTES: [bool; 256] = bytes_of(b"_");

/// Whether every byte of `text` is in this set. All are looked at: hardly any text has another.
#[inline]
fn all_are_in(text: &str, set: &[bool; 256]) -> bool {
    text.bytes()
        .fold(true, |all, byte| all & set[usize::from(byte)])
}

/// The letters and digits of ASCII, and these.
const fn bytes_of(others: &[u8]) -> [bool; 256] {
    let mut are_in = [false; 256];
    let mut byte = 0;
    while byte < 128 {
        are_in[byte] = (byte as u8).is_ascii_alphanumeric();
        byte += 1;
    }
    let mut place = 0;
    while place < others.len() {
        are_in[others[place] as usize] = true;
        place += 1;
    }
    are_in
}

/// The first `characters` characters of `text`, or all of it.
///
/// The schema counts characters, not bytes: a limit of 250 may be 1,000 bytes.
pub fn cut(text: &str, characters: usize) -> &str {
    // No character is shorter than a byte: most texts are known to fit without being read.
    if text.len() <= characters {
        return text;
    }
    match text.char_indices().nth(characters) {
        Some((end, _)) => &text[..end],
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_tells_what_its_character_does() {
        for byte in 0..=u8::MAX {
            let character = char::from(byte);
            let is_ascii = character.is_ascii();
            let place = usize::from(byte);
            assert_eq!(NAME_BYTES[place], is_ascii && is_name_character(character));
            assert_eq!(KEY_BYTES[place], is_key_character(character));
        }
    }

    #[test]
    fn a_good_name_is_not_copied() {
        for name in [
            "checkout",
            "GET /orders/7",
            "注文 サービス",
            "a_.:/%&#=+-@z",
        ] {
            assert!(
                matches!(repair_name(name), Cow::Borrowed(same) if same == name),
                "{name}"
            );
        }
    }

    #[test]
    fn refused_characters_leave_a_name() {
        for (name, repaired) in [
            ("orders?id=7", "ordersid=7"),
            ("a\\b\tc\nd", "abcd"),
            ("caf\u{e9} 😀!", "café "),
            ("DROP TABLE (x);", "DROP TABLE x"),
        ] {
            assert_eq!(repair_name(name), repaired);
        }
    }

    #[test]
    fn nothing_left_is_named_all_the_same() {
        for name in ["", "   ", "???", "\u{3000}", "! !"] {
            assert_eq!(repair_name(name), UNNAMED);
        }
    }

    #[test]
    fn a_long_name_is_cut_on_a_character() {
        let repaired = repair_name(&"é".repeat(201)).into_owned();
        assert_eq!(repaired, "é".repeat(200));
        let repaired = repair_name(&"é?".repeat(201)).into_owned();
        assert_eq!(repaired, "é".repeat(200));
    }

    #[test]
    fn a_key_keeps_its_length_and_loses_its_signs() {
        assert!(matches!(repair_key("order_id"), Cow::Borrowed("order_id")));
        assert_eq!(repair_key("user.id"), "user_id");
        assert_eq!(repair_key("größe"), "gr__e");
        assert_eq!(repair_key(""), "_");
        assert_eq!(repair_key(&"k".repeat(501)).len(), 500);
        assert_eq!(repair_key(&".".repeat(501)), "_".repeat(500));
    }

    #[test]
    fn a_cut_counts_characters() {
        assert_eq!(cut("añb", 3), "añb");
        assert_eq!(cut("añb", 2), "añ");
        assert_eq!(cut("añb", 0), "");
    }
}
