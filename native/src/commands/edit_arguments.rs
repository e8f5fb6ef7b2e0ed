//! The options of the four commands that edit pictures.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use clap::{
    Args, ValueEnum,
    builder::{PathBufValueParser, TypedValueParser},
};
use infill::{
    config::Sampling,
    picture::SATURATION,
    sampler::{SamplerKind, SamplerSettings},
    task::TaskKind,
};

use super::{device_arguments::DeviceArguments, sampling_arguments::SamplingArguments};
use crate::{
    edit::{Asked, EditPlan, Job, OutputFiles},
    exit::{input, refuse_idle, usage},
    files, model_on_disk,
    pictures::{OutputFormat, STANDARD, picture_files},
};

/// What all four take.
#[derive(Debug, Args)]
pub struct EditArguments {
    /// The picture: png, jpeg, webp, bmp, gif or tiff; - is the standard input. Several pictures, or folders of them, need --output-dir.
    #[arg(required = true, value_name = "PICTURE")]
    pub pictures: Vec<PathBuf>,
    /// Where the result goes: .png keeps depth and transparency, .jpg and .webp have 8 bits; - is the standard output.
    #[arg(long, short, value_parser = PathBufValueParser::new().try_map(output_path), required_unless_present = "output_dir")]
    pub output: Option<PathBuf>,
    /// Folder for the results of several pictures, by the pictures' own names. It is made when it is missing.
    #[arg(long, value_name = "DIR", conflicts_with = "output")]
    pub output_dir: Option<PathBuf>,
    /// Format of results in a folder or on the standard output [default: there png, in a folder each picture's own].
    #[arg(long)]
    pub format: Option<Format>,
    /// Seed of the noise; another seed gives another answer. The first answer to a hole is led by a mean and hardly depends on it, unless
    /// --steps is given.
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// Number of answers to draw, each with the next seed; their files are numbered.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=1000))]
    pub samples: u64,
    /// Write one picture, the mean of all answers: blurrier, but nearer to the truth on average.
    #[arg(long)]
    pub mean: bool,
    /// Overwrite an output that is there.
    #[arg(long)]
    pub force: bool,
    /// Leave pictures out whose results are in --output-dir already: goes on with a folder.
    #[arg(long, requires = "output_dir", conflicts_with = "force")]
    pub skip_existing: bool,
    /// Model file, or a checkpoint of a training; without it INFILL_MODEL, then the one for the task that comes with the program.
    #[arg(long, short)]
    pub model: Option<PathBuf>,
    #[command(flatten)]
    pub device: DeviceArguments,
    #[command(flatten)]
    pub sampling: SamplingArguments,
    /// How much detail holes and new area get from the picture itself, led by the net: 0 the net's fill alone, 1 all [default: 1].
    #[arg(long, value_parser = share)]
    pub detail: Option<f32>,
    /// Quality of a .jpg output [default: 92].
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..=100))]
    pub quality: Option<u8>,
    /// Sampler: dpm-solver, uni-pc, ddim or ancestral [default: dpm-solver, for nets that predict ε uni-pc].
    #[arg(long)]
    pub sampler: Option<SamplerKind>,
    /// Share of fresh noise in ddim, 0 to 1 [default: 0].
    #[arg(long)]
    pub eta: Option<f64>,
}

/// Of a .jpg output, where nothing else is asked for.
const JPEG_QUALITY: u8 = 92;

/// A format to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Lossless, any depth.
    Png,
    /// Lossy, 8 bits, no transparency.
    Jpg,
    /// Lossless, 8 bits.
    Webp,
}

impl Format {
    fn ending(self) -> &'static str {
        match self {
            Self::Png => "png",
            Self::Jpg => "jpg",
            Self::Webp => "webp",
        }
    }

    fn output(self) -> OutputFormat {
        match self {
            Self::Png => OutputFormat::Png,
            Self::Jpg => OutputFormat::Jpeg,
            Self::Webp => OutputFormat::WebP,
        }
    }
}

impl EditArguments {
    /// The plan of edits of one kind; `asked` says what is done to a picture. Outputs are checked before anything is read.
    ///
    /// # Errors
    /// A model that cannot be used, or an output that cannot be written.
    pub fn resolve(&self, kind: TaskKind, asked: Asked) -> Result<EditPlan> {
        let Self { seed, sampler, .. } = *self;
        let (eta, detail) = (self.eta.unwrap_or(0.0), self.detail.unwrap_or(1.0));
        let jobs = self.jobs()?;
        self.check(kind, &jobs)?;
        let option = if self.output_dir.is_some() { "--output-dir" } else { "--output" };
        // A picture of which only some answers are there gets all of them again: the same ones, by their seeds.
        let force = self.force || self.skip_existing;
        let checked = jobs.iter().try_for_each(|job| job.output.check(force, option));
        if self.output_dir.is_some() {
            checked.context("--skip-existing leaves out what is done")?
        } else {
            checked?
        }
        let model = model_on_disk::read(&model_on_disk::locate(self.model.as_deref(), Some(kind))?)?;
        let rule = sampler.unwrap_or(model.config.sampler());
        let settings = |Sampling { steps, temperature, guess }| SamplerSettings { kind: rule, steps, eta, temperature, guess, seed };
        let first = settings(self.sampling.resolve_first(&model.config, kind, detail));
        let sampler = settings(self.sampling.resolve(&model.config, kind));
        for settings in [&first, &sampler] {
            settings.validate_in(model.config.log_snr_range).map_err(usage)?;
        }
        Ok(EditPlan { jobs, asked, model, first, sampler, detail, saturation: SATURATION, device: self.device.device })
    }

    /// Refuses options that would do nothing.
    fn check(&self, kind: TaskKind, jobs: &[Job]) -> Result<()> {
        let fills = kind.has_hole();
        let writes_jpeg = jobs.is_empty() || jobs.iter().any(|job| job.output.format == OutputFormat::Jpeg);
        refuse_idle([
            (self.detail.is_some() && !fills, "--detail is of inpaint and uncrop: nothing is filled here"),
            (self.quality.is_some() && !writes_jpeg, "--quality is of .jpg, and no output is one"),
            (self.mean && self.samples < 2, "--mean is of several answers; give --samples too"),
            (self.eta.is_some() && self.sampler != Some(SamplerKind::Ddim), "--eta is of --sampler ddim"),
            (self.sampling.says_strength() && kind == TaskKind::Colorize, "--strength does nothing in colorize; leave it out"),
        ])
    }

    fn jobs(&self) -> Result<Vec<Job>> {
        let Self { samples, mean, format, .. } = *self;
        let quality = self.quality.unwrap_or(JPEG_QUALITY);
        let output = |path: PathBuf, format| OutputFiles { path, format, samples, mean, quality };
        let Some(folder) = &self.output_dir else {
            let path = self.output.clone().unwrap_or_default();
            let [picture] = self.pictures.as_slice() else {
                bail!(usage(format!("{} pictures have one --output; give --output-dir DIR", self.pictures.len())));
            };
            if picture.is_dir() {
                bail!(usage(format!("{} is a folder; give --output-dir DIR for the results of what is in it", picture.display())));
            }
            let format = match (OutputFormat::of(&path), format) {
                (Some(by_name), Some(asked)) if by_name != asked.output() => {
                    bail!(usage(format!(
                        "{} does not end in .{}; leave out --format, or choose another name",
                        path.display(),
                        asked.ending()
                    )))
                }
                (by_name, asked) => by_name.or(asked.map(Format::output)).unwrap_or(OutputFormat::Png),
            };
            return Ok(vec![Job { path: picture.clone(), output: output(path, format) }]);
        };
        let mut jobs: Vec<Job> = Vec::new();
        for (path, name) in self.named()? {
            let ending = format.map(Format::ending);
            let target = match (ending, OutputFormat::of(&name)) {
                (None, Some(_)) => folder.join(&name),
                (ending, _) => folder.join(&name).with_extension(ending.unwrap_or("png")),
            };
            if let Some(other) = jobs.iter().find(|job| job.output.path == target) {
                bail!(usage(format!("{} and {} would both become {}", other.path.display(), path.display(), target.display())));
            }
            files::make_folder_of(&target)?;
            let format = OutputFormat::of(&target).unwrap_or(OutputFormat::Png);
            jobs.push(Job { path, output: output(target, format) });
        }
        let all = jobs.len();
        jobs.retain(|job| !self.skip_existing || job.output.paths().iter().any(|path| !path.exists()));
        if jobs.len() < all {
            tracing::info!("{} of {all} pictures are done already", all - jobs.len());
        }
        Ok(jobs)
    }

    /// Every picture and its name in a folder of results: of a folder's pictures the path inside it.
    fn named(&self) -> Result<Vec<(PathBuf, PathBuf)>> {
        let mut named = Vec::new();
        for path in &self.pictures {
            if path == Path::new(STANDARD) {
                bail!(usage("the standard input has no name for a result in --output-dir; give --output"));
            }
            if !path.is_dir() {
                named.push((path.clone(), path.file_name().unwrap_or_default().into()));
                continue;
            }
            let mut inside = picture_files(path)?;
            // Results of an earlier call, where they lie among the pictures, are no pictures to be edited.
            let results = self.output_dir.as_ref().and_then(|folder| folder.canonicalize().ok());
            let results = results.filter(|results| path.canonicalize().is_ok_and(|path| path != *results && !path.starts_with(results)));
            if let Some(results) = results {
                inside.retain(|file| !file.canonicalize().is_ok_and(|file| file.starts_with(&results)));
            }
            if inside.is_empty() {
                bail!(input(format!("there is no picture (png, jpeg, webp, bmp, gif or tiff) in {}", path.display())));
            }
            named.extend(inside.into_iter().map(|file| {
                let name = file.strip_prefix(path).unwrap_or(&file).to_owned();
                (file, name)
            }));
        }
        Ok(named)
    }
}

fn share(text: &str) -> Result<f32> {
    let share: f32 = text.parse().context("the detail must be a number from 0 to 1")?;
    ensure!((0.0..=1.0).contains(&share), "a detail of {share}; it must be from 0 to 1");
    Ok(share)
}

fn output_path(path: PathBuf) -> Result<PathBuf> {
    if path == Path::new(STANDARD) {
        return Ok(path);
    }
    OutputFormat::of(&path).context("the output must end in .png, .jpg or .webp; a folder for results is --output-dir")?;
    Ok(path)
}
