//! Holds the sources against the table.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
};

use super::{
    arrow::{Arrow, Target},
    house::House,
    table::Table,
};

/// What a row uses: names as the table has them, each with one place.
type Uses = BTreeMap<String, String>;

/// Everything in which the sources and the table differ, one a line; nothing when they agree.
pub fn check(house: &House, arrows: &[Arrow], table: &Table) -> Vec<String> {
    let mut found = missing_rows(house, arrows, table);
    let uses = uses(house, arrows, table);
    for (number, row) in table.rows.iter().enumerate() {
        let part = &row.part;
        if !house.modules.iter().any(|module| table.row_of(&module.name) == Some(number)) {
            found.push(format!("{part} has a row, but no module"));
            continue;
        }
        for (name, place) in uses[number].iter().filter(|(name, _)| !row.may_import.contains(*name)) {
            found.push(format!("{part} imports {name}, which its row does not allow ({place})"));
        }
        for name in row.may_import.iter().filter(|name| !uses[number].contains_key(*name)) {
            found.push(format!("{part} may import {name}, but does not"));
        }
        for name in &row.may_import {
            if table.named(number, name).is_some_and(|other| other < number) {
                found.push(format!("{part} imports {name}, whose row stands above it: parts import downwards only"));
            }
        }
    }
    found
}

/// The table's rows as the sources have them, to write a row from.
pub fn described(house: &House, arrows: &[Arrow], table: &Table) -> String {
    let mut text = String::new();
    for (number, (row, uses)) in table.rows.iter().zip(uses(house, arrows, table)).enumerate() {
        let (own, other): (Vec<&String>, Vec<&String>) = uses.keys().partition(|name| table.named(number, name).is_some());
        let join = |names: Vec<&String>| names.into_iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        let _ = writeln!(text, "{}: {}; {}", row.part, join(own), join(other));
    }
    text
}

/// Files that use something or are used, and belong to no row.
fn missing_rows(house: &House, arrows: &[Arrow], table: &Table) -> Vec<String> {
    let ends = arrows.iter().flat_map(|arrow| match arrow.to {
        Target::Item(to) => vec![arrow.from, to],
        _ => vec![arrow.from],
    });
    let without = ends.filter(|module| table.row_of(&house.modules[*module].name).is_none());
    let names: BTreeSet<&str> = without.map(|module| house.modules[module].name.as_str()).collect();
    names.into_iter().map(|name| format!("{name} has no row")).collect()
}

fn uses(house: &House, arrows: &[Arrow], table: &Table) -> Vec<Uses> {
    let mut uses = vec![Uses::new(); table.rows.len()];
    for arrow in arrows {
        let from = &house.modules[arrow.from];
        let Some(row) = table.row_of(&from.name) else { continue };
        let name = match &arrow.to {
            Target::Crate(name) => name.clone(),
            Target::Item(to) | Target::Module(to) => {
                let Some(other) = table.row_of(&house.modules[*to].name).filter(|other| *other != row) else { continue };
                let part = &table.rows[other].part;
                part.split_once("::").map_or(part.as_str(), |(_, name)| name).to_owned()
            }
        };
        uses[row].entry(name).or_insert_with(|| format!("{}:{}", house.files[from.file], arrow.line));
    }
    uses
}
