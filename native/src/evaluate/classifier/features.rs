//! A trained classifier at work: pictures of any size in, features and probabilities out.

use std::path::Path;

use anyhow::{Context, bail};
use burn::tensor::activation::softmax;
use burn::tensor::{Device, Tensor, TensorData};
use infill::picture::Picture;
use sha2::{Digest, Sha256};

use super::file::ClassifierFile;
use super::net::Net;
use crate::exit::input;
use crate::readback;

/// Pictures that go through the net at once.
const BATCH: usize = 64;

/// A classifier that is used for its features.
pub struct FeatureNet {
    /// Name of its file.
    pub name: String,
    /// SHA-256 of its file in hexadecimal.
    pub sha256: String,
    /// What the file says.
    pub file: ClassifierFile,
    net: Net,
    device: Device,
}

/// What the net says of a picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// The last layer but one.
    pub features: Vec<f64>,
    /// The probability of each class.
    pub probabilities: Vec<f64>,
}

impl Seen {
    /// The most likely class.
    pub fn class(&self) -> usize {
        let most = self.probabilities.iter().enumerate().max_by(|left, right| left.1.total_cmp(right.1));
        most.map_or(0, |(class, _)| class)
    }
}

impl FeatureNet {
    /// Reads a classifier's file.
    ///
    /// # Errors
    /// A file that cannot be read or is no usable classifier; the error names it.
    pub fn open(path: &Path, device: &Device) -> anyhow::Result<FeatureNet> {
        let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display())).map_err(input)?;
        let file = ClassifierFile::parse(&bytes).with_context(|| format!("cannot use {} as features", path.display())).map_err(input)?;
        let net = file.to_net(device).with_context(|| format!("cannot use {} as features", path.display())).map_err(input)?;
        let name = path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned());
        let sha256 = hex::encode(Sha256::digest(&bytes));
        Ok(FeatureNet { name, sha256, file, net, device: device.clone() })
    }

    /// The place of a class among the net's.
    pub fn class_number(&self, name: &str) -> Option<usize> {
        self.file.classes.iter().position(|class| class == name)
    }

    /// Looks at square pictures; they are brought to the net's size.
    ///
    /// # Errors
    /// Features that are not finite, or a device that cannot be read.
    pub fn look(&self, pictures: &[&Picture]) -> anyhow::Result<Vec<Seen>> {
        look(&self.net, self.file.net.size, pictures, &self.device)
    }
}

/// Looks at square pictures with a net of `size` pixels.
///
/// # Errors
/// As [`FeatureNet::look`].
pub fn look(net: &Net, size: usize, pictures: &[&Picture], device: &Device) -> anyhow::Result<Vec<Seen>> {
    let mut seen = Vec::with_capacity(pictures.len());
    for pictures in pictures.chunks(BATCH) {
        let planes: Vec<f32> = pictures.iter().flat_map(|picture| picture.resize(size, size).to_planes()).collect();
        let output = net.forward(Tensor::from_data(TensorData::new(planes, [pictures.len(), 3, size, size]), device));
        let (features, probabilities) = (rows(output.features)?, rows(softmax(output.logits, 1))?);
        seen.extend(features.into_iter().zip(probabilities).map(|(features, probabilities)| Seen { features, probabilities }));
    }
    Ok(seen)
}

fn rows(tensor: Tensor<2>) -> anyhow::Result<Vec<Vec<f64>>> {
    let width = tensor.dims()[1];
    let values = readback::values(tensor, "features")?;
    if let Some(value) = values.iter().find(|value| !value.is_finite()) {
        bail!("the classifier gave {value}: its weights or this device's arithmetic are broken");
    }
    Ok(values.chunks(width).map(|row| row.iter().copied().map(f64::from).collect()).collect())
}
