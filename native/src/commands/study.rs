//! `infill study` on the command line: makes a study of people, or counts its answers.

use std::{path::PathBuf, str::FromStr};

use anyhow::{Result, bail};
use burn::tensor::Device;
use clap::{Args, builder::PossibleValuesParser};
use infill::sampler::SamplerSettings;

use super::{cases, device_arguments::DeviceArguments, sampling_arguments::SamplingArguments};
use crate::{
    device,
    exit::{input, usage},
    interrupt::Interrupt,
    model_on_disk, stdout,
    study::{self, Method, Source, StudyPlan, origin},
};

/// Ask people which of two pictures is the photograph (the paper's fool rate): make the page, and count the answers.
#[derive(Debug, Args)]
pub struct StudyArguments {
    /// Photographs: a folder, a tar shard, or a pattern. May be given again.
    #[arg(long, value_name = "SOURCE", required_unless_present = "results")]
    pub data: Vec<String>,
    /// Model whose answers stand beside the photographs; may be given again. Without --answers, the one that comes with the program.
    #[arg(long, short, value_name = "MODEL")]
    pub model: Vec<PathBuf>,
    /// Folder of answers that another method gave, by the photographs' file names; may be given again.
    #[arg(long, value_name = "NAME=DIR")]
    pub answers: Vec<AnswersFolder>,
    /// What models are asked, by the names of `infill evaluate`: inpaint-centre, uncrop-right, colorize, restore-jpeg-5, …
    /// [default: inpaint-centre]
    #[arg(long, value_name = "CASE", value_delimiter = ',')]
    pub case: Vec<String>,
    /// The study's folder: made here, or with --results read.
    #[arg(long, short, value_name = "DIR", default_value = "study")]
    pub output: PathBuf,
    /// Photographs that each person is asked about, each one once.
    #[arg(long, default_value_t = 40)]
    pub count: usize,
    /// Attention checks for each person: a photograph beside a picture in scrambled, inverted tiles.
    #[arg(long, default_value_t = 4)]
    pub checks: usize,
    /// For how long a pair is shown. Of several, each person gets one.
    #[arg(long, value_delimiter = ',', default_value = "3", value_parser = PossibleValuesParser::new(["2", "3", "5"]))]
    pub seconds: Vec<String>,
    /// The page's heading.
    #[arg(long, default_value = "Which one is the photograph?")]
    pub title: String,
    /// What a person agrees to by beginning.
    #[arg(
        long,
        default_value = "Taking part is voluntary, and you may stop at any time. Your answers and how long they took are kept, without your name."
    )]
    pub consent: String,
    /// Address that answers are sent to (POST, JSON as text/plain). Where there is none, or it fails, they are downloaded.
    #[arg(long, value_name = "URL")]
    pub post: Option<String>,
    /// Seed of the pictures and cases, and with the person of order and sides.
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    #[command(flatten)]
    pub sampling: SamplingArguments,
    #[command(flatten)]
    pub device: DeviceArguments,
    /// Replace a study that is there.
    #[arg(long)]
    pub force: bool,
    /// Files of answers: print each method's rate.
    #[arg(long, value_name = "FILE", num_args = 1.., conflicts_with_all = [
        "data", "model", "answers", "force", "case", "count", "checks", "seconds", "title", "consent", "post", "seed", "steps", "temperature",
        "strength", "guess", "device",
    ])]
    pub results: Vec<PathBuf>,
    /// Attention checks that a person may answer wrongly and still count.
    #[arg(long, default_value_t = 0, requires = "results")]
    pub misses: usize,
}

/// What models are asked where nothing is said.
const BY_DEFAULT: &str = "inpaint-centre";

/// A method's folder.
#[derive(Clone, Debug)]
pub struct AnswersFolder {
    name: String,
    folder: PathBuf,
}

/// A text that is no [`AnswersFolder`].
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not NAME=DIR, such as deepfill=results/deepfill")]
pub struct NoAnswersFolder(String);

impl FromStr for AnswersFolder {
    type Err = NoAnswersFolder;

    fn from_str(text: &str) -> Result<Self, NoAnswersFolder> {
        let parts = text.split_once('=').filter(|(name, folder)| !name.is_empty() && !folder.is_empty());
        let (name, folder) = parts.ok_or_else(|| NoAnswersFolder(text.to_owned()))?;
        Ok(Self { name: name.to_owned(), folder: folder.into() })
    }
}

/// Runs the command.
///
/// # Errors
/// Photographs, models or answers that cannot be used, a study that cannot be written, or Ctrl-C.
pub fn run(arguments: &StudyArguments) -> Result<()> {
    if !arguments.results.is_empty() {
        stdout::markdown(study::report(&arguments.output, &arguments.results, arguments.misses)?.trim_end());
        return Ok(());
    }
    let plan = arguments.resolve()?;
    study::make(&plan, &Interrupt::listen()?)
}

impl StudyArguments {
    fn resolve(&self) -> Result<StudyPlan> {
        if self.count == 0 {
            bail!(usage("--count is 0; ask about one photograph or more"));
        }
        self.post.as_deref().map(origin).transpose()?;
        let SamplingArguments { steps, temperature, .. } = self.sampling;
        let asks = !self.case.is_empty() || steps.is_some() || temperature.is_some() || self.sampling.says_strength();
        if asks && self.model.is_empty() && !self.answers.is_empty() {
            bail!(usage("--case and how to sample are asked of models, and there are only --answers; give --model too"));
        }
        let mut methods: Vec<Method> = self.answers.iter().map(|AnswersFolder { name, folder }| method(name, folder)).collect();
        let mut paths = self.model.clone();
        if paths.is_empty() && methods.is_empty() {
            paths.push(model_on_disk::locate(None, None)?);
        }
        let mut size = None;
        if !paths.is_empty() {
            let device = device::choose(self.device.device)?;
            for path in &paths {
                let side = self.add_model(path, &device, &mut methods)?;
                if let Some(other) = size.replace(side).filter(|other| *other != side) {
                    bail!(input(format!("the models are of {other} and {side} pixels; choose models of one size")));
                }
            }
        }
        for (place, method) in methods.iter().enumerate() {
            if methods[..place].iter().any(|other| other.name == method.name) {
                bail!(usage(format!("two methods are called `{}`; rename a file or a folder's name", method.name)));
            }
        }
        let mut seconds: Vec<u8> = self.seconds.iter().filter_map(|seconds| seconds.parse().ok()).collect();
        seconds.sort_unstable();
        seconds.dedup();
        let Self { data, count, checks, seed, title, consent, post, output, force, .. } = self;
        Ok(StudyPlan {
            data: data.clone(),
            methods,
            size,
            count: *count,
            checks: *checks,
            seconds,
            seed: *seed,
            title: title.clone(),
            consent: consent.clone(),
            post: post.clone(),
            folder: output.clone(),
            force: *force,
        })
    }

    /// A model, once for each case. The side of its pictures is returned.
    fn add_model(&self, path: &std::path::Path, device: &Device, methods: &mut Vec<Method>) -> Result<usize> {
        let file = model_on_disk::read(path)?;
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        let asked = if self.case.is_empty() { &[BY_DEFAULT.to_owned()] } else { self.case.as_slice() };
        for case in cases::named(asked, &file.config.tasks).map_err(usage)? {
            let sampling = self.sampling.resolve(&file.config, case.kind());
            let settings = SamplerSettings {
                kind: file.config.sampler(),
                steps: sampling.steps,
                temperature: sampling.temperature,
                guess: sampling.guess,
                seed: self.seed,
                ..SamplerSettings::default()
            };
            settings.validate().map_err(usage)?;
            let model = Box::new(file.to_sampling_model(device).map_err(input)?);
            methods.push(Method { name: format!("{stem}, {}", case.name()), source: Source::Model { model, case, settings } });
        }
        Ok(file.config.size)
    }
}

fn method(name: &str, folder: &std::path::Path) -> Method {
    Method { name: name.to_owned(), source: Source::Folder(folder.to_owned()) }
}
