//! `infill export`: a model file in another encoding.

use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, ValueEnum};
use infill::model_file::{Encoding, ModelFile, Weight};

use crate::{files, model};

/// Write a model in another encoding, such as 8 bits for the page.
#[derive(Debug, Args)]
pub struct ExportArguments {
    /// Model file.
    pub model: PathBuf,
    /// Where the result goes.
    #[arg(long, short)]
    pub output: PathBuf,
    /// How weights are stored.
    #[arg(long, value_enum, default_value = "q8")]
    pub quantize: Quantize,
    /// Overwrite an output that is there.
    #[arg(long)]
    pub force: bool,
}

/// The encodings by their names on the command line.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Quantize {
    /// 8-bit integers with f16 block scales.
    Q8,
    /// 16-bit floats.
    F16,
    /// 32-bit floats.
    F32,
}

/// Runs the command.
///
/// # Errors
/// A model that cannot be used, or an output that cannot be written.
pub fn run(arguments: &ExportArguments) -> Result<()> {
    files::check_output(&arguments.output, arguments.force)?;
    let file = model::read(&arguments.model)?;
    let encoding = match arguments.quantize {
        Quantize::Q8 => Encoding::Q8,
        Quantize::F16 => Encoding::F16,
        Quantize::F32 => Encoding::F32,
    };
    let weights: Vec<Weight> = file.weights().cloned().collect();
    let bytes = ModelFile::encode(&file.config, &file.training, &weights, encoding)?;
    files::write_atomically(&arguments.output, &bytes)?;
    println!("wrote {} ({:.2} MB)", arguments.output.display(), bytes.len() as f64 / 1e6);
    Ok(())
}
