//! Text that goes to a terminal.

/// The text on one line, without characters that would move the cursor or turn the direction of writing: documents come
/// from anyone, and a terminal does what such characters say.
///
/// ```
/// assert_eq!(xray_local::printable("SELECT *\n  FROM\u{1b}[2J"), "SELECT * FROM\u{fffd}[2J");
/// ```
pub fn printable(text: &str) -> String {
    let words: Vec<_> = text.split_whitespace().collect();
    words.join(" ").replace(is_harmful, "\u{fffd}")
}

/// JSON that means the same, with the characters that [`printable`] leaves out as escapes.
///
/// ```
/// let json = "{\"name\":\"a\u{9b}2J\"}";
/// assert_eq!(xray_local::printable_json(json), r#"{"name":"a\u009b2J"}"#);
/// ```
pub fn printable_json(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for letter in json.chars() {
        // Line breaks and tabs stand between values: within texts they are escapes already.
        if is_harmful(letter) && !matches!(letter, '\n' | '\t' | '\r') {
            text.push_str(&format!("\\u{:04x}", u32::from(letter)));
        } else {
            text.push(letter);
        }
    }
    text
}

fn is_harmful(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// The text, cut to a number of characters with a mark where it was cut.
pub(crate) fn cut(text: &str, characters: usize) -> String {
    match text.char_indices().nth(characters) {
        None => text.to_owned(),
        Some(_) => {
            let kept = text.chars().take(characters.saturating_sub(1));
            kept.chain(['…']).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_documents_cannot_steer_the_terminal() {
        assert_eq!(
            printable("SELECT *\n  FROM\torders"),
            "SELECT * FROM orders"
        );
        assert_eq!(printable("a\x1b[31mb\x07"), "a\u{fffd}[31mb\u{fffd}");
        assert_eq!(printable("a\u{202e}b"), "a\u{fffd}b");
        assert_eq!(printable("Größe 中文"), "Größe 中文");
    }

    #[test]
    fn cutting_counts_characters_and_marks_the_cut() {
        assert_eq!(cut("größe", 5), "größe");
        assert_eq!(cut("größer", 5), "größ…");
        assert_eq!(cut("ab", 1), "…");
        assert_eq!(cut("", 0), "");
    }
}
