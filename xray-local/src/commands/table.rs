//! Columns of text.

use std::fmt;
use std::io::{self, Write};

use anstyle::Style;
use unicode_width::UnicodeWidthStr;

use super::output::width;

/// A cell: text without anything that steers a terminal, and its style.
pub(super) struct Cell {
    text: String,
    style: Style,
    is_number: bool,
}

/// How wide a column becomes, but for the last. An id of a trace has 35 characters.
const WIDEST: usize = 40;

/// Rows under a head. Columns are as wide as what stands in them, up to a bound. On a terminal what is longer is cut, and the last column at the edge.
pub(super) struct Table {
    head: Vec<&'static str>,
    rows: Vec<Vec<Cell>>,
}

impl Cell {
    pub(super) fn text(text: &str) -> Self {
        Self {
            text: xray_local::printable(text),
            style: Style::new(),
            is_number: false,
        }
    }

    /// Stands to the right of its column.
    pub(super) fn number(text: &impl fmt::Display) -> Self {
        Self {
            is_number: true,
            ..Self::text(&format!("{text}"))
        }
    }

    pub(super) fn styled(self, style: Style) -> Self {
        Self { style, ..self }
    }
}

impl Table {
    pub(super) fn new(head: &[&'static str]) -> Self {
        Self {
            head: head.to_vec(),
            rows: Vec::new(),
        }
    }

    pub(super) fn row(&mut self, cells: impl IntoIterator<Item = Cell>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// Writes it. `is_cut` says whether someone looks at it on a terminal, whose lines have an end.
    pub(super) fn write(&self, out: &mut impl Write, is_cut: bool) -> io::Result<()> {
        let mut widths: Vec<_> = self.head.iter().map(|name| name.width()).collect();
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.text.width());
            }
        }
        widths
            .iter_mut()
            .for_each(|width| *width = WIDEST.min(*width));
        let edge = is_cut.then(width);
        let bold = Style::new().bold();
        let head = self.head.iter().zip(0..).map(|(name, column)| Cell {
            text: (*name).to_owned(),
            style: bold,
            is_number: self.rows.first().is_some_and(|row: &Vec<Cell>| {
                row.get::<usize>(column).is_some_and(|cell| cell.is_number)
            }),
        });
        line(out, &head.collect::<Vec<_>>(), &widths, edge)?;
        for row in &self.rows {
            line(out, row, &widths, edge)?;
        }
        Ok(())
    }
}

/// `edge` is where lines end, and what is long is cut. Where they end nowhere it moves the rest of its row.
fn line(
    out: &mut impl Write,
    row: &[Cell],
    widths: &[usize],
    edge: Option<usize>,
) -> io::Result<()> {
    let mut at = 0;
    for (number, (cell, width)) in row.iter().zip(widths).enumerate() {
        let is_last = number + 1 == row.len();
        let text = match (edge, is_last) {
            (None, _) => cell.text.clone(),
            (Some(edge), true) => cut(&cell.text, edge.saturating_sub(at).max(8)),
            (Some(_), false) => cut(&cell.text, *width),
        };
        let gap = " ".repeat(width.saturating_sub(text.width()));
        let (before, behind) = match (cell.is_number, is_last) {
            (true, _) => (gap.as_str(), ""),
            (false, true) => ("", ""),
            (false, false) => ("", gap.as_str()),
        };
        let between = if is_last { "" } else { "  " };
        write!(
            out,
            "{before}{}{text}{:#}{behind}{between}",
            cell.style, cell.style
        )?;
        at += width + 2;
    }
    writeln!(out)
}

/// The text, cut to a number of columns with a mark where it was cut.
fn cut(text: &str, columns: usize) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    let mut kept = String::new();
    for letter in text.chars() {
        kept.push(letter);
        if kept.width() + 1 > columns {
            kept.pop();
            break;
        }
    }
    kept.push('…');
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_below_one_another_whatever_is_written() {
        let mut table = Table::new(&["NAME", "COUNT", "REST"]);
        table.row([Cell::text("größe"), Cell::number(&7), Cell::text("a")]);
        table.row([
            Cell::text("中文\x1b[31m"),
            Cell::number(&1234),
            Cell::text("b c"),
        ]);
        let mut out = Vec::new();
        table.write(&mut out, false).expect("memory takes all");
        let text = anstream::adapter::strip_bytes(&out).into_vec();
        assert_eq!(
            String::from_utf8(text).expect("is text"),
            "NAME       COUNT  REST\n\
             größe          7  a\n\
             中文\u{fffd}[31m   1234  b c\n"
        );
    }

    #[test]
    fn a_long_name_leaves_room_for_the_other_columns_of_a_terminal() {
        let mut table = Table::new(&["NAME", "COUNT", "REST"]);
        table.row([
            Cell::text(&"x".repeat(200)),
            Cell::number(&7),
            Cell::text("a"),
        ]);
        let lines = |is_cut| {
            let mut out = Vec::new();
            table.write(&mut out, is_cut).expect("memory takes all");
            let text = anstream::adapter::strip_bytes(&out).into_vec();
            let text = String::from_utf8(text).expect("is text");
            text.lines().map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(lines(true)[1], format!("{}…      7  a", "x".repeat(39)));
        assert!(lines(true)[0].starts_with(&format!("NAME{}COUNT", " ".repeat(38))));
        assert_eq!(lines(false)[1], format!("{}      7  a", "x".repeat(200)));
        assert_eq!(
            lines(false)[0].find("COUNT"),
            Some(42),
            "one name moves no other row"
        );
    }

    #[test]
    fn a_cut_never_takes_more_room_than_there_is() {
        assert_eq!(cut("größer", 5), "größ…");
        assert_eq!(cut("中文字", 4), "中…");
        assert_eq!(cut("short", 5), "short");
    }
}
