//! Messages of databases that are known: which of their parts are names, and which may be values.

/// A message as a database writes it, with marks for its parts:
///
/// - `{}`: names of the schema, which are kept: words of letters, digits and `_`;
/// - `[]`: a name that is kept where the statement has it, for the database takes literals for names, too;
/// - `#`: a number of the message's own, kept;
/// - `*`: anything, replaced by `?`. At most one.
pub(super) type Template = &'static str;

/// What is told of `message`, if it is one of `templates`. `has_name` tells whether the statement without literals has that name.
pub(super) fn told<'t>(
    templates: impl IntoIterator<Item = &'t Template>,
    message: &str,
    has_name: &dyn Fn(&str) -> bool,
) -> Option<String> {
    let mut templates = templates.into_iter();
    templates.find_map(|template| fill(template, message, has_name))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Names,
    StatementName,
    Number,
    Anything,
}

impl Part {
    /// The first mark of a template: what it is, where it stands and how long it is.
    fn find(template: &str) -> Option<(Self, usize, usize)> {
        let marks = [
            (Self::Names, "{}"),
            (Self::StatementName, "[]"),
            (Self::Number, "#"),
            (Self::Anything, "*"),
        ];
        let found = marks
            .into_iter()
            .filter_map(|(part, mark)| Some((part, template.find(mark)?, mark.len())));
        found.min_by_key(|(_, place, _)| *place)
    }

    /// The text, if it may be told.
    fn keeps(self, text: &str, has_name: &dyn Fn(&str) -> bool) -> bool {
        match self {
            Self::Names => are_names(text),
            Self::StatementName => text.split('.').all(has_name),
            Self::Number => text.bytes().all(|byte| byte.is_ascii_digit()),
            Self::Anything => false,
        }
    }
}

fn fill(template: &str, message: &str, has_name: &dyn Fn(&str) -> bool) -> Option<String> {
    let (mut template, mut rest) = (template, message);
    let mut told = String::new();
    while let Some((part, place, length)) = Part::find(template) {
        rest = rest.strip_prefix(&template[..place])?;
        told.push_str(&template[..place]);
        template = &template[place + length..];
        // What follows the part, up to the next mark.
        let after = Part::find(template).map_or(template, |(_, place, _)| &template[..place]);
        let end = match part {
            _ if after.len() == template.len() => rest.strip_suffix(after)?.len(),
            // A value may hold what follows it.
            Part::Anything => rest.rfind(after)?,
            _ => rest.find(after)?,
        };
        match part.keeps(&rest[..end], has_name) {
            true => told.push_str(&rest[..end]),
            false => told.push('?'),
        }
        rest = &rest[end..];
    }
    (rest == template).then(|| told + template)
}

/// Words that are no numbers, in what stands around names: `"public"."users"`, `character varying(…)`.
fn are_names(text: &str) -> bool {
    let is_plain = |letter: char| letter.is_alphanumeric() || " _$.,-%".contains(letter);
    let mut words = text.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
    text.len() <= 200
        && text.chars().all(is_plain)
        && words.all(|word| !word.starts_with(|letter: char| letter.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    fn fill(template: &str, message: &str) -> Option<String> {
        super::fill(template, message, &|name| name == "orders")
    }

    #[test]
    fn names_are_kept_and_anything_else_is_replaced() {
        for (template, message, expected) in [
            ("deadlock", "deadlock", Some("deadlock")),
            ("deadlock", "deadlock S3cret", None),
            ("key \"{}\"", "key \"a_key\"", Some("key \"a_key\"")),
            ("key \"{}\"", "key \"S3\"cret\"", Some("key \"?\"")),
            ("key \"{}\"", "key \"7319\"", Some("key \"?\"")),
            ("no [] there", "no orders there", Some("no orders there")),
            ("no [] there", "no S3cret there", Some("no ? there")),
            ("no [] there", "no orders.S3cret there", Some("no ? there")),
            ("no [] there", "no  there", Some("no ? there")),
            (
                "'*' for '{}'",
                "'S3' for 'cret' for 'a_key'",
                Some("'?' for 'a_key'"),
            ),
            ("{}: \"*\"", "int: \"S3: \"cret\"", Some("int: \"?\"")),
            ("row #", "row 12", Some("row 12")),
            ("row #", "row S3cret", Some("row ?")),
            (
                "near '*' at line #",
                "near 'S3cret' at line 1",
                Some("near '?' at line 1"),
            ),
            ("syntax; *", "syntax; S3cret", Some("syntax; ?")),
            ("größe *", "größe é", Some("größe ?")),
            ("ab*ba", "aba", None),
        ] {
            assert_eq!(fill(template, message).as_deref(), expected, "{message}");
        }
    }
}
