//! A copy of the built page with a tiny model of random weights, served on a port of its own.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::LazyLock,
};

use crate::page::ELSEWHERE;
use anyhow::{Context, Result, anyhow, ensure};
use tempfile::TempDir;
use xtask::{manifest::Manifest, models, offline, server::Server, tools, web};

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
        Self::in_chunks(prefix, models::CHUNK)
    }

    /// The same with a net of few different layers, for which a device has little to compile.
    ///
    /// # Errors
    /// When the page was not built, or cannot be copied.
    pub fn bare(prefix: &'static str) -> Result<Self> {
        Self::with_model(prefix, &["bare"], models::CHUNK)
    }

    /// The same with its model in chunks of `bytes` bytes.
    ///
    /// # Errors
    /// When the page was not built, or cannot be copied.
    pub fn in_chunks(prefix: &'static str, bytes: usize) -> Result<Self> {
        Self::with_model(prefix, &[], bytes)
    }

    fn with_model(prefix: &'static str, kind: &[&str], chunk: usize) -> Result<Self> {
        let site = Self::copy(prefix)?;
        fs::create_dir(site.source())?;
        write_tiny_model(&site.model(), kind)?;
        site.publish(chunk)?;
        Ok(site)
    }

    /// Offers the tiny model under another name, too.
    ///
    /// # Errors
    /// When it cannot be copied.
    pub fn add_model(&self, name: &str) -> Result<()> {
        fs::copy(self.model(), self.source().join(format!("{name}.infill")))?;
        self.publish(models::CHUNK)
    }

    /// Offers a second model, `made-to-repair`, that repairs JPEGs in one evaluation and does nothing else.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn add_repair(&self) -> Result<()> {
        write_tiny_model(&self.source().join("made-to-repair.infill"), &["repair"])?;
        self.publish(models::CHUNK)
    }

    /// A model file whose net computes NaN. The site does not offer it.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn model_without_numbers(&self) -> Result<PathBuf> {
        let path = self.folder.path().join("broken.infill");
        write_tiny_model(&path, &["nan"])?;
        Ok(path)
    }

    fn source(&self) -> PathBuf {
        self.folder.path().join("source")
    }

    fn publish(&self, chunk: usize) -> Result<()> {
        let folder = self.root().join("models");
        fs::remove_dir_all(&folder).context("the built page has no models folder")?;
        models::publish(&self.source(), &folder, chunk)?;
        Ok(())
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

    /// Puts the worker that measurements ask more of than the page does into the site's folder `bench`.
    ///
    /// # Errors
    /// When it was not built, or cannot be copied.
    pub fn add_bench_worker(&self) -> Result<()> {
        let folder = web::bench_worker();
        ensure!(
            folder.join("worker-start.js").is_file(),
            "the worker for measurements is not built; run `cargo xtask test --only browser`"
        );
        copy_folder(&folder, &self.file("bench"))
    }

    /// The page's address.
    pub fn address(&self) -> String {
        format!("http://127.0.0.1:{}/{}", self.server.port(), self.prefix)
    }

    /// The page's address from a machine without HTTPS, where browsers leave some things out.
    pub fn address_elsewhere(&self) -> String {
        format!("http://{ELSEWHERE}:{}/{}", self.server.port(), self.prefix)
    }

    /// The address of a document of the same host that is not below the page.
    pub fn outside(&self) -> String {
        format!("http://127.0.0.1:{}/", self.server.port())
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
        self.chunks()?.into_iter().next().context("the manifest has no chunk")
    }

    /// The ends of the paths of all chunks of the first model.
    ///
    /// # Errors
    /// When the manifest cannot be read.
    pub fn chunks(&self) -> Result<Vec<String>> {
        let manifest = self.manifest()?;
        let model = manifest.models.first().context("the manifest has no model")?;
        Ok(model.chunks.iter().map(|chunk| chunk.path.clone()).collect())
    }

    /// The same of the model of a name.
    ///
    /// # Errors
    /// When the manifest cannot be read, or does not list it.
    pub fn chunks_of(&self, name: &str) -> Result<Vec<String>> {
        let manifest = self.manifest()?;
        let model = manifest.find(name).with_context(|| format!("the manifest has no model {name}"))?;
        Ok(model.chunks.iter().map(|chunk| chunk.path.clone()).collect())
    }

    fn manifest(&self) -> Result<Manifest> {
        Ok(serde_json::from_slice(&fs::read(self.root().join("models/manifest.json"))?)?)
    }

    /// The name of the page's file with this beginning, a hash, and this ending.
    ///
    /// # Errors
    /// When there is none, or more than one.
    pub fn file_named(&self, stem: &str, ending: &str) -> Result<String> {
        let mut names = Vec::new();
        for entry in fs::read_dir(self.root())? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            let hash = name.strip_prefix(stem).and_then(|name| name.strip_suffix(ending)).unwrap_or_default();
            if !hash.is_empty() && hash.chars().all(|digit| digit.is_ascii_hexdigit()) {
                names.push(name);
            }
        }
        ensure!(names.len() == 1, "the page has {names:?} where there should be one {stem}…{ending}");
        Ok(names.swap_remove(0))
    }

    /// Puts a script before the worker's start script, as another version of the page.
    ///
    /// # Errors
    /// When the page has no start script, or it cannot be written.
    pub fn before_worker(&self, script: &str) -> Result<()> {
        let name = self.file_named("worker-start-", ".js")?;
        let text = fs::read_to_string(self.root().join(&name))?;
        // Removes the script of an earlier call.
        let text = text.split_once(MARK).map_or(text.as_str(), |(_, text)| text);
        // The program's exports, for scripts that damage it.
        let kept = "= self.program = await init(";
        let text = if text.contains(kept) { text.to_owned() } else { text.replace("= await init(", kept) };
        ensure!(text.contains(kept), "{name} does not start the program as `... = await init(`");
        self.change_file("worker-start-", ".js", &format!("{script}\n{MARK}{text}"))
    }

    /// Has connections that break off wait until the worker has what was sent.
    ///
    /// # Errors
    /// As [`Self::before_worker`].
    pub fn wait_until_received(&self) -> Result<()> {
        self.server.wait_until_received();
        self.before_worker(include_str!("received.js"))
    }

    /// Deploys another version: another style sheet and another start script, the old ones gone.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn deploy(&self) -> Result<()> {
        for (stem, ending) in [("style-", ".css"), ("worker-start-", ".js")] {
            let text = fs::read_to_string(self.root().join(self.file_named(stem, ending)?))?;
            self.change_file(stem, ending, &format!("{text}\n/* Another version. */\n"))?;
        }
        Ok(())
    }

    /// Gives one of the page's files another content, and so another name, and lists it.
    fn change_file(&self, stem: &str, ending: &str, text: &str) -> Result<()> {
        let old = self.file_named(stem, ending)?;
        let new = format!("{stem}{}{ending}", &models::hash(text.as_bytes())[..16]);
        fs::remove_file(self.root().join(&old))?;
        fs::write(self.root().join(&new), text)?;
        let page = self.root().join("index.html");
        fs::write(&page, fs::read_to_string(&page)?.replace(&old, &new))?;
        let template = fs::read_to_string(tools::root().join("web/service-worker.js"))?;
        offline::write_service_worker(&self.root(), &template)
    }
}

/// Between a test's script and the start script.
const MARK: &str = "// The start script:\n";

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

/// An example of `infill` writes the file, so that these tests need not be built with burn. Both native packages are named, so
/// that burn has the same features as in their tests and is not built again.
fn write_tiny_model(path: &Path, more: &[&str]) -> Result<()> {
    // Once for all sites, each of which would ask cargo whether it is up to date.
    static BUILT: LazyLock<Result<(), String>> = LazyLock::new(|| {
        let packages = ["build", "--quiet", "-p", "infill", "-p", "infill-cli", "--no-default-features", "--example", "tiny_model"];
        tools::run(tools::command("cargo", &packages)).map_err(|error| format!("{error:#}"))
    });
    BUILT.as_ref().map_err(|error| anyhow!("{error}"))?;
    let program = tools::target().join("debug/examples/tiny_model");
    let mut command = tools::command(&program.to_string_lossy(), &[]);
    command.arg(path).args(more);
    tools::run(command)
}
