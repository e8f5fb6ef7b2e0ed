//! Cases that are done, kept beside the tables to be until the whole evaluation is written, so that one that was
//! stopped, or died, goes on with the next case. It measures nothing.

use std::path::PathBuf;

use anyhow::Context;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::exit::input;
use crate::files::write_atomically;

/// A case's file.
#[derive(Deserialize, Serialize)]
struct CaseFile<T> {
    /// What was asked, as text, because numbers may change by being read: equal for equal answers.
    asked: String,
    /// What came of it.
    finished: T,
}

/// The folder of the cases that are done.
pub struct Kept {
    /// It need not exist; it is made with the first case.
    pub folder: PathBuf,
    /// All that answers depend on but the case and its sampling.
    pub common: Value,
}

impl Kept {
    /// A case by its name and its picture sheet, from their files, where these hold the answers to what is asked now.
    pub fn read<T: DeserializeOwned>(&self, case: &str, sampler: &impl Serialize) -> Option<(T, Vec<u8>)> {
        let path = self.numbers(case);
        let bytes = std::fs::read(&path).ok()?;
        let read = || -> anyhow::Result<(T, Vec<u8>)> {
            let file: CaseFile<T> = serde_json::from_slice(&bytes)?;
            anyhow::ensure!(file.asked == self.asked(case, sampler), "it is of another evaluation");
            Ok((file.finished, std::fs::read(self.sheet(case)).context("its picture sheet")?))
        };
        match read() {
            Ok(finished) => {
                tracing::info!("{case} is done already, from {}", path.display());
                Some(finished)
            }
            Err(error) => {
                tracing::warn!("{} is not used: {error:#}; the case is asked again", path.display());
                None
            }
        }
    }

    /// Keeps a case and its picture sheet.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn write(&self, case: &str, sampler: &impl Serialize, finished: &impl Serialize, sheet: &[u8]) -> anyhow::Result<()> {
        std::fs::create_dir_all(&self.folder).with_context(|| format!("creating {}", self.folder.display())).map_err(input)?;
        write_atomically(&self.sheet(case), sheet)?;
        // Last, because a case counts as done when this file is there.
        let file = CaseFile { asked: self.asked(case, sampler), finished };
        write_atomically(&self.numbers(case), &serde_json::to_vec(&file).context("encoding a case")?)
    }

    fn asked(&self, case: &str, sampler: &impl Serialize) -> String {
        serde_json::json!({ "case": case, "sampler": sampler, "common": self.common }).to_string()
    }

    fn numbers(&self, case: &str) -> PathBuf {
        self.folder.join(format!("{case}.json"))
    }

    fn sheet(&self, case: &str) -> PathBuf {
        self.folder.join(format!("{case}.png"))
    }
}
