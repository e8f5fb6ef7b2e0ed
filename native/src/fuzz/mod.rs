//! Hostile files: every format that the program reads, from seeds that are mutated by what the format is made of. Each must end in
//! success or in an error. The same seed gives the same files. It is part of the tests alone.

mod mutate;
mod seeds;
mod target;
mod tests;

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use infill::noise::{self, Purpose};

use mutate::mutated;
pub use target::Target;

/// How far a child goes through the files of a format.
pub enum Until {
    /// So many files.
    Count(u64),
    /// So long.
    Time(Duration),
}

/// The file of this number, which depends on seed, format and number alone.
pub fn file(target: Target, seeds: &[Vec<u8>], seed: u64, number: u64) -> Vec<u8> {
    let mut random = noise::stream(seed, Purpose::Evaluation, number, target.number());
    mutated(target, seeds, &mut random)
}

/// Tries one file after another and writes the number of the next one down before it is tried, so that whoever watches knows at
/// which one the process died.
pub fn try_files(target: Target, seed: u64, until: &Until, last: &Path) -> u64 {
    let seeds = seeds::of(target);
    let place = tempfile::TempDir::new().expect("a folder");
    let begun = Instant::now();
    // The seeds themselves first: those that are whole must be read.
    for bytes in &seeds {
        let _ = target.read(bytes, place.path());
    }
    let mut number = 0;
    while match until {
        Until::Count(count) => number < *count,
        Until::Time(limit) => begun.elapsed() < *limit,
    } {
        fs::write(last, number.to_string()).expect("a number");
        // Both outcomes are fine; a panic, an abort or silence is not.
        let _ = target.read(&file(target, &seeds, seed, number), place.path());
        number += 1;
    }
    number
}

/// Where a file that ended a child is kept.
pub fn kept(target: Target, seed: u64, number: u64) -> PathBuf {
    let bytes = file(target, &seeds::of(target), seed, number);
    let path = std::env::temp_dir().join(format!("infill-{}-{seed}-{number}", target.name()));
    fs::write(&path, bytes).expect("a file");
    path
}
