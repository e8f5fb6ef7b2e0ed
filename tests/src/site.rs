//! A copy of the built page with a tiny model of random weights, served on a port of its own.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;
use xtask::{models, server::Server, tools};

/// A site that is being served.
pub struct Site {
    /// The server, which can be made to fail.
    pub server: Server,
    folder: TempDir,
    prefix: &'static str,
}

impl Site {
    /// The page with a tiny model (16 px, random weights).
    ///
    /// # Errors
    /// When the page was not built, or cannot be copied.
    pub fn tiny(prefix: &'static str) -> Result<Self> {
        let site = Self::copy(prefix)?;
        let source = site.folder.path().join("source");
        fs::create_dir(&source)?;
        write_tiny_model(&source.join("tiny.infill"))?;
        let models_folder = site.root().join("models");
        fs::remove_dir_all(&models_folder).context("the built page has no models folder")?;
        models::publish(&source, &models_folder)?;
        Ok(site)
    }

    /// The page as it is shipped.
    ///
    /// # Errors
    /// When the page was not built, or cannot be copied.
    pub fn shipped(prefix: &'static str) -> Result<Self> {
        Self::copy(prefix)
    }

    fn copy(prefix: &'static str) -> Result<Self> {
        let dist = tools::root().join("web/dist");
        ensure!(dist.join("index.html").is_file(), "the page is not built; run `cargo xtask web` first");
        let folder = TempDir::new()?;
        let root = folder.path().join("site").join(prefix);
        copy_folder(&dist, &root)?;
        let server = Server::start(folder.path().join("site"), 0)?;
        Ok(Self { server, folder, prefix })
    }

    fn root(&self) -> PathBuf {
        self.folder.path().join("site").join(self.prefix)
    }

    /// Where a file of the site is.
    pub fn file(&self, name: &str) -> PathBuf {
        self.root().join(name)
    }

    /// Puts a copy of a file into the site.
    ///
    /// # Errors
    /// When it cannot be copied.
    pub fn add(&self, file: &Path, name: &str) -> Result<()> {
        let target = self.file(name);
        if let Some(folder) = target.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::copy(file, &target).with_context(|| format!("cannot copy {}", file.display()))?;
        Ok(())
    }

    /// The page's address.
    pub fn address(&self) -> String {
        format!("http://127.0.0.1:{}/{}", self.server.port(), self.prefix)
    }

    /// A folder for the test's own files.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The tiny model's file, as it was before it was cut into chunks.
    pub fn model(&self) -> PathBuf {
        self.folder.path().join("source/tiny.infill")
    }

    /// The end of the path of the model's first chunk.
    ///
    /// # Errors
    /// When the manifest cannot be read.
    pub fn first_chunk(&self) -> Result<String> {
        let text = fs::read(self.root().join("models/manifest.json"))?;
        let manifest: xtask::manifest::Manifest = serde_json::from_slice(&text)?;
        let chunk = manifest.models.first().and_then(|model| model.chunks.first()).context("the manifest has no chunk")?;
        Ok(chunk.path.clone())
    }
}

fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let path = entry?.path();
        let target = to.join(path.file_name().unwrap_or_default());
        if path.is_dir() {
            copy_folder(&path, &target)?;
        } else {
            fs::copy(&path, &target)?;
        }
    }
    Ok(())
}

/// The core's own example makes the file, so that these tests need not be built with burn. Both native
/// packages are named so that burn keeps the features that it was built with for their tests.
fn write_tiny_model(path: &Path) -> Result<()> {
    let packages = ["build", "--quiet", "-p", "infill", "-p", "infill-cli", "--no-default-features", "--example", "tiny_model"];
    tools::run(tools::command("cargo", &packages))?;
    let program = tools::target().join("debug/examples/tiny_model");
    let mut command = tools::command(&program.to_string_lossy(), &[]);
    command.arg(path);
    tools::run(command)
}
