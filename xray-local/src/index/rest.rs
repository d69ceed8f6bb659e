//! A condition of which some is known: what is left to be asked.

use crate::filter::expression::Expression;

/// What is left of a condition on one thing, or on many of which the same is known.
#[derive(Debug, PartialEq)]
pub(super) enum Rest<L> {
    /// Nothing: it holds, or it does not; of all of them.
    Known(bool),
    /// Something that is to be asked elsewhere.
    Open(L),
    All(Vec<Self>),
    Any(Vec<Self>),
    Not(Box<Self>),
}

impl<L> Rest<L> {
    /// What is left once each part that stands for itself is answered, as far as that is asked for.
    pub(super) fn of<'e>(
        condition: &'e Expression,
        answer: &mut dyn FnMut(&'e Expression) -> Self,
    ) -> Self {
        match condition {
            Expression::All(all) => Self::join(all, true, answer),
            Expression::Any(any) => Self::join(any, false, answer),
            Expression::Not(inner) => match Self::of(inner, answer) {
                Self::Known(holds) => Self::Known(!holds),
                rest => Self::Not(Box::new(rest)),
            },
            _ => answer(condition),
        }
    }

    /// Of several that all have to hold, or of which one has to.
    fn join<'e>(
        parts: &'e [Expression],
        has_all: bool,
        answer: &mut dyn FnMut(&'e Expression) -> Self,
    ) -> Self {
        let mut open = Vec::new();
        for part in parts {
            match Self::of(part, answer) {
                Self::Known(holds) if holds == has_all => {}
                // The others change nothing any more.
                Self::Known(holds) => return Self::Known(holds),
                rest => open.push(rest),
            }
        }
        match (open.is_empty(), has_all) {
            (true, _) => Self::Known(has_all),
            (false, true) => Self::All(open),
            (false, false) => Self::Any(open),
        }
    }

    /// Whether it cannot hold.
    pub(super) fn is_ruled_out(&self) -> bool {
        matches!(self, Self::Known(false))
    }

    /// Whether it holds, once what is open is answered.
    pub(super) fn holds(&self, answer: &impl Fn(&L) -> bool) -> bool {
        match self {
            Self::Known(holds) => *holds,
            Self::Open(open) => answer(open),
            Self::All(all) => all.iter().all(|one| one.holds(answer)),
            Self::Any(any) => any.iter().any(|one| one.holds(answer)),
            Self::Not(inner) => !inner.holds(answer),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter::Filter;

    /// Answers `ok` with yes, `fault` with no, and leaves the others open.
    fn rest(text: &str) -> Rest<String> {
        let filter = Filter::parse(text).expect("an expression");
        Rest::of(
            filter.expression(),
            &mut |part| match part.to_string().as_str() {
                "ok" => Rest::Known(true),
                "fault" => Rest::Known(false),
                other => Rest::Open(other.to_owned()),
            },
        )
    }

    #[test]
    fn what_is_known_decides_where_it_can() {
        for (text, holds) in [
            ("ok AND !fault", true),
            ("error AND fault", false),
            ("error OR ok", true),
            ("!(error OR ok)", false),
            ("fault OR fault", false),
        ] {
            assert_eq!(rest(text), Rest::Known(holds), "{text}");
        }
    }

    #[test]
    fn what_is_open_decides_where_the_known_does_not() {
        for (text, answered) in [
            ("ok AND error", [false, true]),
            ("fault OR (ok AND error)", [false, true]),
            ("!(fault OR error)", [true, false]),
        ] {
            let rest = rest(text);
            assert!(!rest.is_ruled_out());
            let holds = [false, true].map(|error| {
                rest.holds(&|open: &String| {
                    assert_eq!(open, "error");
                    error
                })
            });
            assert_eq!(holds, answered, "{text}");
        }
    }
}
