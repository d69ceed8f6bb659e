//! Two traces as one tree: what both did, and what only one of them did.

use std::collections::{HashMap, VecDeque};

use xray_sdk::document::{Document, Namespace, Trace};

use super::{Anatomy, Row, rows};

/// A place in the tree: what one trace did there, the other one, or both.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pair<'a> {
    /// How deep it stands. Where a trace begins that is 0.
    pub level: usize,
    /// The segment or subsegment of the first trace.
    pub one: Option<&'a Document>,
    /// That of the second.
    pub other: Option<&'a Document>,
}

/// Puts two traces together as one tree, each place before those below it: what both did, and what only one of them did.
///
/// Costs by the number of their subsegments.
///
/// ```
/// use xray_local::compare;
/// use xray_sdk::document::{Document, Trace};
///
/// let document = br#"{"name":"front","id":"53995c3f42cd8ad8","trace_id":"1-581cf771-a006649127e371903a2de979","start_time":1,"end_time":2}"#;
/// let traces = Trace::assemble([Document::parse(document)?]);
/// let places = compare(&traces[0], &traces[0]);
/// assert_eq!(places[0].one, places[0].other);
/// # Ok::<(), xray_sdk::Error>(())
/// ```
pub fn compare<'a>(one: &'a Trace, other: &'a Trace) -> Vec<Pair<'a>> {
    pairs(&rows(&Anatomy::of(one)), &rows(&Anatomy::of(other)))
}

/// The rows of two traces put together. What stands in the same place under the same name belongs together, the first of a name with the first,
/// the second with the second: a call that was tried again has more of them in one trace.
pub(crate) fn pairs<'a>(one: &[Row<'a>], other: &[Row<'a>]) -> Vec<Pair<'a>> {
    let (one, other) = (Tree::of(one), Tree::of(other));
    let mut pairs = Vec::new();
    let mut open = together(&one, &one.top(), &other, &other.top());
    open.reverse();
    while let Some(place) = open.pop() {
        let row = place.one.map(|at| one.rows[at]);
        let row_of_other = place.other.map(|at| other.rows[at]);
        pairs.push(Pair {
            level: row.or(row_of_other).map_or(0, |row| row.level),
            one: row.map(|row| row.document),
            other: row_of_other.map(|row| row.document),
        });
        let below = |tree: &Tree<'_, '_>, at: Option<usize>| {
            at.map(|at| tree.below(at)).unwrap_or_default()
        };
        let below = together(
            &one,
            &below(&one, place.one),
            &other,
            &below(&other, place.other),
        );
        open.extend(below.into_iter().rev());
    }
    pairs
}

/// Rows that know where those below them end.
struct Tree<'r, 'a> {
    rows: &'r [Row<'a>],
    /// For each row the number of the first one that does not stand below it.
    ends: Vec<usize>,
}

/// The numbers of two rows that belong together, or of one that is alone.
#[derive(Clone, Copy)]
struct Place {
    one: Option<usize>,
    other: Option<usize>,
}

impl<'r, 'a> Tree<'r, 'a> {
    fn of(rows: &'r [Row<'a>]) -> Self {
        let mut ends = vec![rows.len(); rows.len()];
        let mut open: Vec<usize> = Vec::new();
        for (at, row) in rows.iter().enumerate() {
            while let Some(above) = open.pop_if(|above| rows[*above].level >= row.level) {
                ends[above] = at;
            }
            open.push(at);
        }
        Self { rows, ends }
    }

    fn top(&self) -> Vec<usize> {
        self.side_by_side(0, self.rows.len())
    }

    fn below(&self, at: usize) -> Vec<usize> {
        self.side_by_side(at + 1, self.ends[at])
    }

    fn side_by_side(&self, from: usize, to: usize) -> Vec<usize> {
        let next = |at: &usize| Some(self.ends[*at]).filter(|next| *next < to);
        std::iter::successors(Some(from).filter(|from| *from < to), next).collect()
    }

    /// A call and the program's own work are two things, whatever they are called.
    fn key(&self, at: usize) -> (&'a str, bool) {
        let document = self.rows[at].document;
        let is_call = matches!(document.namespace, Some(Namespace::Aws | Namespace::Remote));
        (&document.name, is_call)
    }
}

/// Rows that stand side by side in their traces, in an order that suits both.
fn together(
    one: &Tree<'_, '_>,
    ones: &[usize],
    other: &Tree<'_, '_>,
    others: &[usize],
) -> Vec<Place> {
    let mut waiting: HashMap<_, VecDeque<usize>> = HashMap::new();
    for (number, at) in others.iter().enumerate() {
        waiting.entry(other.key(*at)).or_default().push_back(number);
    }
    let partners: Vec<Option<usize>> = ones
        .iter()
        .map(|at| waiting.get_mut(&one.key(*at))?.pop_front())
        .collect();
    let mut is_alone = vec![true; others.len()];
    for partner in partners.iter().flatten() {
        is_alone[*partner] = false;
    }
    let alone = |from: usize, to: usize| {
        let numbers = (from..to).filter(|number| is_alone[*number]);
        numbers.map(|number| Place {
            one: None,
            other: Some(others[number]),
        })
    };
    let mut places = Vec::new();
    let mut passed = 0;
    for (at, partner) in ones.iter().zip(partners) {
        if let Some(partner) = partner {
            places.extend(alone(passed, partner));
            passed = passed.max(partner);
        }
        places.push(Place {
            one: Some(*at),
            other: partner.map(|partner| others[partner]),
        });
    }
    places.extend(alone(passed, others.len()));
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A trace of one segment with subsegments, those of each written behind it in brackets, as `a(b c) d`.
    fn trace(subsegments: &str) -> Trace {
        let mut count = 0;
        let mut json = String::new();
        for letter in subsegments.chars() {
            match letter {
                '(' => {
                    json.truncate(json.len() - 1);
                    json.push_str(r#","subsegments":["#);
                }
                ')' => json.push_str("]}"),
                ' ' => json.push(','),
                name => {
                    count += 1;
                    json.push_str(&format!(
                        r#"{{"name":"{name}","id":"{count:016x}","start_time":{count},"end_time":{}}}"#,
                        count + 1
                    ));
                }
            }
        }
        let json = format!(
            r#"{{"name":"front","id":"00000000000000ff","trace_id":"1-00000001-000000000000000000000001","start_time":0,"end_time":99,"subsegments":[{json}]}}"#
        );
        let document = Document::parse(json.as_bytes()).expect(&json);
        Trace::assemble([document]).remove(0)
    }

    /// The pairs, a line each: `=` for both, `-` for the first alone, `+` for the second alone.
    fn told(one: &str, other: &str) -> String {
        let (one, other) = (trace(one), trace(other));
        let pairs = compare(&one, &other);
        let line = |pair: &Pair<'_>| {
            let (sign, document) = match (pair.one, pair.other) {
                (Some(one), Some(_)) => ('=', one),
                (Some(one), None) => ('-', one),
                (None, other) => ('+', other.expect("one of them is there")),
            };
            format!("{}{sign}{}", "  ".repeat(pair.level), document.name)
        };
        pairs.iter().map(line).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn what_both_did_stands_together_and_the_rest_in_its_place() {
        assert_eq!(
            told("a b(x y) d", "a c b(y z) d"),
            "=front\n  =a\n  +c\n  =b\n    -x\n    =y\n    +z\n  =d"
        );
    }

    #[test]
    fn of_several_with_one_name_the_first_belongs_to_the_first() {
        assert_eq!(told("a a a b", "a b"), "=front\n  =a\n  -a\n  -a\n  =b");
    }

    #[test]
    fn nothing_is_lost_or_doubled_when_the_order_differs() {
        let told = told("a b c", "c x b a y");
        let mut lines: Vec<_> = told.lines().skip(1).map(str::trim).collect();
        lines.sort_unstable();
        assert_eq!(lines, ["+x", "+y", "=a", "=b", "=c"]);
    }

    #[test]
    fn traces_that_have_nothing_in_common_stand_one_behind_the_other() {
        assert_eq!(told("a(b)", "c"), "=front\n  -a\n    -b\n  +c");
        assert!(pairs(&[], &[]).is_empty());
    }
}
