//! The pictures that are asked about or measured.

use anyhow::bail;
use infill::noise::{self, Purpose};
use infill::picture::Picture;
use rand::Rng;

use crate::exit::input;
use crate::pictures::{Dataset, centre_square};

/// A picture to ask about.
pub struct Subject {
    /// Its name in the data.
    pub name: String,
    /// Its class, where the data gives one.
    pub class: Option<String>,
    /// The centre square, shrunk.
    pub picture: Picture,
}

/// The first `count` whole pictures of a random order, so that a shorter evaluation asks about a part
/// of what a longer one asks about.
///
/// # Errors
/// Every picture is broken.
pub fn choose(dataset: &Dataset, size: usize, count: usize, seed: u64) -> anyhow::Result<Vec<Subject>> {
    let mut rng = noise::stream(seed, Purpose::Evaluation, u64::MAX, 0);
    let mut order: Vec<(u64, usize)> = (0..dataset.len()).map(|index| (rng.next_u64(), index)).collect();
    order.sort_unstable();
    let mut subjects = Vec::new();
    for (_, index) in order {
        if subjects.len() == count {
            break;
        }
        match dataset.decode(index) {
            Ok(picture) => subjects.push(Subject {
                name: dataset.name(index),
                class: dataset.class(index).map(str::to_owned),
                picture: centre_square(&picture, size),
            }),
            Err(error) => tracing::warn!("skipped: {error:#}"),
        }
    }
    if subjects.is_empty() {
        bail!(input(format!("every one of the {} pictures is broken (one of them: {})", dataset.len(), dataset.name(0))));
    }
    if subjects.len() < count {
        tracing::warn!("{} pictures asked for, {} found", count, subjects.len());
    }
    Ok(subjects)
}
