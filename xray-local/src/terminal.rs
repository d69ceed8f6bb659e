//! Text that goes to a terminal.

/// The text on one line, without characters that would move the cursor or turn the direction of writing: documents come
/// from anyone, and go to a terminal here.
pub(crate) fn printable(text: &str) -> String {
    let words: Vec<_> = text.split_whitespace().collect();
    let is_harmful = |letter: char| {
        letter.is_control()
            || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    words.join(" ").replace(is_harmful, "\u{fffd}")
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
