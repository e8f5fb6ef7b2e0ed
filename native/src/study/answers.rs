//! One person's answers as the page writes them, and whether they are whole and of this study.

use std::{collections::BTreeMap, path::Path};

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;

use super::key::{Key, Pair};
use crate::{exit::input, files};

/// What the page says its file is.
const FORMAT: &str = "infill-study-answers 1";
/// More than anybody answers.
const MOST_BYTES: u64 = 64 << 20;

/// A side of a pair.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Side {
    Left,
    Right,
}

/// One answer.
#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct Answer {
    left: String,
    right: String,
    chosen: Side,
    /// Milliseconds.
    shown: f64,
    /// Milliseconds after the pictures went.
    answered: f64,
}

/// The file.
#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Answers {
    format: String,
    study: String,
    /// Who answered.
    pub person: String,
    /// For how long pairs were shown.
    pub seconds: u8,
    answers: Vec<Answer>,
}

/// What one answer says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged<'a> {
    /// The pair.
    pub pair: &'a Pair,
    /// Whether the other picture was taken for the photograph.
    pub fooled: bool,
}

impl Answers {
    /// Of a file.
    ///
    /// # Errors
    /// A file that cannot be read or is no person's answers.
    pub fn read(path: &Path) -> Result<Self> {
        let bytes = files::read_at_most(path, MOST_BYTES)?;
        let read = || -> Result<Self> {
            let answers: Self = serde_json::from_slice(&bytes)?;
            ensure!(answers.format == FORMAT, "it says that it is `{}`, not `{FORMAT}`", answers.format);
            ensure!(!answers.person.is_empty(), "it names no person");
            Ok(answers)
        };
        read().with_context(|| format!("{} is no whole file of answers", path.display())).map_err(input)
    }

    /// Each answer against the key.
    ///
    /// # Errors
    /// Answers to another study, to a pair that it does not have, to a question twice, or not to all of them.
    pub fn judge<'a>(&self, key: &'a Key) -> Result<Vec<Judged<'a>>> {
        if self.study != key.study {
            bail!("it answers the study {}, not {}", self.study, key.study);
        }
        if !key.seconds.contains(&self.seconds) {
            bail!("its pairs were shown for {} s, those of this study for {:?}", self.seconds, key.seconds);
        }
        let mut open: BTreeMap<[&str; 2], (usize, &Pair)> = BTreeMap::new();
        for (number, question) in key.questions.iter().enumerate() {
            open.extend(question.pairs.iter().map(|pair| (pair.in_order(), (number, pair))));
        }
        let mut answered = vec![false; key.questions.len()];
        let mut judged = Vec::with_capacity(self.answers.len());
        for answer in &self.answers {
            let mut names = [answer.left.as_str(), answer.right.as_str()];
            names.sort_unstable();
            let Some((number, pair)) = open.get(&names) else { bail!("the study has no pair {} and {}", answer.left, answer.right) };
            if std::mem::replace(&mut answered[*number], true) {
                bail!("the question of {} and {} is answered twice", answer.left, answer.right);
            }
            ensure!(answer.shown >= 0.0 && answer.answered >= 0.0, "a time is below zero");
            let chosen = if answer.chosen == Side::Left { &answer.left } else { &answer.right };
            judged.push(Judged { pair, fooled: *chosen == pair.other });
        }
        let missing = answered.iter().filter(|answered| !**answered).count();
        ensure!(missing == 0, "{missing} of {} questions are not answered", answered.len());
        Ok(judged)
    }
}
