//! Pictures with their classes, kept in memory small, and what is cut from them for a step. It knows the
//! net's size alone.

use std::collections::BTreeSet;

use anyhow::bail;
use infill::noise::{self, Purpose};
use infill::picture::Picture;
use rand::RngExt;
use rayon::prelude::*;

use crate::exit::input;
use crate::interrupt::Interrupt;
use crate::pictures::{Dataset, centre_square};
use crate::progress::StepProgress;

/// Pictures decoded between two looks at whether the user wants to stop.
const DECODED_AT_ONCE: usize = 256;

/// Side of the smallest crop as a part of the largest square.
const SMALLEST_CROP: f64 = 0.7;

/// Largest change of brightness, in 8-bit values, and of contrast, as a part: light differs between
/// photographs of one thing, colour tells things apart and stays.
const BRIGHTNESS: f32 = 20.0;
const CONTRAST: f32 = 0.15;

/// A picture whose class is known.
pub struct Labelled {
    picture: Picture,
    /// Its class's place among the classes.
    pub class: usize,
}

/// The classes of a data set, sorted.
///
/// # Errors
/// There are fewer than two.
pub fn classes(dataset: &Dataset) -> anyhow::Result<Vec<String>> {
    let classes: BTreeSet<&str> = (0..dataset.len()).filter_map(|index| dataset.class(index)).collect();
    if classes.len() < 2 {
        bail!(input(format!(
            "the {} pictures have {} classes ({}); give shards with a .cls file beside each picture, or a folder with a subfolder for each class",
            dataset.len(),
            classes.len(),
            classes.iter().copied().collect::<Vec<_>>().join(", "),
        )));
    }
    Ok(classes.into_iter().map(str::to_owned).collect())
}

/// Decodes every picture of one of the classes, a little larger than the net wants it.
///
/// # Errors
/// No picture is left, or the user wants to stop.
pub fn read(dataset: &Dataset, classes: &[String], size: usize, interrupt: &Interrupt) -> anyhow::Result<Vec<Labelled>> {
    let number = |index| dataset.class(index).and_then(|class| classes.iter().position(|name| name == class));
    let known: Vec<(usize, usize)> = (0..dataset.len()).filter_map(|index| Some((index, number(index)?))).collect();
    if known.len() < dataset.len() {
        tracing::warn!("{} of {} pictures have no class that is trained; they are left out", dataset.len() - known.len(), dataset.len());
    }
    let progress = StepProgress::new("reading pictures", known.len() as u64, 0);
    let mut examples = Vec::with_capacity(known.len());
    for (number, part) in known.chunks(DECODED_AT_ONCE).enumerate() {
        interrupt.check(|| "stopped; nothing was written".to_owned())?;
        let decode = |&(index, class): &(usize, usize)| match dataset.decode(index) {
            Ok(picture) => Some(Labelled { picture: shrink(picture, size), class }),
            Err(error) => {
                tracing::warn!("skipped: {error:#}");
                None
            }
        };
        examples.par_extend(part.par_iter().filter_map(decode));
        progress.set((number * DECODED_AT_ONCE + part.len()) as u64, "");
    }
    progress.finish();
    if examples.is_empty() {
        bail!(input(format!("none of the {} pictures can be used", dataset.len())));
    }
    Ok(examples)
}

/// At most a quarter larger than the net's size.
fn shrink(picture: Picture, size: usize) -> Picture {
    let (short, limit) = (picture.width().min(picture.height()), size + size / 4);
    if short <= limit {
        return picture;
    }
    let scaled = |side: usize| (side * limit + short / 2) / short;
    picture.resize(scaled(picture.width()), scaled(picture.height()))
}

impl Labelled {
    /// The centre, as pictures are looked at once the net is trained.
    pub fn centre(&self, size: usize) -> Picture {
        centre_square(&self.picture, size)
    }

    /// A random square, perhaps mirrored, in a random light: planes `[3, size, size]` in [−1, 1].
    pub fn cut(&self, size: usize, seed: u64, step: u64, sample: u64) -> Vec<f32> {
        let mut rng = noise::stream(seed, Purpose::Augmentation, step, sample);
        let (width, height) = (self.picture.width(), self.picture.height());
        let largest = width.min(height);
        let smallest = (largest as f64 * SMALLEST_CROP).ceil() as usize;
        let side = rng.random_range(smallest..=largest);
        let (left, top) = (rng.random_range(0..=width - side), rng.random_range(0..=height - side));
        let square = self.picture.crop(left, top, side, side).resize(size, size);
        let square = if rng.random_bool(0.5) { square.flip() } else { square };
        let mut planes = square.to_planes();
        let contrast = 1.0 + rng.random_range(-CONTRAST..CONTRAST);
        let brightness = rng.random_range(-BRIGHTNESS..BRIGHTNESS) / 127.5;
        for value in &mut planes {
            *value = (*value * contrast + brightness).clamp(-1.0, 1.0);
        }
        planes
    }
}

/// Which examples a step takes: every one once an epoch, in an order of its own; the last step of an epoch
/// is filled up from the next one.
pub struct ExampleOrder {
    seed: u64,
    count: usize,
    epoch: u64,
    order: Vec<usize>,
}

impl ExampleOrder {
    /// Of `count` examples.
    pub fn new(seed: u64, count: usize) -> ExampleOrder {
        let mut order = ExampleOrder { seed, count, epoch: 0, order: Vec::new() };
        order.draw();
        order
    }

    fn draw(&mut self) {
        let mut rng = noise::stream(self.seed, Purpose::Order, self.epoch, 0);
        self.order = (0..self.count).collect();
        for last in (1..self.count).rev() {
            self.order.swap(last, rng.random_range(0..=last));
        }
    }

    /// The examples of a step. Steps are asked for one after the other.
    pub fn of_step(&mut self, step: u64, batch: usize) -> Vec<usize> {
        let first = step * batch as u64;
        (first..first + batch as u64)
            .map(|place| {
                let epoch = place / self.count as u64;
                if epoch != self.epoch {
                    self.epoch = epoch;
                    self.draw();
                }
                self.order[(place % self.count as u64) as usize]
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_example_comes_once_an_epoch_in_another_order() {
        let mut order = ExampleOrder::new(5, 7);
        let drawn: Vec<usize> = (0..7).flat_map(|step| order.of_step(step, 3)).collect();
        let epochs: Vec<Vec<usize>> = drawn.chunks(7).map(<[usize]>::to_vec).collect();
        for epoch in &epochs {
            let mut sorted = epoch.clone();
            sorted.sort_unstable();
            assert_eq!(sorted, (0..7).collect::<Vec<_>>());
        }
        assert!(epochs[0] != epochs[1] && epochs[1] != epochs[2], "{epochs:?}");
    }

    #[test]
    fn cuts_have_the_nets_size_repeat_and_differ() {
        let pixels = (0..50 * 40 * 3).map(|index| (index * 31 % 251) as u8).collect();
        let example = Labelled { picture: shrink(Picture::new(50, 40, pixels).expect("a picture"), 16), class: 0 };
        assert_eq!((example.picture.width(), example.picture.height()), (25, 20));
        let cut = example.cut(16, 1, 2, 3);
        assert_eq!(cut.len(), 3 * 16 * 16);
        assert!(cut.iter().all(|value| (-1.0..=1.0).contains(value)));
        assert_eq!(cut, example.cut(16, 1, 2, 3));
        assert_ne!(cut, example.cut(16, 1, 2, 4));
        assert_eq!(example.centre(16).width(), 16);
    }
}
