use super::*;

#[test]
fn the_checks_have_their_numbers_and_words() {
    for (number, check) in (1..).zip(Check::ALL) {
        assert_eq!(check.to_string(), format!("D{number:02}"));
        assert!(!check.title().is_empty() && !check.why().is_empty());
    }
    let json = serde_json::to_string(&Check::D07).expect("is written");
    assert_eq!(json, "\"D07\"");
}

#[test]
fn clients_that_ask_no_more_are_told() {
    let level = |polled, newest| sampling::polling(polled, newest).map(|told| told.level);
    assert_eq!(level(None, None), None);
    assert_eq!(level(None, Some(1_000.0)), Some(Level::Note));
    assert_eq!(level(Some(900.0), Some(1_000.0)), None);
    assert_eq!(level(Some(600.0), Some(1_000.0)), Some(Level::Problem));
}
