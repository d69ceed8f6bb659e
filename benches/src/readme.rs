use crate::question::Question;
use crate::row::Row;
use crate::table;

const START: &str = "<!-- overhead -->\n";
const END: &str = "<!-- /overhead -->\n";

/// A page with the tables of the headline questions written anew.
///
/// # Errors
///
/// When the page has no place for them.
pub(crate) fn filled(
    page: &str,
    head: &str,
    answers: &[(&'static Question, Vec<Row>)],
) -> Result<String, String> {
    let missing = || format!("the page has no lines {} and {}", START.trim(), END.trim());
    let (before, rest) = page.split_once(START).ok_or_else(missing)?;
    let (_, after) = rest.split_once(END).ok_or_else(missing)?;
    let tables: String = answers
        .iter()
        .filter(|(question, _)| question.is_headline)
        .map(|(question, rows)| table::markdown(question, rows))
        .collect();
    Ok(format!("{before}{START}{head}\n\n{tables}{END}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_between_the_marks_is_written_anew() {
        let page = format!("# A\n{START}old\n{END}# B\n");
        let filled = filled(&page, "machine", &[]).expect("it has the marks");
        assert_eq!(filled, format!("# A\n{START}machine\n\n{END}# B\n"));
    }

    #[test]
    fn a_page_without_the_marks_is_refused() {
        assert!(filled(&format!("# A\n{START}"), "machine", &[]).is_err());
    }
}
