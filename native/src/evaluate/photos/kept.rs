//! Cases that are done, kept beside the tables to be until the whole evaluation is written, so that one that was stopped goes on
//! with the next case. It measures nothing.

use std::path::PathBuf;

use anyhow::Context;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::cases::PhotoCase;
use super::report::PhotoCaseReport;
use crate::files::write_atomically;

/// A case with what it took.
#[derive(Debug, Deserialize, Serialize)]
pub struct PhotoFinished {
    /// Wall time in seconds.
    pub seconds: f64,
    /// The numbers.
    pub report: PhotoCaseReport,
    /// The sheet of crops as PNG; a file of its own.
    #[serde(skip)]
    pub sheet: Vec<u8>,
}

/// A case's file.
#[derive(Deserialize, Serialize)]
struct CaseFile<T> {
    /// What was asked; equal for equal answers.
    asked: Value,
    /// What came of it.
    finished: T,
}

/// The folder of the cases that are done.
pub struct KeptPhotos {
    /// It need not exist; it is made with the first case.
    pub folder: PathBuf,
    /// All that answers depend on but the case.
    pub common: Value,
}

impl KeptPhotos {
    /// A case from its file, where that holds the answers to what is asked now.
    pub fn read(&self, case: PhotoCase, sampler: &impl Serialize) -> Option<PhotoFinished> {
        let path = self.numbers(case);
        let bytes = std::fs::read(&path).ok()?;
        let read = || -> anyhow::Result<PhotoFinished> {
            let file: CaseFile<PhotoFinished> = serde_json::from_slice(&bytes)?;
            anyhow::ensure!(file.asked == self.asked(case, sampler), "it is of another evaluation");
            let sheet = std::fs::read(self.folder.join(&file.finished.report.sheet)).context("its sheet")?;
            Ok(PhotoFinished { sheet, ..file.finished })
        };
        match read() {
            Ok(finished) => {
                tracing::info!("{} is done already, from {}", case.name(), path.display());
                Some(finished)
            }
            Err(error) => {
                tracing::warn!("{} is not used: {error:#}; the case is asked again", path.display());
                None
            }
        }
    }

    /// Keeps a case.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn write(&self, case: PhotoCase, sampler: &impl Serialize, finished: &PhotoFinished) -> anyhow::Result<()> {
        std::fs::create_dir_all(&self.folder).with_context(|| format!("creating {}", self.folder.display()))?;
        write_atomically(&self.folder.join(&finished.report.sheet), &finished.sheet)?;
        // Last, because a case counts as done when this file is there.
        let file = CaseFile { asked: self.asked(case, sampler), finished };
        write_atomically(&self.numbers(case), &serde_json::to_vec(&file).context("encoding a case")?)
    }

    fn asked(&self, case: PhotoCase, sampler: &impl Serialize) -> Value {
        serde_json::json!({ "case": case.name(), "sampler": sampler, "common": self.common })
    }

    fn numbers(&self, case: PhotoCase) -> PathBuf {
        self.folder.join(format!("{}.json", case.name()))
    }
}
