use crate::question::Question;
use crate::row::Row;

/// What the columns mean.
pub(crate) const LEGEND: &str = "\
ns           on the path that is asked for: median over the rounds
x floor      ns by those of the table's first line in the same round, median over the rounds
x fastrace   ns by those of fastrace in the same variant and round
CPU ns       CPU time of the whole process, with its background threads
allocations  on the path that is timed
";

/// One question's table as text: the question, and a line for each row.
pub(crate) fn text(number: usize, question: &Question, rows: &[Row]) -> String {
    let mut text = format!(
        "{number}. {}\n   One {}; x floor is by {}.\n\n",
        question.text, question.unit, question.floor
    );
    let more: String = question
        .more
        .iter()
        .map(|heading| format!(" {heading:>12}"))
        .collect();
    text.push_str(&format!(
        "   {:<30} {:<21} {:>10} {:>8} {:>10} {:>10}{}{more}  how\n",
        "variant",
        "contender",
        "ns",
        "x floor",
        "x fastrace",
        "CPU ns",
        if is_counted(rows) { " allocations" } else { "" },
    ));
    let mut before = "";
    for row in in_order(rows) {
        let peer = row
            .peer_ratio
            .map_or(String::new(), |ratio| format!("{ratio:.2}"));
        let more: String = row
            .more
            .iter()
            .map(|figure| format!(" {:>12}", short(*figure)))
            .collect();
        // A variant is named once, above those who have it.
        let variant = if row.variant == before {
            ""
        } else {
            row.variant
        };
        before = row.variant;
        text.push_str(&format!(
            "   {variant:<30} {:<21} {:>10} {:>8.2} {peer:>10} {:>10}{}{more}  {}\n",
            row.contender,
            short(row.ns),
            row.floor_ratio,
            short(row.total_cpu_ns),
            row.allocations
                .map_or(String::new(), |mean| format!(" {mean:>11.2}")),
            row.note,
        ));
    }
    text.push('\n');
    text
}

/// One question's table as Markdown, with the figures that a reader of the front page needs.
pub(crate) fn markdown(question: &Question, rows: &[Row]) -> String {
    let mut text = format!("**{}**\n\n", question.text);
    let more: String = question
        .more
        .iter()
        .map(|heading| format!(" {heading} |"))
        .collect();
    let (heading, column) = match is_counted(rows) {
        true => (" allocations |", " ---: |"),
        false => ("", ""),
    };
    let columns: String = question.more.iter().map(|_| " ---: |").collect();
    text.push_str(&format!(
        "One {}; x floor is by {}.\n\n| | | ns | x floor | CPU ns |{heading}{more}\n| --- | --- | ---: | ---: | ---: |{column}{columns}\n",
        question.unit, question.floor
    ));
    for row in in_order(rows) {
        let more: String = row
            .more
            .iter()
            .map(|figure| format!(" {} |", short(*figure)))
            .collect();
        text.push_str(&format!(
            "| {} | {} | {} | {:.2} | {} |{}{more}\n",
            row.variant,
            row.contender,
            short(row.ns),
            row.floor_ratio,
            short(row.total_cpu_ns),
            row.allocations
                .map_or(String::new(), |mean| format!(" {mean:.2} |")),
        ));
    }
    text.push('\n');
    text
}

/// Whether the question's turns count allocations: all of them do, or none.
fn is_counted(rows: &[Row]) -> bool {
    rows.iter().all(|row| row.allocations.is_some())
}

/// The rows with those of one variant together, in the order in which variants and contenders come first.
fn in_order(rows: &[Row]) -> impl Iterator<Item = &Row> {
    let mut variants: Vec<&str> = Vec::new();
    for row in rows {
        if !variants.contains(&row.variant) {
            variants.push(row.variant);
        }
    }
    variants
        .into_iter()
        .flat_map(move |variant| rows.iter().filter(move |row| row.variant == variant))
}

/// A number with the digits that mean something, thousands apart.
pub(crate) fn short(number: f64) -> String {
    if number < 99.95 {
        return format!("{number:.1}");
    }
    let digits = format!("{number:.0}");
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::row::tests::row;

    const QUESTION: Question = Question {
        name: "request",
        text: "What?",
        unit: "request",
        burst: 1,
        seconds: 1,
        more: &["threads"],
        floor: "the floor",
        is_headline: false,
        entries: &[],
    };

    fn rows() -> [Row; 3] {
        let with = |row: Row| Row {
            more: vec![2.0],
            ..row
        };
        [
            row("floor", "sampled", 120.0),
            row("a", "unsampled", 9.0),
            row("a", "sampled", 1234.5),
        ]
        .map(with)
    }

    #[test]
    fn lines_of_one_variant_stand_together_below_their_heads() {
        let text = text(1, &QUESTION, &rows());
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines[0], "1. What?");
        assert_eq!(lines[1], "   One request; x floor is by the floor.");
        let words = |line: usize| lines[line].split_whitespace().take(2).collect::<Vec<_>>();
        assert_eq!(words(4), ["sampled", "floor"]);
        assert_eq!(words(5), ["a", "1,234"]);
        assert_eq!(words(6), ["unsampled", "a"]);
        let end = |line: usize, word: &str| lines[line].find(word).map(|at| at + word.len());
        assert_eq!(end(3, " ns"), end(5, "1,234"));
        assert_eq!(end(3, "threads"), end(4, "2.0"));
    }

    #[test]
    fn markdown_has_a_cell_for_each_figure() {
        let text = markdown(&QUESTION, &rows());
        assert!(
            text.contains("| sampled | a | 1,234 | 1.18 | 1,650 | 0.00 | 2.0 |\n"),
            "{text}"
        );
        let cells = |line: &str| line.matches('|').count();
        assert!(
            text.lines()
                .skip(4)
                .filter(|line| !line.is_empty())
                .all(|line| cells(line) == 8),
            "{text}"
        );
    }

    #[test]
    fn what_is_not_counted_has_no_column() {
        let uncounted = rows().map(|row| Row {
            allocations: None,
            ..row
        });
        let table = markdown(&QUESTION, &uncounted);
        assert!(table.contains("| CPU ns | threads |\n"), "{table}");
        assert!(
            table.contains("| sampled | a | 1,234 | 1.18 | 1,650 | 2.0 |\n"),
            "{table}"
        );
        let plain = text(1, &QUESTION, &uncounted);
        assert!(!plain.contains("allocations"), "{plain}");
        let end = |line: usize, word: &str| {
            let line = plain.lines().nth(line).expect("the line");
            line.find(word).map(|at| at + word.len())
        };
        assert_eq!(end(3, "threads"), end(4, "2.0"));
    }

    #[test]
    fn numbers_are_short() {
        assert_eq!(
            [0.25, 99.9, 100.4, 48_917.3, 1_000_000.0].map(short),
            ["0.2", "99.9", "100", "48,917", "1,000,000"]
        );
    }
}
