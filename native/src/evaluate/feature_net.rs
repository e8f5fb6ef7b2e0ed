//! What nets have in common whose features are compared: pictures in, features and class probabilities out.

use std::path::Path;

use anyhow::{Result, bail};
use burn::tensor::Tensor;
use infill::picture::Picture;
use sha2::{Digest, Sha256};

use crate::readback;

/// A net whose features are compared.
pub trait FeatureNet {
    /// The file that it was read from.
    fn origin(&self) -> &Origin;

    /// What it is, for the tables, such as "Inception-v3".
    fn kind(&self) -> &str;

    /// Side in pixels to which it brings every picture.
    fn size(&self) -> usize;

    /// Features of a picture.
    fn dimensions(&self) -> usize;

    /// Its classes, in the order of its probabilities; empty where nobody named them.
    fn classes(&self) -> &[String];

    /// Part of its own validation pictures that got their class, where its file says it.
    fn validation_accuracy(&self) -> Option<f64> {
        None
    }

    /// Looks at square pictures of any size.
    ///
    /// # Errors
    /// Features that are not finite, or a device that cannot be read.
    fn look(&self, pictures: &[&Picture]) -> Result<Vec<Seen>>;

    /// The place of a class among the net's.
    fn class_number(&self, name: &str) -> Option<usize> {
        self.classes().iter().position(|class| class == name)
    }
}

/// The file of a net.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Its name.
    pub file: String,
    /// Its SHA-256 in hexadecimal.
    pub sha256: String,
}

/// What a net says of a picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// The last layer but one.
    pub features: Vec<f64>,
    /// The probability of each class.
    pub probabilities: Vec<f64>,
}

impl Origin {
    /// Of a file that was read.
    pub fn new(path: &Path, bytes: &[u8]) -> Origin {
        let file = path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned());
        Origin { file, sha256: hex::encode(Sha256::digest(bytes)) }
    }
}

impl Seen {
    /// Of a batch.
    ///
    /// # Shapes
    /// Features and probabilities: `[batch, …]`
    ///
    /// # Errors
    /// Numbers that are not finite, or a device that cannot be read.
    pub fn of(features: Tensor<2>, probabilities: Tensor<2>) -> Result<Vec<Seen>> {
        let (features, probabilities) = (rows(features)?, rows(probabilities)?);
        Ok(features.into_iter().zip(probabilities).map(|(features, probabilities)| Seen { features, probabilities }).collect())
    }

    /// The most likely class.
    pub fn class(&self) -> usize {
        let most = self.probabilities.iter().enumerate().max_by(|left, right| left.1.total_cmp(right.1));
        most.map_or(0, |(class, _)| class)
    }
}

fn rows(tensor: Tensor<2>) -> Result<Vec<Vec<f64>>> {
    let width = tensor.dims()[1];
    let values = readback::values(tensor, "features")?;
    if let Some(value) = values.iter().find(|value| !value.is_finite()) {
        bail!("the net whose features are compared gave {value}: its weights or this device's arithmetic are broken");
    }
    Ok(values.chunks(width).map(|row| row.iter().copied().map(f64::from).collect()).collect())
}
