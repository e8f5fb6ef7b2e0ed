//! What was measured of photographs: the numbers of every picture, as they are written to JSON. The tables made of them are in
//! `table`.

use std::collections::BTreeMap;

use infill::metric::OCTAVES;
use infill::sampler::SamplerSettings;
use serde::{Deserialize, Serialize};

use crate::evaluate::interval::Estimate;
use crate::evaluate::report::ModelSummary;

/// A whole evaluation of photographs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PhotoReport {
    /// The model.
    pub model: ModelSummary,
    /// On what it ran.
    pub device: String,
    /// The feature net's file and its SHA-256, where one is given.
    pub features: Option<(String, String)>,
    /// Methods of others and their versions.
    pub peers: Vec<(String, String)>,
    /// Name of the folder of photographs.
    pub photos: String,
    /// That folder's name again where the model was trained on it, as far as its file says.
    #[serde(default)]
    pub trained_on: Vec<String>,
    /// Name of the folder of masks; without one they are drawn from the seed.
    pub masks: Option<String>,
    /// Photographs asked about.
    pub count: usize,
    /// Seed of everything random.
    pub seed: u64,
    /// Wall time in seconds.
    pub seconds: f64,
    /// The results.
    pub cases: Vec<PhotoCaseReport>,
}

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

/// The results of one case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PhotoCaseReport {
    /// Its name.
    pub case: String,
    /// What is asked.
    pub description: String,
    /// Whether something was filled; else the whole picture is measured.
    pub has_hole: bool,
    /// How the net was sampled.
    pub sampler: SamplerSettings,
    /// How it was sampled where detail from the picture itself followed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leading: Option<SamplerSettings>,
    /// File name of its sheet of crops.
    pub sheet: String,
    /// What the sheet's columns are, from the left.
    pub sheet_columns: Vec<String>,
    /// The photographs of the sheet's rows, from the top.
    pub sheet_rows: Vec<String>,
    /// The names of all answers, in the order of [`PhotoAnswer::scores`].
    pub methods: Vec<String>,
    /// Of each method every measure by its name, with the ends of its 95 % interval; of sharpness and rim the geometric mean.
    #[serde(default)]
    pub estimates: Vec<BTreeMap<String, Estimate>>,
    /// One for each photograph.
    pub answers: Vec<PhotoAnswer>,
}

/// How well the question about one photograph was answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PhotoAnswer {
    /// The photograph.
    pub picture: String,
    /// Its width and height in pixels.
    pub size: (usize, usize),
    /// Part of the area that was to be filled, 0–1.
    pub area: f64,
    /// A score for each method.
    pub scores: Vec<PhotoScore>,
}

/// How close an answer came, where something was filled or everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PhotoScore {
    /// Peak signal to noise in dB, at most [`crate::evaluate::report::PERFECT`].
    pub psnr: f64,
    /// Structural similarity, at most 1; of colour the mean of the channels.
    pub ssim: f64,
    /// Distance in the feature net's space of what surrounds the hole; none without a feature net.
    pub feature_distance: Option<f64>,
    /// Energy per octave against the truth's, from the finest; none for colour, which keeps luma.
    pub sharpness: Option<[f64; OCTAVES]>,
    /// Sliced Wasserstein distance of patches in 8-bit values; none where no patch fits.
    pub patch_distance: Option<f64>,
    /// Step at the rim against the truth's; none without a hole.
    pub rim_step: Option<f64>,
    /// Seconds that the answer took.
    pub seconds: f64,
}

impl PhotoCaseReport {
    /// A part of a method's scores for each photograph that has it.
    pub fn values(&self, method: usize, part: impl Fn(&PhotoScore) -> Option<f64>) -> Vec<f64> {
        self.answers.iter().filter_map(|answer| part(&answer.scores[method])).collect()
    }
}
