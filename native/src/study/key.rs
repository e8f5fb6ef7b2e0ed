//! What a study's files are: the key that the researcher keeps, and what the page is told.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};

use crate::{exit::input, files};

/// The key's file in a study's folder.
pub const KEY: &str = "key.json";
/// The folder that is published.
pub const PAGE: &str = "page";
/// What the key says it is.
const FORMAT: &str = "infill-study-key 1";
/// More than a key of a hundred thousand pictures has.
const MOST_BYTES: u64 = 64 << 20;

/// Two pictures that are shown beside each other, by their names on the page.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Pair {
    /// The photograph.
    pub photograph: String,
    /// The other one.
    pub other: String,
    /// Who made the other one; none for an attention check, whose other picture is no photograph to any eye.
    pub method: Option<String>,
}

/// One photograph with a picture of each method. A person sees one of the pairs.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// The photograph's name in the data.
    pub picture: String,
    /// The pairs.
    pub pairs: Vec<Pair>,
}

/// What tells right answers from wrong ones.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Key {
    format: String,
    /// Which study it is: follows from its pictures and its questions.
    pub study: String,
    /// For how many seconds pairs are shown; a person gets one of them.
    pub seconds: Vec<u8>,
    /// The methods, in the order of the table.
    pub methods: Vec<String>,
    /// The questions, attention checks among them.
    pub questions: Vec<Question>,
}

/// What the page is told: neither which picture is the photograph, nor which question is a check.
#[derive(Debug, Serialize)]
pub struct Told<'a> {
    /// Which study it is.
    pub study: &'a str,
    /// Part of what each person's order and sides follow from.
    pub seed: u64,
    /// The page's heading.
    pub title: &'a str,
    /// What a person agrees to by beginning.
    pub consent: &'a str,
    /// As in the key.
    pub seconds: &'a [u8],
    /// Where answers are sent; they are downloaded where there is no such place.
    pub post: Option<&'a str>,
    /// The pairs of each question, both names in alphabetical order.
    pub questions: Vec<Vec<[&'a str; 2]>>,
}

impl Key {
    /// Of a study that is being made.
    pub fn new(study: String, seconds: Vec<u8>, methods: Vec<String>, questions: Vec<Question>) -> Self {
        Self { format: FORMAT.to_owned(), study, seconds, methods, questions }
    }

    /// Of the study in a folder.
    ///
    /// # Errors
    /// A folder without a key, or a key that is damaged or of another version.
    pub fn read(folder: &Path) -> Result<Self> {
        let path = folder.join(KEY);
        let bytes = files::read_at_most(&path, MOST_BYTES)
            .with_context(|| format!("{} is no study; name the study's folder with -o", folder.display()))
            .map_err(input)?;
        let read = || -> Result<Self> {
            let key: Self = serde_json::from_slice(&bytes)?;
            ensure!(key.format == FORMAT, "it says that it is `{}`, not `{FORMAT}`", key.format);
            Ok(key)
        };
        read().with_context(|| format!("cannot use {}", path.display())).map_err(input)
    }

    /// The pairs as the page is told them.
    pub fn pairs(&self) -> Vec<Vec<[&str; 2]>> {
        self.questions.iter().map(|question| question.pairs.iter().map(Pair::in_order).collect()).collect()
    }
}

impl Pair {
    /// Both names in alphabetical order, which says nothing about them.
    pub fn in_order(&self) -> [&str; 2] {
        let mut names = [self.photograph.as_str(), self.other.as_str()];
        names.sort_unstable();
        names
    }
}
