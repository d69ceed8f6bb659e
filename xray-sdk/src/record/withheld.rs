use std::borrow::Cow;

/// Texts that a segment's exceptions must not hold, each with what is written in its place.
#[derive(Default)]
pub(crate) struct Withheld(Vec<Pair>);

struct Pair {
    /// Its beginning, if it is longer than [`LONGEST`].
    text: String,
    /// The same as `Debug` writes it, where that differs.
    escaped: Option<String>,
    told: String,
    is_cut: bool,
}

/// So many texts of one segment are withheld, those that came last: a segment in which more calls fail repeats itself.
const MOST: usize = 32;

/// So many bytes of a text are compared: with [`MOST`] this bounds the memory of a segment at 128 kB.
const LONGEST: usize = 1024;

/// A shorter text stands in any message.
const SHORTEST: usize = 3;

impl Withheld {
    pub(crate) fn add(&mut self, text: &str, told: &str) {
        let text = text.trim();
        let cut = cut(text);
        let is_cut = cut.len() < text.len();
        let is_known = |pair: &Pair| pair.text == cut && pair.is_cut == is_cut;
        if text.len() < SHORTEST || self.0.iter().any(is_known) {
            return;
        }
        if self.0.len() == MOST {
            self.0.remove(0);
        }
        let escaped = cut.escape_debug().to_string().replace("\\'", "'");
        self.0.push(Pair {
            text: cut.to_owned(),
            escaped: Some(escaped).filter(|escaped| escaped != cut),
            told: self::cut(told).to_owned(),
            is_cut,
        });
    }

    /// The message without any of them.
    pub(crate) fn clean<'m>(&self, message: &'m str) -> Cow<'m, str> {
        let mut message = Cow::Borrowed(message);
        // One may be the beginning of another.
        let mut pairs: Vec<_> = self.0.iter().collect();
        pairs.sort_by_key(|pair| std::cmp::Reverse((pair.text.len(), pair.is_cut)));
        for pair in pairs {
            for text in [Some(&pair.text), pair.escaped.as_ref()]
                .into_iter()
                .flatten()
            {
                if let Some(clean) = pair.replace(text, &message) {
                    message = Cow::Owned(clean);
                }
            }
        }
        message
    }
}

impl Pair {
    /// `message` with what is told wherever `text` stands in it; `None` where it does not.
    fn replace(&self, text: &str, message: &str) -> Option<String> {
        let first = message.find(text)?;
        if self.is_cut {
            // The rest of it follows, to an end that is not known.
            return Some(format!("{}{}", &message[..first], self.told));
        }
        Some(message.replace(text, &self.told))
    }
}

fn cut(text: &str) -> &str {
    let mut end = LONGEST.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clean(text: &str, message: &str) -> String {
        let mut withheld = Withheld::default();
        let half: String = text.chars().take(text.chars().count() / 2).collect();
        withheld.add(&half, "(half)");
        withheld.add(text, "(told)");
        withheld.clean(message).into_owned()
    }

    #[test]
    fn it_is_replaced_wherever_it_stands() {
        for (text, message, expected) in [
            ("key 'a' is taken", "load: key 'a' is taken", "load: (told)"),
            (
                "key 'a' is taken",
                "key 'a' is takenkey 'a' is taken",
                "(told)(told)",
            ),
            (
                "no \"a\"\n",
                "Error { text: \"no \\\"a\\\"\" }",
                "Error { text: \"(told)\" }",
            ),
            ("it's \\ é", "\"it's \\\\ é\"", "\"(told)\""),
            ("key 'a' is taken", "nothing of that", "nothing of that"),
            ("ab", "ab", "ab"),
        ] {
            assert_eq!(clean(text, message), expected);
        }
    }

    #[test]
    fn a_long_text_takes_the_rest_of_the_message_along() {
        let long = "é".repeat(LONGEST);
        assert_eq!(clean(&long, &format!("load: {long} in t")), "load: (told)");
        assert_eq!(
            clean(&long, &format!("load: {}", cut(&long))),
            "load: (told)"
        );
    }

    #[test]
    fn the_texts_are_bounded_and_the_last_ones_stay() {
        let mut withheld = Withheld::default();
        for number in 0..MOST + 5 {
            withheld.add(&format!("number {number:03}"), "(told)");
            withheld.add(&format!("number {number:03}"), "(told)");
        }
        assert_eq!(withheld.0.len(), MOST);
        assert_eq!(
            withheld.clean("number 036, number 004"),
            "(told), number 004"
        );
    }
}
