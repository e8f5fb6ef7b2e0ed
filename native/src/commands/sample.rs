//! `infill inpaint | uncrop | colorize | restore`: one picture through a model. Crops, tiles and
//! composition are `infill::edit`; here are arguments, files and the loop.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Args;
use infill::{
    denoiser::Model,
    edit::{Edit, EditError, EditRequest},
    mask::Mask,
    picture::Picture,
    sampler::{SamplerKind, SamplerSettings},
    task::{Border, Task, TaskError},
};

use crate::commands::guess::GuessChoice;
use crate::{
    device::{self, DeviceArguments},
    draw,
    exit::input,
    files,
    interrupt::Interrupt,
    model_on_disk,
    pictures::picture_file::{self, OutputFormat, PictureFile},
    progress::StepProgress,
};

/// Pixels that the net works on at a time where a picture is cut into tiles: enough for every processor, and
/// little memory.
const PIXELS_AT_A_TIME: usize = 1 << 16;

/// What all four tasks take.
#[derive(Debug, Args)]
pub struct SampleArguments {
    /// The picture: png, jpeg or webp.
    pub picture: PathBuf,
    /// Where the result goes: .png keeps depth and transparency, .jpg and .webp have 8 bits.
    #[arg(long, short, value_parser = output_path)]
    pub output: PathBuf,
    /// Model file; without it INFILL_MODEL, then the one that comes with the program.
    #[arg(long, short)]
    pub model: Option<PathBuf>,
    /// Seed of the noise; another seed gives another answer.
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// Answers to draw, with seeds counted up; their files are numbered.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=1000))]
    pub samples: u64,
    /// Write one picture, the mean of all samples: blurrier, but nearer to the truth on average.
    #[arg(long)]
    pub mean: bool,
    /// Evaluations of the net for each crop [default: what was measured to suit the model and the task].
    #[arg(long)]
    pub steps: Option<usize>,
    /// Sampler: dpm-solver, uni-pc, ddim or ancestral.
    #[arg(long, default_value_t = SamplerKind::DpmSolver)]
    pub sampler: SamplerKind,
    /// Share of fresh noise in ddim, 0 to 1.
    #[arg(long, default_value_t = 0.0)]
    pub eta: f64,
    /// Factor of all noise: 0 gives the most likely answer, always the same, 1 is as varied as the net
    /// [default: what was measured to suit the model and the task].
    #[arg(long)]
    pub temperature: Option<f64>,
    /// Begin from a guess of what is missing at this log-SNR (the larger, the more of it stays), or from noise (none)
    /// [default: as for --steps].
    #[arg(long, value_name = "LOG_SNR|none", allow_hyphen_values = true)]
    pub guess: Option<GuessChoice>,
    /// Quality of a .jpg output.
    #[arg(long, default_value_t = 92, value_parser = clap::value_parser!(u8).range(1..=100))]
    pub quality: u8,
    /// Overwrite an output that is there.
    #[arg(long)]
    pub force: bool,
    #[command(flatten)]
    pub device: DeviceArguments,
}

/// Fill what a mask marks; every other pixel stays as it is.
#[derive(Debug, Args)]
pub struct InpaintArguments {
    #[command(flatten)]
    pub common: SampleArguments,
    /// A picture of the same size: white is filled, black or transparent is kept.
    #[arg(long)]
    pub mask: PathBuf,
}

/// Continue a picture beyond its edges.
#[derive(Debug, Args)]
pub struct UncropArguments {
    #[command(flatten)]
    pub common: SampleArguments,
    /// Pixels to add on every side not named.
    #[arg(long, default_value_t = 0)]
    pub all: usize,
    /// Percent of the width (left, right) or height (above, below) to add on every side not named.
    #[arg(long, conflicts_with = "all", value_parser = clap::value_parser!(u16).range(1..=400))]
    pub percent: Option<u16>,
    /// Pixels to add on the left.
    #[arg(long)]
    pub left: Option<usize>,
    /// Pixels to add above.
    #[arg(long)]
    pub top: Option<usize>,
    /// Pixels to add on the right.
    #[arg(long)]
    pub right: Option<usize>,
    /// Pixels to add below.
    #[arg(long)]
    pub bottom: Option<usize>,
}

/// Runs `infill inpaint`.
///
/// # Errors
/// A picture, mask or model that cannot be used, or an output that cannot be written.
pub fn inpaint(arguments: &InpaintArguments) -> Result<()> {
    check_outputs(&arguments.common)?;
    let mask = picture_file::read(&arguments.mask)?.mask()?;
    run(&arguments.common, picture_file::read(&arguments.common.picture)?, Task::Inpaint { mask })
}

/// Runs `infill uncrop`.
///
/// # Errors
/// As [`inpaint`].
pub fn uncrop(arguments: &UncropArguments) -> Result<()> {
    check_outputs(&arguments.common)?;
    let file = picture_file::read(&arguments.common.picture)?;
    let (width, height) = (file.original.width() as usize, file.original.height() as usize);
    let side = |side: Option<usize>, length: usize| {
        side.unwrap_or_else(|| arguments.percent.map_or(arguments.all, |percent| (length * usize::from(percent)).div_ceil(100)))
    };
    let border = Border {
        left: side(arguments.left, width),
        top: side(arguments.top, height),
        right: side(arguments.right, width),
        bottom: side(arguments.bottom, height),
    };
    run(&arguments.common, file, Task::Uncrop(border))
}

/// Runs `infill colorize`.
///
/// # Errors
/// As [`inpaint`].
pub fn colorize(arguments: &SampleArguments) -> Result<()> {
    check_outputs(arguments)?;
    run(arguments, picture_file::read(&arguments.picture)?, Task::Colorize)
}

/// Runs `infill restore`.
///
/// # Errors
/// As [`inpaint`].
pub fn restore(arguments: &SampleArguments) -> Result<()> {
    check_outputs(arguments)?;
    run(arguments, picture_file::read(&arguments.picture)?, Task::Restore)
}

fn output_path(text: &str) -> Result<PathBuf> {
    let path = PathBuf::from(text);
    OutputFormat::of(&path).context("the output must end in .png, .jpg or .webp")?;
    Ok(path)
}

/// `out.png`, or `out-1.png`, `out-2.png`, … for several samples that are not averaged.
fn outputs(arguments: &SampleArguments) -> Vec<PathBuf> {
    if arguments.samples == 1 || arguments.mean {
        return vec![arguments.output.clone()];
    }
    let part = |part: Option<&std::ffi::OsStr>| part.unwrap_or_default().to_string_lossy().into_owned();
    let (stem, ending) = (part(arguments.output.file_stem()), part(arguments.output.extension()));
    (1..=arguments.samples).map(|number| arguments.output.with_file_name(format!("{stem}-{number}.{ending}"))).collect()
}

fn check_outputs(arguments: &SampleArguments) -> Result<()> {
    outputs(arguments).iter().try_for_each(|path| files::check_output(path, arguments.force))
}

fn run(arguments: &SampleArguments, file: PictureFile, task: Task) -> Result<()> {
    let interrupt = Interrupt::listen()?;
    let picture = file.picture()?;
    let model_file = model_on_disk::read(&model_on_disk::locate(arguments.model.as_deref())?)?;
    let sampling = model_file.config.sampling(task.kind());
    let request = |sample: u64| EditRequest {
        picture: picture.clone(),
        task: task.clone(),
        settings: SamplerSettings {
            kind: arguments.sampler,
            steps: arguments.steps.unwrap_or(sampling.steps),
            eta: arguments.eta,
            temperature: arguments.temperature.unwrap_or(sampling.temperature),
            guess: arguments.guess.map_or(sampling.guess, |GuessChoice(guess)| guess),
            seed: arguments.seed.wrapping_add(sample),
        },
    };
    // Everything that can be refused is refused before a device is sought.
    match Edit::new(request(0), &model_file.config) {
        Ok(_) => {}
        Err(EditError::Task(TaskError::EmptyMask)) => return unchanged(arguments, file),
        Err(error) => return Err(input(error)),
    }
    let device = device::choose(&arguments.device)?;
    let model = model_file.to_sampling_model(&device).map_err(input)?;
    let draw = |sample: u64, written: u64| {
        let windows = PIXELS_AT_A_TIME / (model.config.size * model.config.size);
        let edit = Edit::new(request(sample), &model.config).map_err(input)?.side_by_side(windows);
        finish(edit, &model, &interrupt, written)
    };
    if arguments.mean {
        let mut mean = Mean::of(&draw(0, 0)?);
        for sample in 1..arguments.samples {
            mean.add(&draw(sample, 0)?);
        }
        return write(&arguments.output, file, &mean.picture(), &task, arguments.quality);
    }
    let mut file = Some(file);
    for (sample, path) in (0..).zip(&outputs(arguments)) {
        let result = draw(sample, sample)?;
        // Read again for every further sample rather than kept twice in memory.
        let file = match file.take() {
            Some(file) => file,
            None => picture_file::read(&arguments.picture)?,
        };
        write(path, file, &result, &task, arguments.quality)?;
    }
    Ok(())
}

/// The mean of pictures of one size.
struct Mean {
    width: usize,
    height: usize,
    /// Sums of the samples, row by row.
    sums: Vec<u32>,
    count: u32,
}

impl Mean {
    fn of(picture: &Picture) -> Self {
        let sums = picture.pixels().iter().map(|value| u32::from(*value)).collect();
        Self { width: picture.width(), height: picture.height(), sums, count: 1 }
    }

    fn add(&mut self, picture: &Picture) {
        self.sums.iter_mut().zip(picture.pixels()).for_each(|(sum, value)| *sum += u32::from(*value));
        self.count += 1;
    }

    /// Rounded to the nearest value.
    fn picture(&self) -> Picture {
        let mut picture = Picture::filled(self.width, self.height, [0; 3]);
        let values = picture.pixels_mut().iter_mut().zip(&self.sums);
        values.for_each(|(value, sum)| *value = ((sum + self.count / 2) / self.count) as u8);
        picture
    }
}

/// An empty mask is no error: the output is the picture.
fn unchanged(arguments: &SampleArguments, file: PictureFile) -> Result<()> {
    eprintln!("the mask is empty, so there is nothing to fill; the output is the unchanged picture");
    let (mut original, profile) = (Some(file.original), file.profile);
    let paths = outputs(arguments);
    for path in &paths {
        let picture = match paths.len() {
            1 => original.take(),
            _ => original.clone(),
        };
        picture_file::write(path, picture.unwrap_or_default(), profile.clone(), arguments.quality)?;
    }
    Ok(())
}

fn finish(edit: Edit, model: &Model, interrupt: &Interrupt, written: u64) -> Result<Picture> {
    let progress = StepProgress::new("sampling", edit.total_steps() as u64, 0);
    let made = draw::draw(vec![edit], model, |done| {
        progress.set(done as u64, "");
        interrupt.check(|| format!("stopped; pictures written: {written}"))
    })?;
    progress.finish();
    made.into_iter().next().context("an edit makes a picture")
}

fn write(path: &Path, file: PictureFile, result: &Picture, task: &Task, quality: u8) -> Result<()> {
    let file = if *task == Task::Colorize { file.into_colour() } else { file };
    let profile = file.profile.clone();
    let merged = match task {
        Task::Inpaint { mask } => file.with_result(result, (0, 0), |x, y| touched(mask, x, y)),
        Task::Uncrop(border) => file.with_result(result, (border.left, border.top), |_, _| false),
        Task::Colorize | Task::Restore => file.with_result(result, (0, 0), |_, _| true),
    };
    picture_file::write(path, merged, profile, quality)?;
    tracing::info!("wrote {}", path.display());
    Ok(())
}

fn touched(mask: &Mask, x: usize, y: usize) -> bool {
    mask.coverage(x, y) > 0
}
