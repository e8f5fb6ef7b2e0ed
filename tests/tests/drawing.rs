//! The drawing is a test: the imports of every package are those in the table of ARCHITECTURE.md, and no files use each
//! other in a circle. `cargo test -p infill-tests --test drawing -- --nocapture` prints circles with the names that tie
//! them, and the rows as the sources have them.

use std::fs;

use infill_tests::drawing::{House, Table, arrows, check, described, described_circles};
use xtask::tools::root;

#[test]
fn no_files_use_each_other_in_a_circle() {
    let house = House::read(&root()).unwrap();
    let text = described_circles(&house, &arrows(&house));
    println!("{text}");
    let ties: Vec<&str> = text.lines().filter(|line| line.starts_with("  ")).collect();
    assert_eq!(ties, [""; 0]);
}

#[test]
fn the_table_and_the_imports_agree() {
    let house = House::read(&root()).unwrap();
    let arrows = arrows(&house);
    let table = Table::parse(&fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap()).unwrap();
    println!("{}", described(&house, &arrows, &table));
    let differences = check(&house, &arrows, &table);
    assert!(differences.is_empty(), "ARCHITECTURE.md and the sources differ:\n{}", differences.join("\n"));
}
