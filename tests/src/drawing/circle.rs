//! Circles among files: sets in which each file uses each other, directly or by way of others.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
};

use super::{
    arrow::{Arrow, Target},
    house::House,
};

/// Files of a package that are in one circle.
pub fn circles(house: &House, arrows: &[Arrow]) -> Vec<Vec<usize>> {
    let mut next = vec![BTreeSet::new(); house.files.len()];
    for (from, to, _) in between(house, arrows) {
        next[from].insert(to);
    }
    let reached: Vec<BTreeSet<usize>> = (0..next.len()).map(|file| reached(&next, file)).collect();
    let together = |file: usize| (0..next.len()).filter(|other| reached[file].contains(other) && reached[*other].contains(&file)).collect();
    let sets: BTreeSet<Vec<usize>> = (0..next.len()).filter(|file| reached[*file].contains(file)).map(together).collect();
    sets.into_iter().collect()
}

/// Arrows from one file to another.
fn between<'a>(house: &House, arrows: &'a [Arrow]) -> Vec<(usize, usize, &'a Arrow)> {
    let file = |module: usize| house.modules[module].file;
    let inside = arrows.iter().filter_map(|arrow| match arrow.to {
        Target::Item(to) if file(to) != file(arrow.from) => Some((file(arrow.from), file(to), arrow)),
        _ => None,
    });
    inside.collect()
}

fn reached(next: &[BTreeSet<usize>], from: usize) -> BTreeSet<usize> {
    let mut found = BTreeSet::new();
    let mut open: Vec<usize> = next[from].iter().copied().collect();
    while let Some(file) = open.pop() {
        if found.insert(file) {
            open.extend(&next[file]);
        }
    }
    found
}

/// Circles as text: the files of each, and the names that tie them.
pub fn described_circles(house: &House, arrows: &[Arrow]) -> String {
    let between = between(house, arrows);
    let mut text = String::new();
    for files in circles(house, arrows) {
        let mut ties: BTreeMap<(usize, usize), BTreeSet<String>> = BTreeMap::new();
        for (from, to, arrow) in between.iter().filter(|(from, to, _)| files.contains(from) && files.contains(to)) {
            // A word by itself came through an import, which is an arrow too, or through `*`.
            let name = arrow.name.rsplit_once("::").map_or("*", |_| &arrow.name);
            ties.entry((*from, *to)).or_default().insert(name.to_owned());
        }
        let _ = writeln!(text, "circle of {} files:", files.len());
        for ((from, to), names) in ties {
            let names: Vec<String> = names.iter().filter(|name| *name != "*" || names.len() == 1).cloned().collect();
            let _ = writeln!(text, "  {} -> {}  ({})", house.files[from], house.files[to], names.join(", "));
        }
    }
    text
}
