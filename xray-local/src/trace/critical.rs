//! The critical path: what a trace waited for.

use xray_sdk::document::Document;

use super::Row;

/// Of each row whether it is on the critical path: whether the whole would have ended earlier if it had been shorter.
///
/// From the end of the first row backwards: of all that is under a row, the one that ended last held it up; before that one began,
/// the one that ended last until then; and so on. What goes on still ends never.
pub(crate) fn is_critical(rows: &[Row<'_>]) -> Vec<bool> {
    let mut is_critical = vec![false; rows.len()];
    let mut open = Vec::new();
    if let Some(first) = rows.first() {
        open.push((0, end(first.document)));
    }
    let children = children(rows);
    while let Some((at, until)) = open.pop() {
        is_critical[at] = true;
        let mut until = end(rows[at].document).min(until);
        for child in &children[at] {
            let document = rows[*child].document;
            if end(document) <= until {
                open.push((*child, until));
                until = document.start_time;
            }
        }
    }
    is_critical
}

/// The rows right below each, the last to end first.
fn children(rows: &[Row<'_>]) -> Vec<Vec<usize>> {
    let mut children = vec![Vec::new(); rows.len()];
    // The row that each level belongs to, down to the present one.
    let mut above = Vec::new();
    for (at, row) in rows.iter().enumerate() {
        above.truncate(row.level);
        if let Some(parent) = above.last().copied() {
            let siblings: &mut Vec<usize> = &mut children[parent];
            siblings.push(at);
        }
        above.push(at);
    }
    for siblings in &mut children {
        siblings.sort_by(|one, other| {
            let ends = [other, one].map(|at| end(rows[*at].document));
            ends[0].total_cmp(&ends[1])
        });
    }
    children
}

fn end(document: &Document) -> f64 {
    match document.end_time {
        Some(end) => end.max(document.start_time),
        None => f64::INFINITY,
    }
}

#[cfg(test)]
mod tests {
    use xray_sdk::SegmentId;

    use super::*;

    fn document(id: u64, start: f64, end: Option<f64>) -> Document {
        Document {
            end_time: end,
            ..Document::new("a", SegmentId::from_u64(id), start)
        }
    }

    /// The numbers of the rows on the critical path, of rows told by level, start and end.
    fn critical(rows: &[(usize, f64, Option<f64>)]) -> Vec<usize> {
        let documents: Vec<_> = rows
            .iter()
            .zip(1..)
            .map(|((_, start, end), id)| document(id, *start, *end))
            .collect();
        let rows: Vec<_> = rows
            .iter()
            .zip(&documents)
            .map(|((level, _, _), document)| Row {
                document,
                level: *level,
            })
            .collect();
        let found = is_critical(&rows).into_iter().enumerate();
        found
            .filter_map(|(at, is_critical)| is_critical.then_some(at))
            .collect()
    }

    #[test]
    fn what_runs_beside_something_longer_is_not_critical() {
        let rows = [
            (0, 0.0, Some(10.0)),
            (1, 1.0, Some(4.0)),
            (1, 1.0, Some(6.0)),
            (1, 6.0, Some(9.0)),
        ];
        assert_eq!(critical(&rows), [0, 2, 3]);
    }

    #[test]
    fn the_path_goes_down_into_what_held_it_up() {
        let rows = [
            (0, 0.0, Some(10.0)),
            (1, 1.0, Some(9.0)),
            (2, 2.0, Some(8.0)),
            (2, 2.0, Some(3.0)),
            (1, 1.0, Some(2.0)),
        ];
        assert_eq!(critical(&rows), [0, 1, 2]);
    }

    #[test]
    fn what_outlives_its_caller_did_not_hold_it_up() {
        let rows = [
            (0, 0.0, Some(5.0)),
            (1, 1.0, Some(9.0)),
            (1, 1.0, Some(2.0)),
        ];
        assert_eq!(critical(&rows), [0, 2]);
    }

    #[test]
    fn what_goes_on_is_critical_while_its_caller_goes_on() {
        let rows = [(0, 0.0, None), (1, 1.0, None), (1, 2.0, Some(3.0))];
        assert_eq!(critical(&rows), [0, 1]);
        assert_eq!(critical(&[]), [0; 0]);
    }
}
