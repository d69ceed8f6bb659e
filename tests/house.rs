//! The house rules that a program can check, shared by the tests of all crates.
//!
//! Modules stand on floors. A file uses its own floor and those below, so that it can be read without knowing what is built on it.
//! Unit tests may look up: they are left out, and so are the crate roots, which stand above all.

use std::fs;
use std::path::{Path, PathBuf};

/// The longest file, in lines. One that is longer is usually two things.
const LONGEST: usize = 400;

/// Checks all files under `source`, the `src` folder of a crate. `floors` has the crate's modules, the lowest floor first.
///
/// # Panics
///
/// When a rule is broken: with a line for each place, as `file:line: what is wrong`.
pub(crate) fn check(source: &Path, floors: &[&[&str]]) {
    let mut found = Vec::new();
    for file in files(source) {
        let text = fs::read_to_string(&file).expect("a source file is text");
        let inside = file.strip_prefix(source).expect("found in there");
        let problems = problems(inside, &text, floors);
        found.extend(
            problems
                .into_iter()
                .map(|(line, problem)| format!("{}:{line}: {problem}", file.display())),
        );
    }
    assert!(
        found.is_empty(),
        "the house rules are broken:\n{}",
        found.join("\n")
    );
}

/// All Rust files under a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of the crate") {
            let path = entry.expect("readable").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

/// The broken rules of one file, each with its line.
fn problems(file: &Path, text: &str, floors: &[&[&str]]) -> Vec<(usize, String)> {
    let mut problems = Vec::new();
    let lines = text.lines().count();
    if lines > LONGEST {
        problems.push((
            LONGEST + 1,
            format!("the file has {lines} lines; at most {LONGEST} are meant to be"),
        ));
    }
    let is_tests = file.file_stem().is_some_and(|stem| stem == "tests");
    let Some(module) = module(file).filter(|_| !is_tests) else {
        return problems;
    };
    let Some(own) = floor(&module, floors) else {
        problems.push((1, format!("no floor is named for the module `{module}`")));
        return problems;
    };
    for (number, line) in (1..).zip(code(text)) {
        for path in crate_paths(line) {
            problems.extend(climb(path, own, floors).map(|problem| (number, problem)));
        }
        // At the top of a module's main file, `super` is the crate; deeper in, it is the module itself.
        let is_main =
            file.components().count() == 1 || file.ends_with(Path::new(&module).join("mod.rs"));
        let reaches_out =
            is_main && (line.starts_with("use super::") || line.starts_with("pub use super::"));
        if reaches_out || line.contains("super::super::") {
            problems.push((
                number,
                "`super` hides what is used; write `crate::` and the module".to_owned(),
            ));
        }
    }
    problems
}

/// The module that a file belongs to: none for the roots of a crate.
fn module(file: &Path) -> Option<String> {
    let first = file.components().next()?;
    let name = Path::new(first.as_os_str()).file_stem()?.to_str()?;
    let is_root = file.components().count() == 1 && matches!(name, "lib" | "main");
    (!is_root).then(|| name.to_owned())
}

fn floor(module: &str, floors: &[&[&str]]) -> Option<usize> {
    floors.iter().position(|floor| floor.contains(&module))
}

/// The lines before the unit tests, without comments.
fn code(text: &str) -> impl Iterator<Item = &str> {
    text.lines()
        .take_while(|line| *line != "#[cfg(test)]")
        .map(|line| line.split("//").next().unwrap_or_default())
}

/// What follows each `crate::` in a line.
fn crate_paths(line: &str) -> impl Iterator<Item = &str> {
    line.match_indices("crate::").filter_map(|(start, found)| {
        let before = line[..start].chars().next_back();
        let is_whole =
            before.is_none_or(|before| before != '$' && before != '_' && !before.is_alphanumeric());
        is_whole.then(|| &line[start + found.len()..])
    })
}

fn climb(path: &str, own: usize, floors: &[&[&str]]) -> Option<String> {
    if path.starts_with('{') {
        return Some("`crate::{…}` hides climbs; write one `use` for each module".to_owned());
    }
    let end = path.find(|character: char| character != '_' && !character.is_alphanumeric());
    let used = &path[..end.unwrap_or(path.len())];
    match floor(used, floors) {
        Some(floor) if floor <= own => None,
        Some(_) => Some(format!("`crate::{used}` stands above this file")),
        None => Some(format!(
            "`crate::{used}` is no module with a floor; what lib.rs gathers stands above all"
        )),
    }
}

mod tests {
    use super::*;

    const FLOORS: &[&[&str]] = &[&["error"], &["clock", "notice"], &["recorder"]];

    fn found(file: &str, text: &str) -> Vec<usize> {
        let problems = problems(Path::new(file), text, FLOORS);
        problems.into_iter().map(|(line, _)| line).collect()
    }

    #[test]
    fn a_file_may_use_its_own_floor_and_those_below() {
        let text = "use crate::error::Error;\nuse crate::notice::Notices;\nfn f() -> crate::error::Error {}\n";
        assert!(found("clock.rs", text).is_empty());
        assert!(
            found(
                "recorder/open.rs",
                "use super::Recorder;\npub(crate) use crate::clock::Clock;\n"
            )
            .is_empty()
        );
    }

    #[test]
    fn climbs_are_found_wherever_they_stand() {
        assert_eq!(found("error.rs", "\nuse crate::clock::Clock;\n"), [2]);
        assert_eq!(
            found("clock.rs", "fn f() {\n    crate::recorder::open();\n}\n"),
            [2]
        );
        assert_eq!(found("notice.rs", "use crate::{error, recorder};\n"), [1]);
        assert_eq!(found("recorder/mod.rs", "use crate::Error;\n"), [1]);
        assert_eq!(found("recorder/mod.rs", "use super::error;\n"), [1]);
        assert_eq!(found("recorder/open.rs", "use super::super::error;\n"), [1]);
        assert_eq!(found("unknown.rs", "\n"), [1]);
    }

    #[test]
    fn comments_unit_tests_and_crate_roots_may_name_anything() {
        assert!(found("error.rs", "/// See [`crate::recorder`].\n#[cfg(test)]\nmod tests {\n    use crate::recorder;\n").is_empty());
        assert!(found("error/tests.rs", "use crate::recorder::Recorder;\n").is_empty());
        assert!(found("lib.rs", "use crate::{recorder, error};\n").is_empty());
    }

    #[test]
    fn a_file_of_more_than_400_lines_is_found() {
        assert!(found("error.rs", &"\n".repeat(400)).is_empty());
        assert_eq!(found("lib.rs", &"\n".repeat(401)), [401]);
    }
}
