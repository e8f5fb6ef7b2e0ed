//! What page and worker say to each other, as JSON text beside transferred buffers. Pixels travel as
//! `Uint8Array`s in the `buffers` of a message, never inside the JSON.

mod dab;
mod device;
mod failure;
mod file;

use infill::{manifest::Words, sampler::SamplerKind, task::TaskKind};
use serde::{Deserialize, Serialize};

pub use dab::Dab;
pub use device::{DeviceChoice, DeviceReport, NoGpu};
pub use failure::Failure;
pub use file::{FileKind, WriteRequest};

/// Pixels of a picture or a result that a tab takes: at 24 megapixels page and worker together hold about 1.2 GB at their peak.
pub const LARGEST: usize = 25_000_000;

/// From the page to the worker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ToWorker {
    /// First message: find a device, then fetch the model.
    Start {
        /// What to compute on.
        device: DeviceChoice,
        /// The page's address; the manifest is `models/manifest.json` below it.
        base: String,
        /// The number of the request for a model.
        wanted: u32,
        /// Which model to fetch then.
        model: ModelChoice,
        /// How many workers may compute at a time on the CPU, with this one.
        workers: usize,
    },
    /// Fetch a model: another one, or the same again after a failure.
    FetchModel {
        /// The number of the request.
        wanted: u32,
        /// Which.
        model: ModelChoice,
    },
    /// Use a model of the visitor's own. Buffer: the model file, or a checkpoint of PyTorch.
    UseModel {
        /// The number of the request; what is asked for with a lower one than another is not used any more.
        wanted: u32,
        /// The file's name without its ending.
        name: String,
    },
    /// Decode a picture. Buffer: the file.
    Decode {
        /// The number of the file.
        load: u32,
    },
    /// Read a mask file. Buffer: the file.
    ReadMask {
        /// The number of the picture that it is for.
        load: u32,
    },
    /// Move the edge of what a mask marks. Buffer: the mask, one byte a pixel.
    GrowMask {
        /// The number of the picture that it is for.
        load: u32,
        /// Width in pixels.
        width: usize,
        /// Height in pixels.
        height: usize,
        /// By how many pixels, outwards; inwards where negative.
        pixels: i32,
    },
    /// Write a mask file. Buffer: the mask, one byte a pixel.
    WriteMask {
        /// Width in pixels.
        width: usize,
        /// Height in pixels.
        height: usize,
    },
    /// Make a file of a picture. Buffers: RGBA pixels, then profile, chunks and EXIF of [`FromWorker::Decoded`].
    WriteFile(WriteRequest),
    /// Fill a picture. Buffers: RGBA pixels, then (for [`TaskKind::Inpaint`]) the mask, one byte a pixel, then profile,
    /// chunks and EXIF of [`FromWorker::Decoded`], then those of [`RunRequest::resume`].
    Run(RunRequest),
    /// Stop the run after the step under way.
    Cancel,
}

/// Which model to use.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "which", content = "name", rename_all = "snake_case")]
pub enum ModelChoice {
    /// The one that was trained for a task and the fewest others; the first of the list if that names none.
    Best(TaskKind),
    /// The one of this name; the first if it is not listed any more.
    Named(String),
    /// None of the list: the page sends the visitor's own.
    Own,
}

impl Default for ModelChoice {
    fn default() -> Self {
        Self::Best(TaskKind::Inpaint)
    }
}

impl ModelChoice {
    /// Which model of a list it means.
    pub fn among<'a>(&self, listed: &'a [ListedModel]) -> Option<&'a ListedModel> {
        let found = match self {
            Self::Best(task) => task.best_trained(listed, |model| &model.tasks),
            Self::Named(name) => listed.iter().find(|model| model.name == *name),
            Self::Own => return None,
        };
        found.or(listed.first())
    }
}

/// How far a run had come that was broken off, beside three buffers: RGB pixels of the result, sums, and the
/// sampler's memory, the latter two as little-endian f32. See `infill::edit::EditProgress`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Saved {
    /// Windows that are done.
    pub windows: usize,
    /// Of those under way: the first, how many at a time, and the steps done.
    pub run: Option<[usize; 3]>,
}

/// One run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunRequest {
    /// Told back with every message about this run.
    pub id: u32,
    /// The task.
    pub task: TaskKind,
    /// Width of the picture in pixels.
    pub width: usize,
    /// Height of the picture in pixels.
    pub height: usize,
    /// Pixels to add, for uncropping: left, top, right, bottom.
    pub extend: [usize; 4],
    /// Sampler; none where the model's own is wanted.
    pub sampler: Option<SamplerKind>,
    /// Evaluations of the net for each crop; none where the model's own number is wanted.
    pub steps: Option<usize>,
    /// Whether it is asked for beside an answer that is there.
    pub another: bool,
    /// Factor of all noise, 0 to 1; none where the model's own is wanted.
    pub temperature: Option<f64>,
    /// Seed of the noise.
    pub seed: u64,
    /// Pixels that the area grows by before it is filled, for inpainting; slivers beside it close with it.
    pub grow: usize,
    /// Pixels over which the area's edge is soft, for inpainting.
    pub feather: usize,
    /// Colours that are known, for colouring.
    pub hints: Vec<Dab>,
    /// How much of a repair is used, percent.
    pub strength: u8,
    /// Whether a repair leaves parts as they are that show no blocks of JPEG.
    pub leave_clean: bool,
    /// Go on from here instead of beginning.
    pub resume: Option<Saved>,
}

/// From the worker to the page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum FromWorker {
    /// The worker listens.
    Ready,
    /// What it computes on.
    Device(DeviceReport),
    /// The models that can be had.
    Models {
        /// Their names and sizes, in the list's order.
        listed: Vec<ListedModel>,
    },
    /// Bytes of the model so far.
    Fetching {
        /// The number that the model was asked for with.
        wanted: u32,
        /// Bytes that arrived.
        done: u64,
        /// Bytes in all.
        total: u64,
    },
    /// Parts of a checkpoint that became parts of a model so far.
    Importing {
        /// The number that the model was asked for with.
        wanted: u32,
        /// Numbers that are done.
        done: u64,
        /// Numbers in all.
        total: u64,
    },
    /// The model can be used.
    Model(ModelReport),
    /// How long an evaluation takes with the model in use, measured before anybody waits for one.
    Pace {
        /// Milliseconds.
        milliseconds: f64,
    },
    /// A picture was decoded. Buffers: RGBA pixels, the ICC profile, the PNG chunks that say how its colours are meant, and EXIF, the
    /// latter three empty where there is none.
    Decoded {
        /// The number of the file.
        load: u32,
        /// Width in pixels, upright.
        width: usize,
        /// Height in pixels, upright.
        height: usize,
        /// The kind of the file.
        kind: FileKind,
        /// What is not as in the file.
        notes: Vec<Note>,
    },
    /// A picture was not decoded.
    NotDecoded {
        /// The number of the file.
        load: u32,
        /// Why.
        cause: Undecoded,
    },
    /// A mask file was read. Buffer: the mask, one byte a pixel.
    Mask {
        /// The number of the picture that it is for.
        load: u32,
        /// Width in pixels.
        width: usize,
        /// Height in pixels.
        height: usize,
        /// What may be another than it was meant, in the words of `infill::mask`.
        doubt: Option<String>,
    },
    /// The edge of what a mask marks was moved. Buffer: the mask, one byte a pixel.
    Grown {
        /// The number of the picture that it is for.
        load: u32,
    },
    /// No mask can be read from a file.
    NoMask {
        /// The number of the picture that it was for.
        load: u32,
        /// Why.
        detail: String,
    },
    /// A mask file was written. With the PNG file.
    MaskFile,
    /// A picture file was made. Buffer, if it was wanted: its RGBA pixels before they were encoded. With the file.
    Written {
        /// The number that it was asked for with.
        number: u32,
        /// The kind of the file.
        kind: FileKind,
        /// Whether it has exactly these pixels.
        lossless: bool,
    },
    /// A step was made.
    Progress {
        /// The run.
        id: u32,
        /// Evaluations made.
        done: usize,
        /// Evaluations in all.
        total: usize,
        /// Milliseconds that one of this worker's own took so far, on average.
        pace: f64,
        /// Milliseconds that the rest takes.
        left: f64,
    },
    /// How a part of the picture looks. Buffer: RGBA pixels of the rectangle, width × height of the source.
    Preview {
        /// The run.
        id: u32,
        /// Place in the output, pixels: x, y, width, height.
        place: [i64; 4],
        /// Size of the transferred pixels.
        width: usize,
        /// Size of the transferred pixels.
        height: usize,
    },
    /// The result. Buffer: RGBA pixels. With the PNG file.
    Done {
        /// The run.
        id: u32,
        /// Width in pixels.
        width: usize,
        /// Height in pixels.
        height: usize,
        /// Whole run in milliseconds.
        milliseconds: f64,
    },
    /// The run was cancelled.
    Cancelled {
        /// The run.
        id: u32,
    },
    /// Something failed. Buffers: those of [`Saved`].
    Failed {
        /// What was being done.
        about: About,
        /// What failed.
        failure: Failure,
        /// How far the run had come, where that could be saved.
        saved: Option<Saved>,
    },
}

impl FromWorker {
    /// A failure with nothing saved.
    pub fn failed(about: About, failure: Failure) -> Self {
        Self::Failed { about, failure, saved: None }
    }
}

/// What failed, by the number that it was asked for with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", content = "number", rename_all = "snake_case")]
pub enum About {
    /// The worker itself.
    Worker,
    /// A model.
    Model(u32),
    /// A run.
    Run(u32),
}

/// What is not as in the file that a picture came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Note {
    /// The file has 16 bits a channel.
    Deep,
    /// Its colours are not meant as sRGB: shown as if they were, and kept with what says how they are meant.
    Profile,
    /// Its profile is not one of RGB samples, and is left out.
    StrayProfile,
    /// It is a JPEG of about this quality, 1 to 100.
    Jpeg(u8),
    /// It was made for print: four inks became three colours.
    Inks,
    /// It is the first picture of an animation.
    Animation,
    /// What is said in it in other ways than EXIF is left out of results.
    Metadata,
    /// The browser decoded it: its colours are sRGB with 8 bits now.
    Converted,
    /// The browser changes what a page reads of a picture.
    Inexact,
}

/// Why the worker did not decode a picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum Undecoded {
    /// It is in a format that browsers may know and the worker does not.
    Unknown,
    /// It has more than [`LARGEST`] pixels.
    TooLarge {
        /// Its width in pixels.
        width: usize,
        /// Its height in pixels.
        height: usize,
    },
    /// It is damaged or cut short.
    Damaged {
        /// The decoder's words.
        detail: String,
    },
}

/// A model of the list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ListedModel {
    /// Name from the manifest.
    pub name: String,
    /// What the manifest says of it for people.
    pub words: Words,
    /// The tasks that it was trained on; none where the manifest does not say it.
    pub tasks: Vec<TaskKind>,
    /// Bytes of its file.
    pub size: u64,
}

/// The model in use.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelReport {
    /// The number that it was asked for with.
    pub wanted: u32,
    /// Name from the manifest.
    pub name: String,
    /// Side of the pictures it works on, pixels.
    pub size: usize,
    /// Tasks it was trained on.
    pub tasks: Vec<TaskKind>,
    /// Evaluations for each window that suit the first answer to each of these tasks best.
    pub steps: Vec<usize>,
    /// Those of them that another seed gives another answer to.
    pub varies: Vec<TaskKind>,
    /// Parameters.
    pub parameters: usize,
    /// Whether the browser keeps it for the next visit.
    pub kept: bool,
    /// Whether it is a file of the visitor's.
    pub own: bool,
    /// What was assumed of the net, where it is from a checkpoint that does not say it.
    pub assumed: Option<Assumed>,
}

/// What a checkpoint of PyTorch does not tell of its net.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assumed {
    /// Side of the pictures that it was trained on, in pixels.
    pub size: usize,
    /// Channels of an attention head.
    pub head_channels: usize,
}
