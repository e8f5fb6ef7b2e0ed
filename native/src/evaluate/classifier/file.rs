//! The classifier's file: a container whose header holds net, classes and how it was trained. Bytes in, bytes out; an
//! Infill model is another kind of file and is told apart.

use std::collections::HashMap;

use anyhow::{bail, ensure};
use burn::module::Module;
use burn::tensor::Device;
use infill::container::{self, Container, ContainerError, Kind, Stored, Weight};
use infill::unet::parameters;
use serde::{Deserialize, Serialize};

use super::net::{Net, NetConfig};
use crate::pictures::DatasetRecord;
use crate::readback;

/// What the metadata calls this kind of file.
const FORMAT: &str = "infill-classifier";

/// The version this code reads and writes.
const VERSION: u32 = 1;

/// What the container is told. The key is the same as a model's.
const KIND: Kind = Kind { key: "infill", format: Some(FORMAT), version: VERSION };

/// How a classifier came about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClassifierRecord {
    /// Times that every picture was seen.
    pub epochs: usize,
    /// Pictures a step.
    pub batch: usize,
    /// The highest learning rate.
    pub learning_rate: f64,
    /// Seed of everything random.
    pub seed: u64,
    /// The pictures.
    pub data: DatasetRecord,
    /// How it did on pictures that it was not trained on.
    pub validation: Option<ClassifierValidation>,
}

/// A test on pictures that were not trained on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClassifierValidation {
    /// The pictures.
    pub data: DatasetRecord,
    /// How many were asked about.
    pub pictures: usize,
    /// Part of them that got their class, 0 to 1.
    pub accuracy: f64,
}

#[derive(Serialize, Deserialize)]
struct Header {
    format: String,
    version: u32,
    net: NetConfig,
    classes: Vec<String>,
    training: ClassifierRecord,
}

/// A classifier as its file holds it.
#[derive(Clone, Debug)]
pub struct ClassifierFile {
    /// What the net is.
    pub net: NetConfig,
    /// Names of the classes, in the order of the net's logits.
    pub classes: Vec<String>,
    /// How it came about.
    pub training: ClassifierRecord,
    weights: Vec<Weight>,
}

impl ClassifierFile {
    /// From a trained net.
    ///
    /// # Errors
    /// Weights that cannot be read from their device.
    pub fn of(net: &Net, config: NetConfig, classes: Vec<String>, training: ClassifierRecord) -> anyhow::Result<ClassifierFile> {
        let weights = parameters::list(net)
            .into_iter()
            .map(|parameter| {
                let values = readback::values(parameter.values, &parameter.name)?;
                Ok(Weight { name: parameter.name, shape: parameter.shape, values })
            })
            .collect::<anyhow::Result<_>>()?;
        Ok(ClassifierFile { net: config, classes, training, weights })
    }

    /// The file's bytes.
    ///
    /// # Errors
    /// Only when the container refuses the tensors.
    pub fn encode(&self) -> anyhow::Result<Vec<u8>> {
        let header = Header {
            format: FORMAT.to_owned(),
            version: VERSION,
            net: self.net.clone(),
            classes: self.classes.clone(),
            training: self.training.clone(),
        };
        let stored: Vec<Stored> = self.weights.iter().map(Stored::floats).collect();
        container::write(KIND, &header, &stored).map_err(|error| anyhow::Error::new(error).context("encoding the classifier"))
    }

    /// Reads a file and checks it against its own description.
    ///
    /// # Errors
    /// Bytes that are no classifier, damaged, of another version, or that do not fit themselves.
    pub fn parse(bytes: &[u8]) -> anyhow::Result<ClassifierFile> {
        let file: Container<'_, Header> = Container::read(KIND, bytes).map_err(explained)?;
        let weights = file.floats().map_err(explained)?;
        if let Some(weight) = weights.iter().find(|weight| weight.values.iter().any(|value| !value.is_finite())) {
            bail!("the classifier is damaged: its weight `{}` holds numbers that are not finite; copy the file again", weight.name);
        }
        let header = file.header;
        let (net, classes) = (header.net, header.classes);
        ensure!(net.is_sound(), "no net can be built of the classifier's description ({net:?}); train it again");
        ensure!(
            net.classes == classes.len(),
            "the classifier names {} classes, its net has {}; train it again",
            classes.len(),
            net.classes
        );
        Ok(ClassifierFile { net, classes, training: header.training, weights })
    }

    /// The net with these weights, on a device.
    ///
    /// # Errors
    /// A weight that is missing or has another shape.
    pub fn to_net(&self, device: &Device) -> anyhow::Result<Net> {
        let weights: HashMap<&str, &Weight> = self.weights.iter().map(|weight| (weight.name.as_str(), weight)).collect();
        let mut wrong = None;
        let mut replace = parameters::Replace::new(|name: &str, shape: &[usize]| {
            let weight = weights.get(name);
            if let Some(weight) = weight.filter(|weight| weight.shape == shape) {
                return Some(weight.values.clone());
            }
            let found = weight.map_or("none".to_owned(), |weight| format!("{:?}", weight.shape));
            wrong.get_or_insert_with(|| format!("its weight `{name}` has shape {found}, the net wants {shape:?}"));
            None
        });
        let net = Net::new(&self.net, device).map(&mut replace);
        match wrong {
            Some(wrong) => bail!("the classifier does not fit its own description: {wrong}; train it again"),
            None => Ok(net),
        }
    }

    /// How many numbers the net has.
    pub fn parameter_count(&self) -> usize {
        self.weights.iter().map(|weight| weight.values.len()).sum()
    }
}

/// What is wrong with a file, and the way out.
fn explained(error: ContainerError) -> anyhow::Error {
    let what = match &error {
        ContainerError::Foreign(_) => "this is not a classifier; choose a file written by `infill train-classifier`",
        ContainerError::Damaged(_) => "the classifier is damaged; copy the file again",
        ContainerError::Version { .. } => "the classifier is of another version; train it again",
        ContainerError::Encode(_) => "the classifier cannot be encoded",
    };
    anyhow::Error::new(error).context(what)
}

#[cfg(test)]
mod tests {
    use infill::picture::Picture;

    use super::super::features::look;
    use super::*;

    fn file() -> (Net, ClassifierFile) {
        let config = NetConfig { size: 16, widths: vec![8, 16], features: 4, classes: 2 };
        let net = Net::new(&config, &Device::default()).with_random_weights(3);
        let data = DatasetRecord { pictures: 7, index_sha256: "0".to_owned(), sources: vec![] };
        let validation = Some(ClassifierValidation { data: data.clone(), pictures: 7, accuracy: 0.5 });
        let training = ClassifierRecord { epochs: 1, batch: 2, learning_rate: 1e-3, seed: 4, data, validation };
        let file = ClassifierFile::of(&net, config, vec!["sea".to_owned(), "forest".to_owned()], training).expect("a file");
        (net, file)
    }

    #[test]
    fn a_file_carries_everything_and_the_net_computes_the_same() {
        let (net, file) = file();
        let read = ClassifierFile::parse(&file.encode().expect("bytes")).expect("a classifier");
        assert_eq!((&read.net, &read.classes, &read.training), (&file.net, &file.classes, &file.training));
        assert_eq!(read.parameter_count(), file.parameter_count());
        let picture = Picture::new(20, 20, (0..1200).map(|value| (value % 251) as u8).collect()).expect("a picture");
        let see = |net: &Net| look(net, 16, &[&picture], &Device::default()).expect("features");
        assert_eq!(see(&net), see(&read.to_net(&Device::default()).expect("a net")));
    }

    #[test]
    fn files_that_do_not_fit_themselves_are_refused_with_the_reason() {
        let refused = |change: fn(&mut ClassifierFile)| {
            let mut file = file().1;
            change(&mut file);
            let parsed = ClassifierFile::parse(&file.encode().expect("bytes"));
            format!("{:#}", parsed.and_then(|file| file.to_net(&Device::default()).map(|_| ())).expect_err("an error"))
        };
        assert!(refused(|file| file.classes.truncate(1)).contains("names 1 classes, its net has 2"));
        assert!(refused(|file| file.net.size = 15).contains("no net can be built"));
        assert!(refused(|file| file.net.features = 5).contains("features"));
        assert!(refused(|file| drop(file.weights.pop())).contains("shape none"));
        let model = format!("{:#}", ClassifierFile::parse(b"GIF89a").expect_err("no classifier"));
        assert!(model.contains("not a classifier") && model.contains("train-classifier"), "{model}");
    }

    /// The file that comes with the project loads, and written again has the very same bytes.
    #[test]
    fn the_shipped_classifier_s_bytes_come_back() {
        let bytes = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/classifier.bin")).expect("the classifier");
        let file = ClassifierFile::parse(&bytes).expect("a classifier");
        assert!(file.encode().expect("bytes") == bytes);
    }
}
