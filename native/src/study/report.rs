//! What all answers say: the fool rate of each method, of people who saw the attention checks through.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};

use super::{
    answers::{Answers, Judged},
    key::Key,
    wilson,
};
use crate::exit::input;

/// What was counted of a method shown for so long.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Count {
    fooled: u64,
    answers: u64,
    people: u64,
}

/// All people together.
#[derive(Debug, Default, PartialEq, Eq)]
struct Tally {
    /// By the method's place in the key, and by seconds.
    counts: BTreeMap<(usize, u8), Count>,
    people: usize,
    dropped: usize,
    /// Files that hold what another one holds.
    repeated: usize,
}

/// The table of a study's results. `misses`: attention checks that a person may answer wrongly and still count.
///
/// # Errors
/// A folder without a study, a file that is damaged or of another study, two files of one person, or nobody left.
pub fn report(folder: &Path, results: &[PathBuf], misses: usize) -> Result<String> {
    let key = Key::read(folder)?;
    let tally = Tally::of(&key, results, misses).map_err(input)?;
    Ok(tally.table(&key))
}

impl Tally {
    fn of(key: &Key, results: &[PathBuf], misses: usize) -> Result<Self> {
        let mut tally = Self::default();
        let mut known: BTreeMap<String, (PathBuf, Answers)> = BTreeMap::new();
        for path in results {
            let answers = Answers::read(path)?;
            if let Some((other, same)) = known.get(&answers.person) {
                if *same != answers {
                    let (one, two) = (other.display(), path.display());
                    bail!("{one} and {two} are different answers of one person ({}); keep one of them", answers.person);
                }
                tally.repeated += 1;
                continue;
            }
            let judged = answers.judge(key).with_context(|| format!("cannot use {}", path.display()))?;
            tally.add(key, &judged, answers.seconds, misses);
            known.insert(answers.person.clone(), (path.clone(), answers));
        }
        if tally.people == tally.dropped {
            bail!("nobody is left: {} people, all of whom missed attention checks; see --misses", tally.people);
        }
        Ok(tally)
    }

    /// One person.
    fn add(&mut self, key: &Key, judged: &[Judged<'_>], seconds: u8, misses: usize) {
        self.people += 1;
        if judged.iter().filter(|answer| answer.pair.method.is_none() && answer.fooled).count() > misses {
            self.dropped += 1;
            return;
        }
        let mut seen = BTreeSet::new();
        for answer in judged {
            let Some(method) = key.methods.iter().position(|method| Some(method) == answer.pair.method.as_ref()) else { continue };
            let count = self.counts.entry((method, seconds)).or_default();
            count.answers += 1;
            count.fooled += u64::from(answer.fooled);
            count.people += u64::from(seen.insert(method));
        }
    }

    fn table(&self, key: &Key) -> String {
        let Self { counts, people, dropped, repeated } = self;
        let mut text = format!(
            "study {}: {people} people, {dropped} dropped because they missed attention checks, {} counted\n",
            key.study,
            people - dropped
        );
        if *repeated > 0 {
            let _ = writeln!(text, "{repeated} files hold the same answers as another one and were left out");
        }
        text.push_str("\n| method | shown | fool rate | 95 % interval | answers | people |\n|---|---|---|---|---|---|\n");
        for ((method, seconds), Count { fooled, answers, people }) in counts {
            let rate = 100.0 * *fooled as f64 / *answers as f64;
            let [low, high] = wilson::interval(*fooled, *answers).map(|end| 100.0 * end);
            let _ =
                writeln!(text, "| {} | {seconds} s | {rate:.1} % | {low:.1} to {high:.1} % | {answers} | {people} |", key.methods[*method]);
        }
        text
    }
}
