//! `infill inpaint` on the command line.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use clap::Args;
use infill::task::{Task, TaskKind};

use super::edit_arguments::EditArguments;
use crate::{
    edit,
    exit::input,
    pictures::{
        is_picture,
        picture_file::{self, PictureFile},
    },
};

/// Fill what a mask marks; every other pixel stays as it is.
#[derive(Debug, Args)]
pub struct InpaintArguments {
    /// The mask, a picture of the same size: white, or any one colour, is filled; black or transparent is kept. Of a folder, for
    /// photo.jpg the mask photo.png in it, or photo with another ending.
    #[arg(long)]
    pub mask: PathBuf,
    #[command(flatten)]
    pub edit: EditArguments,
}

/// Runs the command.
///
/// # Errors
/// A picture, mask or model that cannot be used, or an output that cannot be written.
pub fn run(arguments: &InpaintArguments) -> Result<()> {
    let mask = arguments.mask.clone();
    let asked = move |picture: &Path, _: &PictureFile| Ok(Task::Inpaint { mask: picture_file::read_mask(&mask_of(picture, &mask)?)? });
    edit::run(arguments.edit.resolve(TaskKind::Inpaint, Box::new(asked))?)
}

/// Where a picture's mask is: the one for all, or its own in a folder.
fn mask_of(picture: &Path, mask: &Path) -> Result<PathBuf> {
    if !mask.is_dir() {
        return Ok(mask.to_owned());
    }
    let failed = |error| input(format!("cannot list the masks in {}: {error}", mask.display()));
    let mut found = Vec::new();
    for entry in mask.read_dir().map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.file_stem() == picture.file_stem() && is_picture(&path.to_string_lossy()) {
            found.push(path);
        }
    }
    let name = picture.file_stem().unwrap_or_default().to_string_lossy();
    match found.len() {
        1 => Ok(found.remove(0)),
        0 => bail!(input(format!("{} holds no mask for {}; make one there that is called {name}.png", mask.display(), picture.display()))),
        count => bail!(input(format!("{} holds {count} masks for {}; leave one", mask.display(), picture.display()))),
    }
}
