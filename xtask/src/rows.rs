//! Which rows of the editor's reference have a test in the browser: one whose name begins with their numbers, such as
//! `row_11_12_strokes_are_undone_and_redone`.

use std::{collections::BTreeMap, fs};

use anyhow::{Context, Result};

use crate::tools;

/// Rows of the reference.
const ROWS: u32 = 70;

/// Prints each row's tests, and which rows have none.
///
/// # Errors
/// When the tests cannot be read.
pub fn list() -> Result<()> {
    let folder = tools::root().join("tests/tests/browser");
    let mut tests: BTreeMap<u32, Vec<String>> = BTreeMap::new();
    for entry in fs::read_dir(&folder).with_context(|| format!("cannot list {}", folder.display()))? {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == "rs") {
            let source = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
            for (row, name) in rows(&source) {
                tests.entry(row).or_default().push(name);
            }
        }
    }
    for (row, names) in &tests {
        println!("{row:>2}  {}", names.join(", "));
    }
    let missing: Vec<String> = (1..=ROWS).filter(|row| !tests.contains_key(row)).map(|row| row.to_string()).collect();
    println!("{}/{ROWS} rows have a test in the browser", ROWS as usize - missing.len());
    if !missing.is_empty() {
        println!("without one: {}", missing.join(", "));
    }
    Ok(())
}

/// The rows that the tests of a source are named after, each with the test's name.
fn rows(source: &str) -> Vec<(u32, String)> {
    let names = source.split("#[test]").skip(1).filter_map(|after| {
        let (_, name) = after.split_once("fn ")?;
        name.split_once('(').map(|(name, _)| name)
    });
    let of_rows = names.filter_map(|name| name.strip_prefix("row_").map(|rest| (name, rest)));
    of_rows
        .flat_map(|(name, rest)| {
            let numbers = rest.split('_').map_while(|part| part.parse::<u32>().ok().filter(|row| (1..=ROWS).contains(row)));
            numbers.map(move |row| (row, name.to_owned()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_stands_for_the_rows_that_its_name_begins_with() {
        let source = "#[test]\nfn row_07_12_eraser_of_3() {}\nfn row_09_no_test() {}\n#[test]\nfn other() {}";
        assert_eq!(rows(source), [(7, "row_07_12_eraser_of_3".to_owned()), (12, "row_07_12_eraser_of_3".to_owned())]);
    }
}
