//! What could stand where a text ends: told by the parser itself, which knows what it looks for.

use super::{FAILURES, PARTS, Parser, Subject};
use crate::filter::expression::{Field, Operator, Text};
use crate::filter::keyword;
use crate::filter::token::{Token, tokens};

/// What could come next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Hope {
    /// A keyword, an operator, a sign, or a word that joins conditions.
    Word(String),
    /// `annotation.` and a key.
    Annotation,
    /// A value of the annotation with this key.
    AnnotationValue(String),
    /// A value of a text.
    TextValue(Text),
    /// The name of a service.
    Service,
    /// The type of a service.
    ServiceType,
    /// The name of a group.
    GroupName,
    /// The ARN of a group.
    GroupArn,
}

/// What could come next, and what has been typed of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Hopes {
    /// What stands before it, in characters.
    pub(crate) from: usize,
    /// The begin of a word, or of a text without its double quote.
    pub(crate) typed: String,
    pub(crate) all: Vec<Hope>,
}

impl Hopes {
    /// What could be typed at the end of a text. Nothing where it cannot become an expression.
    pub(crate) fn behind(text: &str) -> Self {
        let Some(from) = typed_from(text) else {
            return Self::default();
        };
        let at = text
            .char_indices()
            .nth(from)
            .map_or(text.len(), |(at, _)| at);
        let (before, typed) = text.split_at(at);
        let Ok(tokens) = tokens(before) else {
            return Self::default();
        };
        let mut parser = Parser {
            hopes: Some(Vec::new()),
            ..Parser::new(tokens)
        };
        // An error is what is to be expected of half an expression.
        let _ = parser.any(Subject::Trace);
        Self {
            from,
            typed: typed.trim_start_matches('"').to_owned(),
            all: parser.hopes.unwrap_or_default(),
        }
    }
}

/// Where the word begins that is being typed, in characters. Nowhere in a text that has no sense so far.
fn typed_from(text: &str) -> Option<usize> {
    let all = text.chars().count();
    match tokens(text) {
        Ok(tokens) => {
            let last = tokens.iter().rev().nth(1);
            let is_word = |token: &Token<'_>| matches!(token, Token::Word(_) | Token::Number(_));
            let open =
                last.filter(|last| is_word(&last.token) && !text.ends_with(char::is_whitespace));
            Some(open.map_or(all, |last| last.column - 1))
        }
        Err(error) => {
            let at = error.column() - 1;
            (text.chars().nth(at) == Some('"')).then_some(at)
        }
    }
}

impl Parser<'_> {
    /// Remembers what could stand here, where the text ends here.
    fn hope<const N: usize>(&mut self, hopes: [Hope; N]) {
        let is_end = *self.peek() == Token::End;
        if let Some(all) = self.hopes.as_mut().filter(|_| is_end) {
            all.extend(hopes);
        }
    }

    pub(super) fn hope_for_word(&mut self, word: &str) {
        if self.hopes.is_some() {
            self.hope([Hope::Word(word.to_owned())]);
        }
    }

    pub(super) fn hope_for(&mut self, hope: Hope) {
        self.hope([hope]);
    }

    pub(super) fn hope_for_condition(&mut self, subject: Subject) {
        if self.hopes.is_none() {
            return;
        }
        for word in keyword::words(subject) {
            match word {
                "annotation." => self.hope([Hope::Annotation]),
                "rootcause." => {
                    for (failure, _) in FAILURES {
                        for (part, _) in PARTS {
                            self.hope_for_word(&format!("rootcause.{failure}.{part}"));
                        }
                    }
                    self.hope_for_word("rootcause.json");
                }
                "group." => {
                    self.hope(["group.name", "group.arn"].map(|word| Hope::Word(word.to_owned())));
                }
                word => self.hope_for_word(word),
            }
        }
    }

    pub(super) fn hope_for_operator(&mut self, field: &Field) {
        if self.hopes.is_none() {
            return;
        }
        for operator in Operator::ALL {
            if keyword::compares(field, operator) {
                self.hope_for_word(&keyword::sign(operator).to_ascii_uppercase());
            }
        }
    }

    pub(super) fn hope_for_value(&mut self, field: &Field) {
        match field {
            Field::Flag(_) => self.hope(["true", "false"].map(|word| Hope::Word(word.to_owned()))),
            Field::Number(_) => {}
            Field::Text(text) => self.hope([Hope::TextValue(*text)]),
            Field::Annotation(key) => self.hope([Hope::AnnotationValue(key.clone())]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        let word = |hope| match hope {
            Hope::Word(word) => word,
            other => format!("{other:?}"),
        };
        Hopes::behind(text).all.into_iter().map(word).collect()
    }

    fn typed(text: &str) -> (usize, String) {
        let hopes = Hopes::behind(text);
        (hopes.from, hopes.typed)
    }

    #[test]
    fn at_the_begin_stand_keywords() {
        let begin = words("");
        for word in [
            "fault",
            "responsetime",
            "service(",
            "Annotation",
            "group.name",
            "rootcause.fault.entity",
        ] {
            assert!(begin.contains(&word.to_owned()), "{word}: {begin:?}");
        }
        for before in [
            "fault AND ",
            "fault OR !",
            "(",
            "(fault) AND (",
            "service() { ",
            "!",
        ] {
            assert!(
                words(before).contains(&"http.status".to_owned()),
                "{before}"
            );
        }
        assert!(!words("service() { ").contains(&"service(".to_owned()));
        assert!(words("rootcause.fault.service { ").contains(&"last".to_owned()));
    }

    #[test]
    fn behind_a_field_stand_its_operators_and_what_goes_on() {
        assert_eq!(words("fault "), ["=", "!=", "AND", "OR"]);
        assert_eq!(
            words("http.url "),
            ["=", "!=", "CONTAINS", "BEGINSWITH", "ENDSWITH", "AND", "OR"]
        );
        assert_eq!(words("(responsetime > 5 "), ["AND", "OR", ")"]);
        assert_eq!(words("service(\"a\") "), ["{", "AND", "OR"]);
        assert_eq!(
            words("service(\"a\") { fault "),
            ["=", "!=", "AND", "OR", "}"]
        );
        assert_eq!(words("edge(\"a\""), [","]);
    }

    #[test]
    fn behind_an_operator_stand_values() {
        assert_eq!(words("fault = "), ["true", "false"]);
        assert_eq!(words("user = "), ["TextValue(User)"]);
        assert_eq!(words("user = al"), ["TextValue(User)"]);
        assert_eq!(words("annotation.age > "), ["AnnotationValue(\"age\")"]);
        assert_eq!(words("group.name = "), ["GroupName"]);
        assert_eq!(words("group.name "), ["=", "!="]);
        assert_eq!(words("service("), [")", "Service", "id("]);
        assert_eq!(words("service(id("), [")", "name:", "type:", "account.id:"]);
        assert_eq!(words("service(id(type: "), ["ServiceType"]);
        assert!(words("responsetime > ").is_empty());
    }

    #[test]
    fn what_is_being_typed_is_told_apart() {
        assert_eq!(typed("fau"), (0, "fau".to_owned()));
        assert_eq!(typed("fault AND use"), (10, "use".to_owned()));
        assert_eq!(typed("user = \"al"), (7, "al".to_owned()));
        assert_eq!(typed("user = \"ä\" "), (11, String::new()));
        assert_eq!(typed("service(\"or"), (8, "or".to_owned()));
        assert_eq!(typed("annotation.te"), (0, "annotation.te".to_owned()));
    }

    #[test]
    fn where_a_text_makes_no_sense_nothing_is_hoped_for() {
        for text in ["nonsense = ", "fault = 7 ", "§", "fault)) "] {
            assert!(words(text).is_empty(), "{text}: {:?}", words(text));
        }
    }
}
