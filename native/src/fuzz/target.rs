//! The formats that are read, each by the very code that the program reads it with.

use std::{fs, path::Path, sync::Arc};

use anyhow::Result;
use infill::{
    manifest::Manifest,
    model_file::ModelFile,
    pytorch::{Architecture, Asked},
    train::Trainer,
};

use crate::{
    device,
    evaluate::classifier::Classifier,
    formats::checkpoint::Checkpoint,
    pictures::{self, Dataset, OutputFormat, picture_file::PictureFile},
    train::{RunDirectory, SettingsFile, TrainingSettings, settings_file},
};

/// A format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    Picture,
    Mask,
    Model,
    Checkpoint,
    Classifier,
    Shard,
    Manifest,
    Settings,
    Pytorch,
}

impl Target {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Picture,
        Self::Mask,
        Self::Model,
        Self::Checkpoint,
        Self::Classifier,
        Self::Shard,
        Self::Manifest,
        Self::Settings,
        Self::Pytorch,
    ];

    /// Its name, which the files of its seeds begin with.
    pub fn name(self) -> &'static str {
        match self {
            Self::Picture => "picture",
            Self::Mask => "mask",
            Self::Model => "model",
            Self::Checkpoint => "checkpoint",
            Self::Classifier => "classifier",
            Self::Shard => "shard",
            Self::Manifest => "manifest",
            Self::Settings => "settings",
            Self::Pytorch => "pytorch",
        }
    }

    /// Its place in random streams.
    pub fn number(self) -> u64 {
        Self::ALL.iter().position(|target| *target == self).map_or(0, |place| place as u64)
    }

    /// Reads a file as the program does, as far as it goes. `place` is a folder for files.
    pub fn read(self, bytes: &[u8], place: &Path) -> Result<()> {
        match self {
            Self::Picture => picture(bytes, place),
            Self::Mask => PictureFile::decode(bytes)?.mask().map(|_| ()),
            Self::Model => {
                let file = ModelFile::parse(bytes)?;
                file.to_model(&device::reference())?;
                file.to_sampling_model(&device::reference()).map(|_| ()).map_err(Into::into)
            }
            Self::Checkpoint => checkpoint(bytes, place),
            Self::Classifier => {
                let path = place.join("classifier.bin");
                fs::write(&path, bytes)?;
                Classifier::open(&path, &device::reference()).map(|_| ())
            }
            Self::Shard => shard(bytes, place),
            Self::Manifest => serde_json::from_slice::<Manifest>(bytes).map(|_| ()).map_err(Into::into),
            Self::Settings => {
                let path = place.join("settings.toml");
                fs::write(&path, bytes)?;
                let _ = settings_file::read::<SettingsFile>(&path);
                settings_file::read::<TrainingSettings>(&path)?.check()
            }
            Self::Pytorch => pytorch(bytes, place),
        }
    }
}

/// Decoded, shown to the net, and written again with all that it says about itself.
fn picture(bytes: &[u8], place: &Path) -> Result<()> {
    let file = PictureFile::decode(bytes)?;
    file.picture()?;
    let formats = [("out.png", OutputFormat::Png), ("out.jpg", OutputFormat::Jpeg), ("out.webp", OutputFormat::WebP)];
    let (name, format) = formats[bytes.len() % formats.len()];
    format.check_size(file.original.width() as usize, file.original.height() as usize)?;
    if u64::from(file.original.width()) * u64::from(file.original.height()) > 1 << 20 {
        return Ok(());
    }
    pictures::write(&place.join(name), format, file.original, file.metadata, 80)
}

/// Every picture of a shard.
fn shard(bytes: &[u8], place: &Path) -> Result<()> {
    let path = place.join("set.tar");
    fs::write(&path, bytes)?;
    let set = Dataset::open(&[path.display().to_string()])?;
    set.describe();
    // Broken pictures are skipped one by one.
    (0..set.len()).for_each(|index| drop(set.decode(index)));
    Ok(())
}

/// A run that is resumed from a checkpoint.
fn checkpoint(bytes: &[u8], place: &Path) -> Result<()> {
    let settings = super::seeds::settings();
    let run = place.join("run");
    fs::create_dir_all(run.join("checkpoints"))?;
    fs::write(run.join("config.toml"), toml::to_string(&settings)?)?;
    fs::write(run.join("checkpoints/step-00000001.safetensors"), bytes)?;
    let data = Arc::new(super::seeds::data(place)?);
    let mut trainer = Trainer::new(settings.train.clone(), settings.model.clone(), None, &device::reference())?;
    RunDirectory::open(&run, true)?.resume(&mut trainer, &settings, &data).map(drop)
}

/// Every tensor of another program's checkpoint, and the net that they make.
fn pytorch(bytes: &[u8], place: &Path) -> Result<()> {
    let path = place.join("given.pth");
    fs::write(&path, bytes)?;
    let checkpoint = Checkpoint::open(&path)?;
    checkpoint.shapes().keys().for_each(|name| drop(checkpoint.read(name)));
    let architecture = Architecture::infer(checkpoint.shapes(), &Asked { size: Some(16), ..Asked::default() }, &device::reference())?;
    for entry in &architecture.entries {
        entry.import(checkpoint.read(&entry.name)?);
    }
    Ok(())
}
