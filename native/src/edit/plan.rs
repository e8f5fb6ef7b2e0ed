//! Edits as they were asked for, with nothing left to choose.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use infill::{model_file::ModelFile, sampler::SamplerSettings, task::Task};

use crate::{
    device::DeviceChoice,
    exit::usage,
    files,
    pictures::{OutputFormat, STANDARD, picture_file::PictureFile},
};

/// What is asked of a picture, which may depend on the picture and on its file.
pub type Asked = Box<dyn Fn(&Path, &PictureFile) -> Result<Task>>;

/// What is done to which pictures, by which model, and where the answers go.
pub struct EditPlan {
    /// Each picture and where its answers go.
    pub jobs: Vec<Job>,
    /// What is done to each.
    pub asked: Asked,
    /// By which model.
    pub model: ModelFile,
    /// How the first answer is drawn, where it is not to be one of a mean.
    pub first: SamplerSettings,
    /// How all others are drawn; their seeds are counted up from this one.
    pub sampler: SamplerSettings,
    /// How much detail holes get from the picture itself, 0 to 1.
    pub detail: f32,
    /// Saturation of the answers, percent of what they are drawn with.
    pub saturation: u16,
    /// Where it computes.
    pub device: DeviceChoice,
}

/// One picture and its answers.
#[derive(Clone, Debug)]
pub struct Job {
    /// Where the picture is.
    pub path: PathBuf,
    /// Where the answers go.
    pub output: OutputFiles,
}

/// The files of one or several answers.
#[derive(Clone, Debug)]
pub struct OutputFiles {
    /// The file; with several answers, what their numbered names are made of.
    pub path: PathBuf,
    /// How it is written.
    pub format: OutputFormat,
    /// How many answers are drawn, 1 or more.
    pub samples: u64,
    /// Whether the mean of all answers is the one picture that is written.
    pub mean: bool,
    /// Quality of JPEG, 1 to 100.
    pub quality: u8,
}

impl OutputFiles {
    /// `out.png`, or `out-1.png`, `out-2.png`, … for several answers that are not averaged.
    pub fn paths(&self) -> Vec<PathBuf> {
        if self.samples == 1 || self.mean {
            return vec![self.path.clone()];
        }
        // Names need not be UTF-8.
        let numbered = |number: u64| {
            let mut name = self.path.file_stem().unwrap_or_default().to_owned();
            name.push(format!("-{number}."));
            name.push(self.path.extension().unwrap_or_default());
            self.path.with_file_name(name)
        };
        (1..=self.samples).map(numbered).collect()
    }

    /// Checks that all of them can be written, before hours of work. `option` named them.
    ///
    /// # Errors
    /// One is there and `force` is off, or its folder is not; several answers for the one standard output.
    pub fn check(&self, force: bool, option: &str) -> Result<()> {
        if self.path == Path::new(STANDARD) {
            if self.samples > 1 && !self.mean {
                bail!(usage("the standard output takes one picture; give --samples 1, --mean, or an --output with a name"));
            }
            return Ok(());
        }
        self.paths().iter().try_for_each(|path| files::check_output(path, force, option))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_answers_are_numbered_and_their_mean_is_one_file() {
        let format = OutputFormat::Png;
        let one = OutputFiles { path: PathBuf::from("a/out.png"), format, samples: 1, mean: false, quality: 90 };
        let names = |output: &OutputFiles| output.paths().iter().map(|path| path.display().to_string()).collect::<Vec<_>>();
        assert_eq!(names(&one), ["a/out.png"]);
        assert_eq!(names(&OutputFiles { samples: 3, ..one.clone() }), ["a/out-1.png", "a/out-2.png", "a/out-3.png"]);
        assert_eq!(names(&OutputFiles { samples: 3, mean: true, ..one.clone() }), ["a/out.png"]);
        let standard = OutputFiles { path: PathBuf::from("-"), ..one };
        assert!(standard.check(false, "--output").is_ok());
        assert!(OutputFiles { samples: 2, ..standard }.check(false, "--output").unwrap_err().to_string().contains("one picture"));
    }
}
