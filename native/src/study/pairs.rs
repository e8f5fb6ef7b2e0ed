//! The pictures of a study: photographs, what each method makes of them, and what nobody takes for a photograph.

use std::{collections::BTreeMap, path::Path};

use anyhow::{Context, Result, bail};
use infill::{
    noise::{self, Purpose},
    picture::Picture,
};
use rand::{Rng, RngExt};

use crate::pictures::{Dataset, centre_square, file_name, picture_file, picture_files};

/// Attention checks are cut into so many tiles a side.
const TILES: usize = 8;
/// Missing pictures that an error names.
const NAMED: usize = 5;

/// A photograph.
pub struct Photograph {
    /// Its name in the data.
    pub name: String,
    /// The picture, as it is shown.
    pub picture: Picture,
}

/// The first `count` whole pictures of a random order, as centre squares of `size` where there is one.
pub fn photographs(dataset: &Dataset, size: Option<usize>, count: usize, seed: u64) -> Vec<Photograph> {
    let mut random = noise::stream(seed, Purpose::Evaluation, u64::MAX, 0);
    let mut order: Vec<(u64, usize)> = (0..dataset.len()).map(|index| (random.next_u64(), index)).collect();
    order.sort_unstable();
    let decode = |(_, index): (u64, usize)| match dataset.decode(index) {
        Ok(picture) => Some(Photograph { name: dataset.name(index), picture: square(picture, size) }),
        Err(error) => {
            tracing::warn!("skipped: {error:#}");
            None
        }
    };
    order.into_iter().filter_map(decode).take(count).collect()
}

fn square(picture: Picture, size: Option<usize>) -> Picture {
    match size {
        Some(size) => centre_square(&picture, size),
        None => picture,
    }
}

/// The pictures of a folder that belong to photographs: those of the same names, whatever their endings.
///
/// # Errors
/// A photograph without one, a name that stands for two, or a picture of another size than its photograph.
pub fn of_folder(folder: &Path, photographs: &[Photograph], size: Option<usize>) -> Result<Vec<Picture>> {
    let mut files = BTreeMap::new();
    for path in picture_files(folder)? {
        if let Some(other) = files.insert(stem(&file_name(&path)).to_owned(), path.clone()) {
            bail!("{} and {} have one name; keep one of them", other.display(), path.display());
        }
    }
    let missing: Vec<&str> =
        photographs.iter().map(|photograph| photograph.name.as_str()).filter(|name| !files.contains_key(stem(name))).collect();
    if !missing.is_empty() {
        let named = missing[..missing.len().min(NAMED)].join(", ");
        bail!("{} of {} photographs have no answer of their name in {}: {named}", missing.len(), photographs.len(), folder.display());
    }
    let read = |photograph: &Photograph| -> Result<Picture> {
        let path = &files[stem(&photograph.name)];
        let answer = square(picture_file::read(path)?.picture()?, size);
        let sizes = [&answer, &photograph.picture].map(|picture| (picture.width(), picture.height()));
        if sizes[0] != sizes[1] {
            let [(wide, high), (width, height)] = sizes;
            bail!("{} is {wide}×{high}, and its photograph {width}×{height}; they must have one size", path.display());
        }
        Ok(answer)
    };
    photographs.iter().map(read).collect()
}

/// A file's name without folders and ending.
fn stem(name: &str) -> &str {
    let last = name.rsplit(['/', '\\', ':']).next().unwrap_or(name);
    last.rsplit_once('.').map_or(last, |(stem, _)| stem)
}

/// A picture in tiles, in another order and inverted.
///
/// # Errors
/// None for a whole picture.
pub fn broken(picture: &Picture, random: &mut impl Rng) -> Result<Picture> {
    let mut order: Vec<usize> = (0..TILES * TILES).collect();
    for place in (1..order.len()).rev() {
        order.swap(place, random.random_range(0..=place));
    }
    let (width, height) = (picture.width(), picture.height());
    let (across, down) = ((width / TILES).max(1), (height / TILES).max(1));
    let mut pixels = Vec::with_capacity(3 * width * height);
    for y in 0..height {
        for x in 0..width {
            let tile = order[(y / down).min(TILES - 1) * TILES + (x / across).min(TILES - 1)];
            let (left, top) = (tile % TILES * across + x % across, tile / TILES * down + y % down);
            pixels.extend(picture.get(left.min(width - 1), top.min(height - 1)).map(|value| 255 - value));
        }
    }
    Picture::new(width, height, pixels).context("breaking a picture")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_by_their_last_part() {
        for name in ["set/a/lake.png", "shard.tar:lake.webp", "lake"] {
            assert_eq!(stem(name), "lake");
        }
        assert_eq!(stem("v1.2/lake.old.jpg"), "lake.old");
    }

    #[test]
    fn a_broken_picture_has_the_size_and_little_else_of_the_whole_one() {
        for (width, height) in [(64, 64), (61, 47), (3, 5)] {
            let pixels = (0..3 * width * height).map(|value| (value % 251) as u8).collect();
            let whole = Picture::new(width, height, pixels).unwrap();
            let broken = broken(&whole, &mut noise::stream(1, Purpose::Evaluation, 0, 0)).unwrap();
            assert_eq!((broken.width(), broken.height()), (width, height));
            let same = whole.pixels().iter().zip(broken.pixels()).filter(|(one, other)| one == other).count();
            assert!(10 * same < whole.pixels().len(), "{same} values are the same");
        }
    }
}
