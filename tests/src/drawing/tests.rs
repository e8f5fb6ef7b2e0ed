//! Tests of the checks themselves, on small made-up workspaces.

use std::{collections::BTreeSet, fs};

use super::{House, Kind, Table, arrows, check, circles, read};

/// The names of the files in each circle of a workspace with one package `house`, and in what its table is wrong.
fn judge(files: &[(&str, &str)], table: &str) -> (Vec<Vec<String>>, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let manifest = "[package]\nname = \"house\"\n[dependencies]\nburn = \"1\"\nrand-core = \"1\"\n";
    let workspace = [("Cargo.toml", "[workspace]\nmembers = [\"house\"]\n"), ("house/Cargo.toml", manifest)];
    for (name, text) in workspace.iter().chain(files) {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let house = House::read(folder.path()).unwrap();
    let arrows = arrows(&house);
    let name = |file: &usize| house.files[*file].trim_start_matches("house/src/").to_owned();
    let sorted = |circle: &Vec<usize>| circle.iter().map(name).collect::<BTreeSet<_>>().into_iter().collect();
    let circles = circles(&house, &arrows).iter().map(sorted).collect();
    let table = Table::parse(&format!("| part | does | may import |\n|---|---|---|\n{table}\n")).unwrap();
    (circles, check(&house, &arrows, &table))
}

/// The circles alone.
fn circles_of(files: &[(&str, &str)]) -> Vec<Vec<String>> {
    judge(files, "| house | everything | – |").0
}

const LIB: (&str, &str) = ("house/src/lib.rs", "mod upper; mod lower;");

#[test]
fn agreement_is_silent() {
    let upper = ("house/src/upper.rs", "use crate::lower::Stone; fn burn() { burn::tensor::<f32>(); }");
    let lower = ("house/src/lower.rs", "pub struct Stone; fn g() { let burn = 1; let rand_core = burn; }");
    let table = "| `house::upper` | a | lower; burn |\n| house::lower | b | – |";
    assert_eq!(judge(&[LIB, upper, lower], table), (vec![], vec![]));
}

#[test]
fn an_import_that_is_not_allowed_is_named_with_its_place() {
    let upper = ("house/src/upper.rs", "\nfn f() -> crate::lower::Stone { rand_core::seed() }");
    let lower = ("house/src/lower.rs", "pub struct Stone;");
    let (_, found) = judge(&[LIB, upper, lower], "| house::upper | a | – |\n| house::lower | b | – |");
    let expected = |what| format!("house::upper imports {what}, which its row does not allow (house/src/upper.rs:2)");
    assert_eq!(found, [expected("lower"), expected("rand_core")]);
}

#[test]
fn what_nothing_uses_goes_from_the_table() {
    let upper = ("house/src/upper.rs", "");
    let lower = ("house/src/lower.rs", "#[cfg(test)] use crate::upper::x;");
    let (_, found) = judge(&[LIB, upper, lower], "| house::upper | a | lower, burn |\n| house::lower | b | – |\n| house::attic | c | – |");
    assert_eq!(
        found,
        [
            "house::upper may import burn, but does not",
            "house::upper may import lower, but does not",
            "house::attic has a row, but no module"
        ]
    );
}

#[test]
fn parts_import_downwards_and_have_rows() {
    let upper = ("house/src/upper.rs", "pub struct Roof;");
    let lower = ("house/src/lower.rs", "use crate::upper::Roof;");
    let (_, found) = judge(&[LIB, upper, lower], "| house::upper | a | – |\n| house::lower | b | upper |");
    assert_eq!(found, ["house::lower imports upper, whose row stands above it: parts import downwards only"]);
    assert_eq!(judge(&[LIB, upper, lower], "| house::upper | a | – |").1, ["house::lower has no row"]);
}

#[test]
fn two_files_that_use_each_other_are_a_circle() {
    let upper = ("house/src/upper.rs", "use crate::{lower::{self as below, Stone}, other}; pub fn roof() {}");
    let lower = ("house/src/lower.rs", "pub struct Stone; fn f() { super::upper::roof::<u8>() }");
    assert_eq!(circles_of(&[LIB, upper, lower]), [["lower.rs", "upper.rs"]]);
}

#[test]
fn a_circle_over_a_re_export_is_found() {
    let files = [
        ("house/src/lib.rs", "pub mod hall; pub mod door;"),
        ("house/src/hall/mod.rs", "mod table; pub use table::*; pub use self::table::Table as Desk;"),
        ("house/src/hall/table.rs", "use crate::door::Door; pub struct Table;"),
        ("house/src/door.rs", "pub struct Door; fn f() { println!(\"{}\", crate::hall::Desk::width()); }"),
    ];
    assert_eq!(circles_of(&files), [["door.rs", "hall/table.rs"]]);
}

#[test]
fn a_module_and_its_child_are_a_circle_when_the_child_uses_what_the_module_defines() {
    let child = |text: &'static str| ("house/src/hall/table.rs", text);
    let hall = ("house/src/hall/mod.rs", "mod chair; mod table; pub use chair::Chair; pub use table::Table; pub const LEGS: u8 = 4;");
    let others = [("house/src/lib.rs", "pub mod hall;"), ("house/src/hall/chair.rs", "pub struct Chair;")];
    let circles = |text| circles_of(&[others[0], others[1], hall, child(text)]);
    assert_eq!(circles("pub struct Table; fn f() -> u8 { super::LEGS }"), [["hall/mod.rs", "hall/table.rs"]]);
    assert_eq!(circles("pub struct Table; use super::*;"), [["hall/mod.rs", "hall/table.rs"]]);
    // What the module only passes on is its brother's.
    assert_eq!(circles("pub struct Table; use super::Chair; use crate::hall;"), Vec::<Vec<String>>::new());
}

#[test]
fn tests_do_not_count_wherever_they_stand() {
    let upper = ("house/src/upper.rs", "#[cfg(test)] mod tests { use super::*; } use crate::lower::Stone; pub fn roof() {}");
    let hidden = [
        "#[cfg(test)] use crate::upper::roof;",
        "impl Stone { #[cfg(test)] fn f() { crate::upper::roof() } }",
        "fn f() { #[cfg(test)] crate::upper::roof!(); #[cfg(test)] let x = crate::upper::roof(); }",
        "#[cfg(all(test, feature = \"x\"))] mod inner { use crate::upper::roof; }",
        "enum E { A(#[cfg(test)] crate::upper::Roof) }",
    ];
    for text in hidden {
        let lower = format!("{text} pub struct Stone;");
        assert_eq!(circles_of(&[LIB, upper, ("house/src/lower.rs", &lower)]), Vec::<Vec<String>>::new(), "{text}");
    }
    // What comes after a test does.
    let lower = "#[cfg(test)] mod tests {} pub struct Stone; #[cfg(any(test, feature = \"x\"))] use crate::upper::roof;";
    assert_eq!(circles_of(&[LIB, upper, ("house/src/lower.rs", lower)]), [["lower.rs", "upper.rs"]]);
}

#[test]
fn programs_use_their_library_and_a_name_may_be_a_module_and_a_function() {
    let files = [
        ("house/src/lib.rs", "pub mod restore; pub mod upper;"),
        ("house/src/restore.rs", "pub fn restore() {} pub fn other() {} use crate::upper;"),
        ("house/src/upper.rs", "pub use crate::restore::restore;"),
        ("house/src/bin/page.rs", "fn main() { house::upper::restore(); }"),
    ];
    let (circles, found) = judge(&files, "| house::bin::page | a | restore |\n| house::upper | b | restore |\n| house::restore | c | – |");
    assert_eq!((circles, found), (vec![], vec![]));
}

#[test]
fn mentions_are_of_code_and_of_what_macros_are_given() {
    let text =
        "/// println!\nfn f(x: Result<Vec<u8>, String>) {\n  \"mem::forget\"; a.forget(); say!(b.wait(), std::fs::read(1), print!()) }";
    let found = |kind| {
        let mentions = read(text).unwrap().all_mentions();
        mentions
            .into_iter()
            .filter(move |mention| mention.kind == kind)
            .map(|found| (found.path.join("::"), found.line))
            .collect::<Vec<_>>()
    };
    assert_eq!(found(Kind::TextError), [("Result<_, String>".to_owned(), 2)]);
    assert_eq!(found(Kind::Method), [("forget()".to_owned(), 3), ("wait()".to_owned(), 3)]);
    assert_eq!(found(Kind::Macro), [("say".to_owned(), 3), ("print".to_owned(), 3)]);
    assert!(found(Kind::Token).contains(&("std::fs::read".to_owned(), 3)));
    assert!(read("fn f( {").is_err());
}
