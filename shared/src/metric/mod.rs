//! How far a picture is from the truth, over everything or in a hole only: error (PSNR, L1), likeness (SSIM, MS-SSIM),
//! detail (sharpness by octave, the statistics of patches) and the step at a hole's rim. Plain numbers on 8-bit pictures;
//! nothing learned.

mod error;
mod patches;
mod planes;
mod rim;
mod sharpness;
mod similarity;

pub use error::{mean_absolute_error, psnr};
pub use patches::patch_distance;
pub use rim::rim_step;
pub use sharpness::{OCTAVES, sharpness};
pub use similarity::{ms_ssim, ssim};

#[cfg(test)]
mod detail_tests;
#[cfg(test)]
mod tests;
