//! What is to be filled of photographs: masks from a folder, or blobs and strokes drawn from the seed.

use std::path::{Path, PathBuf};

use anyhow::bail;
use infill::mask::{self, Mask, THRESHOLD};
use infill::noise::{self, Purpose};

use super::cases::PhotoCase;
use crate::exit::input;
use crate::pictures::picture_file;

/// The part of the area that a blob covers is drawn between these.
const BLOB: [f64; 2] = [0.035, 0.075];

/// The part of the area that strokes cover.
const STROKES: [f64; 2] = [0.03, 0.08];

/// Added to the numbers of cases in random streams, so that they are none of `evaluate::cases`.
const PHOTOS: u64 = 1 << 32;

/// Where the mask of a photograph is.
pub fn path(folder: &Path, case: PhotoCase, photo: &Path) -> PathBuf {
    let stem = photo.file_stem().unwrap_or_default().to_string_lossy();
    folder.join(format!("{stem}.{}.png", case.name()))
}

/// The mask of a photograph in a folder: for `sea.jpg` it is `sea.object.png` or `sea.strokes.png`, by the case. White is to
/// be filled; what is half covered counts as covered.
///
/// # Errors
/// A mask that is not there, is no picture, has another size than the photograph, or marks nothing or everything.
pub fn read(folder: &Path, case: PhotoCase, photo: &Path, (width, height): (usize, usize)) -> anyhow::Result<Mask> {
    let path = path(folder, case, photo);
    if !path.is_file() {
        bail!(input(format!(
            "the mask {} for {} is not there; draw it, white where to fill, or leave --masks out for drawn ones",
            path.display(),
            photo.display()
        )));
    }
    let mask = picture_file::read_mask(&path)?;
    if (mask.width(), mask.height()) != (width, height) {
        let (found, name) = ((mask.width(), mask.height()), path.display());
        bail!(input(format!("the mask {name} is {}×{}, its photograph {width}×{height}; they must be of one size", found.0, found.1)));
    }
    let mask = whole(mask);
    if mask.is_empty() || mask.is_full() {
        let what = if mask.is_empty() { "nothing" } else { "everything" };
        bail!(input(format!("the mask {} marks {what}; white is filled, black is kept", path.display())));
    }
    Ok(mask)
}

/// A mask drawn for a photograph by the seed and the photograph's place in the evaluation.
pub fn draw(case: PhotoCase, (width, height): (usize, usize), seed: u64, rank: u64) -> Mask {
    let mut random = noise::stream(seed, Purpose::Evaluation, PHOTOS + case.number(), rank);
    match case {
        PhotoCase::Strokes => whole(mask::free_form_within(width, height, STROKES, &mut random)),
        _ => whole(mask::blob(width, height, BLOB, &mut random)),
    }
}

/// Yes or no for every pixel.
fn whole(mask: Mask) -> Mask {
    let values = mask.values().iter().map(|value| if *value >= THRESHOLD { 255 } else { 0 }).collect();
    Mask::new(mask.width(), mask.height(), values).expect("as many values as the mask had")
}

#[cfg(test)]
mod tests {
    use image::{GrayImage, Luma};
    use tempfile::TempDir;

    use super::*;

    #[test]
    fn blobs_and_strokes_cover_what_they_should_and_repeat() {
        for size in [(481, 321), (300, 451), (96, 96)] {
            let masks: Vec<Mask> = (0..12).map(|rank| draw(PhotoCase::Object, size, 5, rank)).collect();
            for (rank, mask) in masks.iter().enumerate() {
                assert!((0.03..0.08).contains(&mask.area()), "{size:?}: {}", mask.area());
                assert_eq!(*mask, draw(PhotoCase::Object, size, 5, rank as u64));
                assert!(mask.values().iter().all(|value| [0, 255].contains(value)));
            }
            assert_ne!(masks[0], masks[1]);
            assert_ne!(masks[0], draw(PhotoCase::Object, size, 6, 0));
            let strokes = draw(PhotoCase::Strokes, size, 5, 0);
            assert!((0.02..0.09).contains(&strokes.area()), "{size:?}: {}", strokes.area());
        }
    }

    #[test]
    fn masks_are_found_by_name_and_useless_ones_are_named() {
        let folder = TempDir::new().expect("a folder");
        let found = || read(folder.path(), PhotoCase::Object, Path::new("photos/sea.jpg"), (8, 6));
        let failure = || format!("{:#}", found().expect_err("no mask"));
        assert!(failure().contains("sea.object.png") && failure().contains("sea.jpg"), "{}", failure());
        let paint = |width: u32, white: fn(u32) -> u8| {
            GrayImage::from_fn(width, 6, |x, _| Luma([white(x)])).save(folder.path().join("sea.object.png")).expect("a mask");
        };
        paint(9, |_| 255);
        assert!(failure().contains("9×6") && failure().contains("8×6"), "{}", failure());
        paint(8, |_| 0);
        assert!(failure().contains("nothing"), "{}", failure());
        paint(8, |_| 255);
        assert!(failure().contains("everything"), "{}", failure());
        paint(8, |_| 100);
        assert!(failure().contains("100 of 255"), "{}", failure());
        paint(8, |x| [255, 255, 255, 130, 120, 0, 0, 0][x as usize]);
        assert_eq!(found().expect("a mask").values()[..8], [255, 255, 255, 255, 0, 0, 0, 0]);
    }
}
