//! A trained classifier at work: pictures of any size in, features and probabilities out.

use std::path::Path;

use anyhow::Context;
use burn::tensor::{Device, Tensor, TensorData, activation::softmax};
use infill::picture::Picture;

use super::{file::ClassifierFile, net::Net};
use crate::{
    evaluate::feature_net::{FeatureNet, Origin, Seen},
    exit::input,
};

/// Pictures that go through the net at once.
const BATCH: usize = 64;

/// A classifier that is used for its features.
pub struct Classifier {
    origin: Origin,
    file: ClassifierFile,
    net: Net,
    device: Device,
}

impl Classifier {
    /// Reads a classifier's file.
    ///
    /// # Errors
    /// A file that cannot be read or is no usable classifier; the error names it.
    pub fn open(path: &Path, device: &Device) -> anyhow::Result<Classifier> {
        let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display())).map_err(input)?;
        let file = ClassifierFile::parse(&bytes).with_context(|| format!("cannot use {} as features", path.display())).map_err(input)?;
        let net = file.to_net(device).with_context(|| format!("cannot use {} as features", path.display())).map_err(input)?;
        Ok(Classifier { origin: Origin::new(path, &bytes), file, net, device: device.clone() })
    }
}

impl FeatureNet for Classifier {
    fn origin(&self) -> &Origin {
        &self.origin
    }

    fn kind(&self) -> &str {
        "a classifier of our own"
    }

    fn size(&self) -> usize {
        self.file.net.size
    }

    fn dimensions(&self) -> usize {
        self.file.net.features
    }

    fn classes(&self) -> &[String] {
        &self.file.classes
    }

    fn validation_accuracy(&self) -> Option<f64> {
        self.file.training.validation.as_ref().map(|validation| validation.accuracy)
    }

    fn look(&self, pictures: &[&Picture]) -> anyhow::Result<Vec<Seen>> {
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
        seen.extend(Seen::of(output.features, softmax(output.logits, 1))?);
    }
    Ok(seen)
}
