//! Batches of training samples, made ahead of the device on threads. Which pictures a batch holds and
//! what is done to them depends on (seed, step, sample) alone, so that any number of threads and any
//! resume give the same batches.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;

use anyhow::{Context, bail};
use crossbeam_channel::{Receiver, Sender, bounded};
use infill::noise::{self, Purpose};
use infill::picture::Picture;
use infill::task::{Degradation, Example, HoleCondition, Masks, TaskKind};
use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::dataset::Dataset;
use super::jpeg::round_trip;
use crate::exit::input;

/// Decoded, shrunk pictures are kept in memory up to this many bytes.
const CACHE_BYTES: usize = 5 << 28;

/// A square that is cut out of less than this part of the pixels that a side of the sample has would be blurred.
const SHARP: f64 = 0.7;

/// What batches look like.
#[derive(Clone, Debug)]
pub struct LoaderSettings {
    /// Side of the samples in pixels.
    pub size: usize,
    /// Steps before the first of these numbers have samples of the side that is the second.
    pub smaller_before: Option<(u64, usize)>,
    /// Side of the smallest square that is cut, as a part of the largest.
    pub smallest_crop: f64,
    /// Which holes and borders they have.
    pub masks: Masks,
    /// Samples of a batch.
    pub batch: usize,
    /// Tasks, drawn uniformly.
    pub tasks: Vec<TaskKind>,
    /// What the condition shows in a hole.
    pub hole: HoleCondition,
    /// Seed of the order and of everything done to a sample.
    pub seed: u64,
    /// Threads that make batches.
    pub threads: usize,
    /// Batches made ahead.
    pub prefetch: usize,
}

/// The samples of one training step.
#[derive(Clone, Debug)]
pub struct Batch {
    /// The step they are for.
    pub step: u64,
    /// The samples.
    pub examples: Vec<Example>,
    /// The pictures they were made of.
    pub names: Vec<String>,
}

/// Makes batches on threads and hands them out in the order of their steps.
pub struct Loader {
    maker: Arc<Maker>,
    /// Thread `t` of `n` makes the steps `first + t`, `first + t + n`, …: handing out in turn keeps
    /// the order without sorting.
    receivers: Vec<Receiver<anyhow::Result<Batch>>>,
    next: u64,
    first: u64,
}

impl Loader {
    /// Starts the threads; the first batch is for `first_step`.
    ///
    /// # Panics
    /// Settings without size, batch or tasks: the caller checks them.
    pub fn new(dataset: Arc<Dataset>, settings: LoaderSettings, first_step: u64) -> Loader {
        assert!(settings.size > 0 && settings.batch > 0 && !settings.tasks.is_empty());
        let threads = settings.threads.max(1);
        // What a thread holds ready beside the batch in its hands.
        let ahead = settings.prefetch.div_ceil(threads).max(1);
        let maker = Arc::new(Maker::new(dataset, settings));
        let receivers = (0..threads as u64)
            .map(|thread| {
                let (sender, receiver) = bounded(ahead);
                let maker = Arc::clone(&maker);
                thread::spawn(move || work(&maker, &sender, first_step + thread, threads as u64));
                receiver
            })
            .collect();
        Loader { maker, receivers, next: first_step, first: first_step }
    }

    /// The next batch; waits until it is made.
    ///
    /// # Errors
    /// Every picture of the set is broken.
    pub fn next(&mut self) -> anyhow::Result<Batch> {
        let thread = (self.next - self.first) % self.receivers.len() as u64;
        let batch = self.receivers[thread as usize].recv().context("a thread that decodes pictures stopped; this is a bug")??;
        assert_eq!(batch.step, self.next, "a batch out of order");
        self.next += 1;
        Ok(batch)
    }

    /// How many pictures were found broken so far; each was named in a warning and is skipped.
    pub fn broken(&self) -> usize {
        self.maker.broken_count.load(Ordering::Relaxed)
    }
}

/// Makes batches until the loader is dropped.
fn work(maker: &Maker, sender: &Sender<anyhow::Result<Batch>>, first: u64, stride: u64) {
    let mut order = PictureOrder::new(maker.settings.seed, maker.dataset.len());
    let mut step = first;
    // An error means that nothing in the set can be used, so that later steps would fail alike.
    loop {
        let batch = maker.batch(step, &mut order);
        let failed = batch.is_err();
        if sender.send(batch).is_err() || failed {
            return;
        }
        step += stride;
    }
}

/// Everything that the threads share.
struct Maker {
    dataset: Arc<Dataset>,
    settings: LoaderSettings,
    /// Pictures as samples are cut from them; an empty cell was not decoded yet or found no room.
    cache: Vec<OnceLock<Picture>>,
    cache_bytes: AtomicUsize,
    broken: Vec<AtomicBool>,
    broken_count: AtomicUsize,
}

impl Maker {
    fn new(dataset: Arc<Dataset>, settings: LoaderSettings) -> Maker {
        let count = dataset.len();
        Maker {
            dataset,
            settings,
            cache: (0..count).map(|_| OnceLock::new()).collect(),
            cache_bytes: AtomicUsize::new(0),
            broken: (0..count).map(|_| AtomicBool::new(false)).collect(),
            broken_count: AtomicUsize::new(0),
        }
    }

    /// The batch of a step.
    fn batch(&self, step: u64, order: &mut PictureOrder) -> anyhow::Result<Batch> {
        let size = self.settings.batch;
        let mut batch = Batch { step, examples: Vec::with_capacity(size), names: Vec::with_capacity(size) };
        for sample in 0..size as u64 {
            let place = u128::from(step) * size as u128 + u128::from(sample);
            let (index, example) = self.sample(place, step, sample, order)?;
            batch.examples.push(example);
            batch.names.push(self.dataset.name(index));
        }
        Ok(batch)
    }

    /// The sample at a place of the endless sequence of epochs. A broken picture is replaced by the
    /// one that follows it in its epoch.
    fn sample(&self, place: u128, step: u64, sample: u64, order: &mut PictureOrder) -> anyhow::Result<(usize, Example)> {
        let count = self.dataset.len();
        let (epoch, start) = ((place / count as u128) as u64, (place % count as u128) as usize);
        for offset in 0..count {
            let index = order.of(epoch)[(start + offset) % count] as usize;
            if let Some(example) = self.with_picture(index, |picture| self.cut(picture, step, sample)) {
                return Ok((index, example?));
            }
        }
        bail!(input(format!("every one of the {count} pictures is broken (the first: {})", self.dataset.name(0))));
    }

    /// Runs `use_it` on a picture as samples are cut from it; `None` for a broken one, which is named
    /// once.
    fn with_picture<T>(&self, index: usize, use_it: impl FnOnce(&Picture) -> T) -> Option<T> {
        if let Some(picture) = self.cache[index].get() {
            return Some(use_it(picture));
        }
        if self.broken[index].load(Ordering::Relaxed) {
            return None;
        }
        match self.dataset.decode(index) {
            Ok(picture) => {
                let picture = shrink(picture, self.limit());
                let bytes = picture.pixels().len();
                let used = use_it(&picture);
                if self.cache_bytes.fetch_add(bytes, Ordering::Relaxed) + bytes > CACHE_BYTES || self.cache[index].set(picture).is_err() {
                    self.cache_bytes.fetch_sub(bytes, Ordering::Relaxed);
                }
                Some(used)
            }
            Err(error) => {
                if !self.broken[index].swap(true, Ordering::Relaxed) {
                    self.broken_count.fetch_add(1, Ordering::Relaxed);
                    tracing::warn!("skipped: {error:#}");
                }
                None
            }
        }
    }

    /// The short side that pictures are shrunk to: one and a half times the sample's, or as much as the smallest crop needs.
    fn limit(&self) -> usize {
        let LoaderSettings { size, smallest_crop, .. } = self.settings;
        (size + size / 2).max((size as f64 / smallest_crop).ceil() as usize)
    }

    /// The side of a random square of a picture whose largest is this.
    fn side(&self, largest: usize, rng: &mut ChaCha8Rng) -> usize {
        let part = |side: usize, part: f64| (side as f64 * part).ceil() as usize;
        let sharp = part(largest.min(self.settings.size), SHARP);
        let smallest = part(largest, self.settings.smallest_crop).max(sharp);
        smallest + below(rng, largest - smallest + 1)
    }

    /// A random square of the picture, perhaps mirrored, with a random task.
    fn cut(&self, picture: &Picture, step: u64, sample: u64) -> anyhow::Result<Example> {
        let LoaderSettings { seed, ref tasks, .. } = self.settings;
        let size = self.settings.smaller_before.filter(|(before, _)| step < *before).map_or(self.settings.size, |(_, size)| size);
        let mut task_rng = noise::stream(seed, Purpose::Task, step, sample);
        let kind = tasks[below(&mut task_rng, tasks.len())];

        let mut rng = noise::stream(seed, Purpose::Augmentation, step, sample);
        let largest = picture.width().min(picture.height());
        let mut side = self.side(largest, &mut rng);
        // What JPEG did to a photograph lies in its own pixels, not in those of a smaller copy, and still less of a larger one.
        if kind == TaskKind::Restore && size < largest {
            side = if below(&mut rng, 2) == 1 { size } else { side.max(size) };
        }
        let left = below(&mut rng, picture.width() - side + 1);
        let top = below(&mut rng, picture.height() - side + 1);
        let mut square = picture.crop(left, top, side, side).resize(size, size);
        if below(&mut rng, 2) == 1 {
            square = square.flip();
        }

        let task = Degradation::training(kind, size, size, self.settings.masks, &mut task_rng);
        let degraded = task.jpeg().map(|jpeg| round_trip(&square, jpeg)).transpose()?;
        let mut rng = noise::stream(seed, Purpose::Condition, step, sample);
        Ok(task.example(&square, degraded.as_ref(), self.settings.hole, &mut rng))
    }
}

/// A picture whose short side is at most `limit`: samples of later epochs are cut from this in
/// memory, at the cost of a second resampling. The first epoch uses it too, so that what is cached
/// never changes a sample.
fn shrink(picture: Picture, limit: usize) -> Picture {
    let short = picture.width().min(picture.height());
    if short <= limit {
        return picture;
    }
    let scaled = |side: usize| (side * limit + short / 2) / short;
    picture.resize(scaled(picture.width()), scaled(picture.height()))
}

/// The order of pictures, a permutation for each epoch. A batch may reach into a second epoch.
struct PictureOrder {
    seed: u64,
    count: usize,
    epochs: [Option<(u64, Vec<u32>)>; 2],
}

impl PictureOrder {
    fn new(seed: u64, count: usize) -> PictureOrder {
        PictureOrder { seed, count, epochs: [None, None] }
    }

    /// The pictures of an epoch in their order.
    fn of(&mut self, epoch: u64) -> &[u32] {
        let slot = &mut self.epochs[(epoch % 2) as usize];
        if slot.as_ref().is_none_or(|(held, _)| *held != epoch) {
            let mut rng = noise::stream(self.seed, Purpose::Order, epoch, 0);
            let mut order: Vec<u32> = (0..self.count as u32).collect();
            for last in (1..order.len()).rev() {
                order.swap(last, below(&mut rng, last + 1));
            }
            *slot = Some((epoch, order));
        }
        slot.as_ref().map_or(&[], |(_, order)| order)
    }
}

/// A whole number in `0..bound`, from 64 bits by multiplication: unlike a library's ranges it is the
/// same in every version, and a resumed training must not change.
fn below(rng: &mut ChaCha8Rng, bound: usize) -> usize {
    ((u128::from(rng.next_u64()) * bound as u128) >> 64) as usize
}
