use std::fmt;
use std::str::Chars;
use std::sync::Arc;

/// Text with wildcards, as X-Ray's sampling rules have it: `*` stands for any number of characters, `?` for exactly one.
///
/// The whole text has to match. Upper and lower case are the same.
///
/// ```
/// use xray_sdk::sampling::Pattern;
///
/// let pattern = Pattern::new("*.example.com");
/// assert!(pattern.matches("Shop.Example.com"));
/// assert!(!pattern.matches("example.com"));
/// ```
///
/// Matching allocates nothing and does not recurse. It looks at each character of the text at most once for each character of
/// the pattern, whatever both are: a caller cannot make it take long by choosing a path.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Pattern {
    text: Arc<str>,
    matches_all: bool,
}

impl Pattern {
    /// Reads a pattern. Every text is one; the empty pattern matches the empty text only.
    pub fn new(text: impl Into<Arc<str>>) -> Self {
        let text = text.into();
        let matches_all = !text.is_empty() && text.bytes().all(|byte| byte == b'*');
        Self { text, matches_all }
    }

    /// `*`, which matches everything.
    pub fn any() -> Self {
        Self::new("*")
    }

    /// The text of the pattern.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether `text` is what the pattern describes.
    pub fn matches(&self, text: &str) -> bool {
        self.matches_all || matches_after_beginning(&self.text, text)
    }

    /// Whether the pattern describes `text`; what is not known matches every pattern.
    pub(super) fn matches_if_known(&self, text: Option<&str>) -> bool {
        text.is_none_or(|text| self.matches(text))
    }
}

/// Most patterns begin with letters, most of those with others than the text: that is seen from the bytes.
fn matches_after_beginning(pattern: &str, text: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii() && byte != b'*' && byte != b'?';
    let mut same = 0;
    for (expected, found) in pattern.bytes().zip(text.bytes()) {
        if !is_letter(expected) || !found.is_ascii() {
            break;
        }
        if !expected.eq_ignore_ascii_case(&found) {
            return false;
        }
        same += 1;
    }
    matches(pattern[same..].chars(), text[same..].chars())
}

/// Only the last `*` ever takes more than it took at first. What an earlier one took can stay: any text that is reached when
/// it takes more, the later one reaches too.
fn matches<'a>(mut pattern: Chars<'a>, mut text: Chars<'a>) -> bool {
    // What follows the last star, and the text that this star has not taken.
    let mut star: Option<(Chars<'a>, Chars<'a>)> = None;
    loop {
        let (mut pattern_after, mut text_after) = (pattern.clone(), text.clone());
        match (pattern_after.next(), text_after.next()) {
            (None, None) => return true,
            (Some('*'), _) => {
                if pattern_after.as_str().is_empty() {
                    return true;
                }
                star = Some((pattern_after.clone(), text.clone()));
                pattern = pattern_after;
            }
            (Some(expected), Some(found)) if expected == '?' || is_same(expected, found) => {
                (pattern, text) = (pattern_after, text_after);
            }
            // The text is used up, and a star that takes more would leave even less.
            (Some(_), None) => return false,
            (_, Some(_)) => {
                let Some((after, untaken)) = &mut star else {
                    return false;
                };
                untaken.next();
                (pattern, text) = (after.clone(), untaken.clone());
            }
        }
    }
}

fn is_same(one: char, other: char) -> bool {
    one == other
        || one.eq_ignore_ascii_case(&other)
        || !one.is_ascii() && !other.is_ascii() && one.to_lowercase().eq(other.to_lowercase())
}

impl Default for Pattern {
    /// `*`, which matches everything.
    fn default() -> Self {
        Self::any()
    }
}

impl From<&str> for Pattern {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl From<String> for Pattern {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, f)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn wildcards_are_those_of_x_ray() {
        for (pattern, text, expected) in [
            ("*", "", true),
            ("**", "", true),
            ("*", "shop.example.com", true),
            ("", "", true),
            ("", "shop", false),
            ("shop", "", false),
            ("shop", "SHOP", true),
            ("Shop", "shop", true),
            ("sho?", "shop", true),
            ("sho?", "sho", false),
            ("?hop", "hop", false),
            ("?", "", false),
            ("?", "ü", true),
            ("??", "ü", false),
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
            ("/ÄPFEL/*", "/äpfel/3", true),
            ("a*", "*", false),
            ("\\*", "\\anything", true),
        ] {
            assert_eq!(
                Pattern::new(pattern).matches(text),
                expected,
                "{pattern} on {text}"
            );
        }
    }

    #[test]
    fn a_star_in_the_text_is_a_letter_like_any_other() {
        let pattern = Pattern::new("*ab");
        assert!(pattern.matches("*ab"));
        assert!(pattern.matches("**ab"));
        assert!(!pattern.matches("*a"));
    }

    #[test]
    fn what_is_not_known_matches() {
        assert!(Pattern::new("shop").matches_if_known(None));
        assert!(!Pattern::new("shop").matches_if_known(Some("")));
    }

    #[test]
    fn a_pattern_full_of_stars_does_not_take_forever() {
        assert!(!Pattern::new("*a".repeat(64)).matches(&"a".repeat(60)));
        assert!(!Pattern::new("*a".repeat(16) + "b").matches(&"a".repeat(20_000)));
        assert!(!Pattern::new("*?".repeat(64) + "b").matches(&"a".repeat(8_000)));
    }

    /// By definition, with no regard to time.
    fn by_definition(pattern: &[char], text: &[char]) -> bool {
        match (pattern.split_first(), text.split_first()) {
            (None, None) => true,
            (None, Some(_)) => false,
            (Some(('*', rest)), _) => {
                (0..=text.len()).any(|taken| by_definition(rest, &text[taken..]))
            }
            (Some(_), None) => false,
            (Some((expected, rest)), Some((found, after))) => {
                (*expected == '?' || expected.to_lowercase().eq(found.to_lowercase()))
                    && by_definition(rest, after)
            }
        }
    }

    proptest! {
        #[test]
        fn it_matches_what_it_should_by_definition(pattern in "[abA?*é]{0,8}", text in "[abB*É]{0,10}") {
            let letters = |text: &str| text.chars().collect::<Vec<_>>();
            prop_assert_eq!(
                Pattern::new(pattern.as_str()).matches(&text),
                by_definition(&letters(&pattern), &letters(&text))
            );
        }

        #[test]
        fn any_text_matches_itself_and_its_beginning_with_a_star(text in "[^*?]{0,40}", cut in 0usize..40) {
            prop_assert!(Pattern::new(text.as_str()).matches(&text));
            let beginning: String = text.chars().take(cut).collect();
            prop_assert!(Pattern::new(beginning + "*").matches(&text));
        }

        #[test]
        fn any_pattern_and_any_text_are_answered(pattern in ".{0,60}", text in ".{0,200}") {
            let _ = Pattern::new(pattern).matches(&text);
        }
    }
}
