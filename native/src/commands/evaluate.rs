//! `infill evaluate` on the command line: reads the models, chooses the device, writes what was measured.

use std::path::{Path, PathBuf};

use anyhow::Context;
use burn::tensor::Device;
use clap::{Args, builder::RangedU64ValueParser};
use infill::{
    config::ModelConfig,
    denoiser::Model,
    sampler::{SamplerKind, SamplerSettings},
    task::TaskKind,
};

use super::{cases, device_arguments::DeviceArguments, sampling_arguments::SamplingArguments};
use crate::{
    device,
    evaluate::{
        Case, EvaluationPlan, Tools, Yardsticks,
        classifier::Classifier,
        evaluate,
        feature_net::FeatureNet,
        photos::{Peer, PhotoCase, PhotosPlan, evaluate_photos},
        refuse_to_replace,
        summary::{ModelSummary, read_model},
        yardstick::{Inception, Lpips, Resnet50},
    },
    exit::{input, refuse_idle, usage},
    interrupt::Interrupt,
    model_on_disk, stdout,
};

/// Measure a model against baselines on pictures that it has not seen.
#[derive(Debug, Args)]
pub struct EvaluateArguments {
    /// Pictures to ask about: a folder, a tar shard, or a pattern such as 'data/*-val-*.tar'. May be given again.
    #[arg(long, value_name = "SOURCE", required_unless_present = "photos")]
    pub data: Vec<String>,
    #[command(flatten)]
    pub photos: PhotosArguments,
    /// How much detail from the picture itself holes get, 0 (the net alone) to 1; of several, each is measured with --photos. [default: 0,1 with
    /// --photos, else 0]
    #[arg(long, value_name = "0-1", value_delimiter = ',')]
    pub detail: Vec<f32>,
    /// Folder for the table, the numbers and the picture sheets. Finished cases are kept there: after a stop, the same command
    /// continues with the next one.
    #[arg(long, short, value_name = "DIR")]
    pub output: PathBuf,
    /// Model file, or a checkpoint of a training; without it the one that comes with the program, for a single task the one for that.
    #[arg(long, short, value_name = "MODEL")]
    pub model: Option<PathBuf>,
    /// Tasks to measure: inpaint, uncrop, colorize, restore, or all that the model knows.
    #[arg(long, value_name = "TASK", default_value = "all", value_delimiter = ',')]
    pub task: Vec<String>,
    /// Cases to ask, by their names in the tables, such as inpaint-40-50, instead of the usual ones of some tasks.
    #[arg(long, value_name = "CASE", value_delimiter = ',', conflicts_with_all = ["task", "photos"])]
    pub case: Vec<String>,
    /// Number of pictures, the same ones for every case.
    #[arg(long, default_value_t = 100)]
    pub count: usize,
    /// Samples of each question; their mean is measured too.
    #[arg(long, default_value_t = 4, value_parser = RangedU64ValueParser::<usize>::new().range(..=1_000_000))]
    pub samples: usize,
    #[command(flatten)]
    pub device: DeviceArguments,
    /// Samples drawn at once; a GPU takes 64 and more.
    #[arg(long, default_value_t = 16)]
    pub batch: usize,
    #[command(flatten)]
    pub sampling: SamplingArguments,
    /// Sampler: ancestral, ddim, dpm-solver or uni-pc [default: dpm-solver, for nets that predict ε uni-pc].
    #[arg(long)]
    pub sampler: Option<SamplerKind>,
    /// Seed of the questions and of the samples.
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    #[command(flatten)]
    pub yardsticks: YardstickArguments,
    /// Ask the cases of the paper's tables, measure one evaluation of the net beside its samples, and lay the table out as the
    /// paper does: a row for each task and method.
    #[arg(long)]
    pub paper: bool,
    /// Model trained by regression, whose single evaluation is one more baseline.
    #[arg(long, value_name = "MODEL")]
    pub regression: Option<PathBuf>,
    /// Folder of masks (white is filled) for one more case. They are resized to the model's size and assigned by the seed.
    /// With --photos: for sea.jpg its masks sea.object.png and sea.strokes.png.
    #[arg(long, value_name = "FOLDER")]
    pub masks: Option<PathBuf>,
    /// Replace an evaluation that is there.
    #[arg(long)]
    pub force: bool,
}

/// The nets by whose features answers are compared.
#[derive(Debug, Args)]
pub struct YardstickArguments {
    /// Classifier made by `infill train-classifier`, in whose features answers are compared (FID, KID, IS, CA, PD).
    #[arg(long, value_name = "FILE")]
    pub features: Option<PathBuf>,
    /// Weights of Inception-v3, `.pth` or safetensors: those of pytorch-fid or torchvision. FID, KID, IS and PD are by it.
    #[arg(long, value_name = "FILE")]
    pub inception: Option<PathBuf>,
    /// Weights of torchvision's ResNet-50. CA is by it; FID, KID, IS and PD too, where no other net is given.
    #[arg(long, value_name = "FILE")]
    pub resnet50: Option<PathBuf>,
    /// What the classes of ResNet-50 are called in --data (a picture's class is the name of its subfolder): one a line, in the order
    /// of the net's outputs.
    #[arg(long, value_name = "FILE", requires = "resnet50")]
    pub classes: Option<PathBuf>,
    /// Weights of LPIPS: the whole measure as one file, or torchvision's AlexNet or VGG-16 and the weights of the package lpips.
    #[arg(long, value_name = "FILE", value_delimiter = ',', conflicts_with = "photos")]
    pub lpips: Vec<PathBuf>,
}

/// Photographs at their own size, as a user meets the net.
#[derive(Debug, Args)]
pub struct PhotosArguments {
    /// Folder of photographs: measure at their own size what the program makes of them (holes, a border cut off, colour,
    /// JPEG). Masks are drawn from the seed without --masks.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["data", "samples", "batch", "paper", "regression", "classes"])]
    pub photos: Option<PathBuf>,
    /// Methods of others to stand beside the net, run by Python: telea (OpenCV), patchmatch (PyPatchMatch). Install them with
    /// `pip install numpy opencv-python-headless pypatchmatch`.
    #[arg(long, value_name = "NAME", value_delimiter = ',', requires = "photos")]
    pub peer: Vec<Peer>,
    /// Python that runs them.
    #[arg(long, default_value = "python3", requires = "peer")]
    pub python: PathBuf,
}

/// Runs the command.
///
/// # Errors
/// A model, data or settings that cannot be used, results that cannot be written, or Ctrl-C.
pub fn run(arguments: &EvaluateArguments) -> anyhow::Result<()> {
    let EvaluateArguments { output, force, paper, .. } = arguments;
    refuse_to_replace(output, *force).map_err(input)?;
    // What a single task is done by; several are done by a model that knows them all.
    let tasks = arguments.tasks(&TaskKind::ALL)?;
    let task = if let [task] = tasks[..] { Some(task) } else { None };
    let (file, summary) = read_model(&model_on_disk::locate(arguments.model.as_deref(), task)?)?;
    let plan = arguments.resolve(&file.config)?;
    let device = device::choose(arguments.device.device)?;
    let yardsticks = Nets::open(&arguments.yardsticks, &device)?;
    let regression = arguments.regression.as_ref().map(|path| regression(path, &device)).transpose()?;
    let model = file.to_sampling_model(&device).map_err(input)?;
    let tools = Tools {
        model: &model,
        summary,
        trained_on: serde_json::from_value(file.training.data.clone()).ok(),
        device: &device,
        regression: regression.as_ref().map(|(summary, model)| (summary.clone(), model)),
        yardsticks: yardsticks.yardsticks(),
    };
    let interrupt = Interrupt::listen()?;
    match plan {
        Plan::Photos(plan) => {
            let evaluation = evaluate_photos(&tools, &plan, &interrupt)?;
            evaluation.write(output, *force)?;
            stdout::markdown(&evaluation.report.table());
        }
        Plan::Squares(plan) => {
            let evaluation = evaluate(&tools, &plan, &interrupt)?;
            evaluation.write(output, *force)?;
            stdout::markdown(&evaluation.report.summary());
            if *paper {
                stdout::markdown(&evaluation.report.conclusion());
            }
        }
    }
    Ok(())
}

/// What is measured.
enum Plan {
    /// Squares of the model's size, of a data set.
    Squares(EvaluationPlan),
    /// Photographs at their own size.
    Photos(PhotosPlan),
}

/// The nets that are given, open.
struct Nets {
    own: Option<Classifier>,
    inception: Option<Inception>,
    resnet50: Option<Resnet50>,
    lpips: Option<Lpips>,
}

impl Nets {
    fn open(arguments: &YardstickArguments, device: &Device) -> anyhow::Result<Nets> {
        let YardstickArguments { features, inception, resnet50, classes, lpips } = arguments;
        Ok(Nets {
            own: features.as_ref().map(|path| Classifier::open(path, device)).transpose()?,
            inception: inception.as_ref().map(|path| Inception::open(path, device)).transpose()?,
            resnet50: resnet50.as_ref().map(|path| Resnet50::open(path, classes.as_deref(), device)).transpose()?,
            lpips: if lpips.is_empty() { None } else { Some(Lpips::open(lpips, device)?) },
        })
    }

    /// Which net measures what: FID and its like by Inception-v3 before our own classifier before ResNet-50, CA by ResNet-50 before our
    /// own classifier.
    fn yardsticks(&self) -> Yardsticks<'_> {
        let own = self.own.as_ref().map(|net| net as &dyn FeatureNet);
        let inception = self.inception.as_ref().map(|net| net as &dyn FeatureNet);
        let resnet50 = self.resnet50.as_ref().map(|net| net as &dyn FeatureNet);
        let judge = match (inception, own) {
            (None, None) => None,
            (None, Some(_)) => resnet50,
            (Some(_), own) => resnet50.or(own),
        };
        Yardsticks { features: inception.or(own).or(resnet50), judge, lpips: self.lpips.as_ref() }
    }
}

fn regression(path: &Path, device: &Device) -> anyhow::Result<(ModelSummary, Model)> {
    let (file, summary) = read_model(path)?;
    let model = file.to_model(device).with_context(|| format!("cannot use {}", path.display())).map_err(input)?;
    Ok((summary, model))
}

impl EvaluateArguments {
    /// Refuses options that would do nothing with these tasks and nets.
    fn check(&self, tasks: &[TaskKind]) -> anyhow::Result<()> {
        let fills = tasks.iter().any(|task| task.has_hole());
        let YardstickArguments { features, inception, resnet50, .. } = &self.yardsticks;
        let nets = [features, inception, resnet50].iter().filter(|net| net.is_some()).count();
        let of_photos = self.photos.photos.is_some();
        let needs = "needs the task inpaint; leave it out, or add --task inpaint with a model that knows it";
        refuse_idle([
            (self.masks.is_some() && !tasks.contains(&TaskKind::Inpaint), format!("--masks {needs}")),
            (!(self.detail.is_empty() && self.photos.peer.is_empty() || fills), "--detail and --peer are of inpaint and uncrop".to_owned()),
            (self.sampling.says_strength() && !fills, "--strength is of inpaint and uncrop here".to_owned()),
            (
                !of_photos && self.detail.len() > 1,
                "several values of --detail are measured of photographs alone; give one, or --photos".to_owned(),
            ),
            (of_photos && nets > 1, "photographs are compared by one net; give one of --features, --inception and --resnet50".to_owned()),
            (!of_photos && nets > 2, "with --inception and --resnet50 nothing is left for --features; leave it out".to_owned()),
        ])
    }

    /// The tasks that are measured of a model that knows some: those named, or those of the cases named.
    fn tasks(&self, known: &[TaskKind]) -> anyhow::Result<Vec<TaskKind>> {
        if self.case.is_empty() {
            return cases::tasks(&self.task, known).map_err(usage);
        }
        let of_cases = cases::named(&self.case, known).map_err(usage)?;
        Ok(TaskKind::ALL.into_iter().filter(|task| of_cases.iter().any(|case| case.kind() == *task)).collect())
    }

    /// What is measured of a model.
    fn resolve(&self, config: &ModelConfig) -> anyhow::Result<Plan> {
        let tasks = self.tasks(&config.tasks)?;
        let sampler = SamplerSettings { kind: self.sampler.unwrap_or(config.sampler()), seed: self.seed, ..SamplerSettings::default() };
        let sampling = tasks.iter().map(|task| (*task, self.sampling.resolve(config, *task))).collect();
        self.check(&tasks)?;
        if let Some(photos) = &self.photos.photos {
            let details = if self.detail.is_empty() { vec![0.0, 1.0] } else { self.detail.clone() };
            return Ok(Plan::Photos(PhotosPlan {
                photos: photos.clone(),
                masks: self.masks.clone(),
                cases: PhotoCase::ALL.into_iter().filter(|case| tasks.contains(&case.kind())).collect(),
                count: self.count,
                sampler,
                sampling,
                leading: tasks.iter().map(|task| (*task, self.sampling.resolve_first(config, *task, 1.0))).collect(),
                details,
                peers: self.photos.peer.clone(),
                python: self.photos.python.clone(),
                keep_in: Some(self.output.clone()),
            }));
        }
        let mut cases = match &self.case[..] {
            [] => Case::of_tasks(&tasks, self.paper),
            names => cases::named(names, &config.tasks).map_err(usage)?,
        };
        if self.masks.is_some() {
            cases.push(Case::InpaintMasks);
        }
        Ok(Plan::Squares(EvaluationPlan {
            data: self.data.clone(),
            cases,
            count: self.count,
            samples: self.samples,
            sampler,
            sampling,
            batch: self.batch,
            one_evaluation: self.paper,
            detail: self.detail.first().copied().unwrap_or(0.0),
            paper: self.paper,
            masks: self.masks.clone(),
            keep_in: Some(self.output.clone()),
        }))
    }
}
