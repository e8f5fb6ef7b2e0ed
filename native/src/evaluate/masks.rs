//! Masks that somebody painted, from a folder: white is to be filled. Which picture gets which is the
//! seed's choice. They are read before the net does any work.

use std::path::Path;

use anyhow::{Context, bail};
use infill::mask::Mask;
use infill::noise::{self, Purpose};
use rand::RngExt;

use super::cases::Case;
use crate::exit::input;
use crate::pictures::{picture_file, picture_files};

/// A mask of `size` × `size` for each of `count` pictures, whose ranks in the evaluation are their places.
///
/// # Errors
/// A folder without pictures, a file that is none, or a mask that marks nothing or everything; each is named.
pub fn draw(folder: &Path, count: usize, size: usize, seed: u64) -> anyhow::Result<Vec<Mask>> {
    let files = picture_files(folder).with_context(|| format!("masks in {}", folder.display())).map_err(input)?;
    if files.is_empty() {
        bail!(input(format!(
            "no mask (png, jpeg, webp, bmp, gif or tiff) is in {}; white is to be filled, black is kept",
            folder.display()
        )));
    }
    (0..count as u64)
        .map(|rank| {
            let mut rng = noise::stream(seed, Purpose::Evaluation, Case::InpaintMasks.number(), rank);
            let path = &files[rng.random_range(0..files.len())];
            let mask = picture_file::read_mask(path)?.resize(size, size);
            let covered = (0..size * size).filter(|place| mask.covers(place % size, place / size)).count();
            if covered == 0 || covered == size * size {
                let (what, way) = if covered == 0 { ("nothing", "paint white") } else { ("everything", "leave something black") };
                bail!(input(format!("at {size}×{size} the mask {} marks {what}; {way} or take it out", path.display())));
            }
            Ok(mask)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use image::{GrayImage, Luma};
    use tempfile::TempDir;

    use super::draw;

    fn paint(folder: &TempDir, name: &str, white: impl Fn(u32, u32) -> bool) {
        GrayImage::from_fn(60, 40, |x, y| Luma([if white(x, y) { 255 } else { 0 }])).save(folder.path().join(name)).expect("a mask");
    }

    #[test]
    fn masks_are_resized_chosen_by_seed_and_all_used() {
        let folder = TempDir::new().expect("a folder");
        paint(&folder, "left.png", |x, _| x < 30);
        paint(&folder, "top.png", |_, y| y < 20);
        let masks = draw(folder.path(), 12, 16, 1).expect("masks");
        assert_eq!(masks.len(), 12);
        let left = masks.iter().filter(|mask| mask.covers(0, 15) && !mask.covers(15, 0)).count();
        let top = masks.iter().filter(|mask| mask.covers(15, 0) && !mask.covers(0, 15)).count();
        assert!(left > 0 && top > 0 && left + top == 12, "{left} {top}");
        assert!(masks.iter().all(|mask| (mask.area() - 0.5).abs() < 0.01));
        assert_eq!(draw(folder.path(), 5, 16, 1).expect("masks"), masks[..5]);
        assert_ne!(draw(folder.path(), 12, 16, 2).expect("masks"), masks);
    }

    #[test]
    fn useless_masks_and_folders_are_named() {
        let folder = TempDir::new().expect("a folder");
        let failure = |folder: &TempDir| format!("{:#}", draw(folder.path(), 1, 16, 0).expect_err("no masks"));
        assert!(failure(&folder).contains("no mask"));
        paint(&folder, "black.png", |_, _| false);
        assert!(failure(&folder).contains("black.png marks nothing"), "{}", failure(&folder));
        paint(&folder, "black.png", |_, _| true);
        assert!(failure(&folder).contains("black.png marks everything"));
        std::fs::write(folder.path().join("black.png"), "text").expect("a file");
        assert!(failure(&folder).contains("black.png"));
    }
}
