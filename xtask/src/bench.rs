//! `cargo xtask bench web`: prepares the comparison of the page with onnxruntime-web. `cargo xtask bench page`: how the page
//! feels. The measuring itself is in the tests' package, which can drive a browser.

use std::{fs, path::PathBuf, process::Command};

use anyhow::{Context, Result, bail};
use clap::Args;
use serde::{Deserialize, Serialize};

use crate::{browser, models, tools, web};

/// The onnxruntime-web that is measured beside the page.
pub const ONNXRUNTIME: &str = "1.30.0";

/// What is measured, and for how long.
#[derive(Args, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// Sides of the pictures that the net is run on, pixels.
    #[arg(long, value_delimiter = ',', default_values_t = [64, 128, 256])]
    pub sizes: Vec<usize>,
    /// Devices.
    #[arg(long, value_delimiter = ',', default_values_t = ["webgpu".to_owned(), "wasm".to_owned()])]
    pub devices: Vec<String>,
    /// Evaluations of the net to time in each cell of the table, after a first one that is timed separately.
    #[arg(long, default_value_t = 5)]
    pub evaluations: usize,
    /// Seconds after which a cell begins no further evaluation. One that takes three times as long is given up.
    #[arg(long, default_value_t = 90)]
    pub limit: u64,
    /// Where the figures go as JSON [default: bench-web.json in the target folder].
    #[arg(long)]
    pub output: Option<PathBuf>,
    /// Do not measure how long a visitor waits on the page.
    #[arg(long)]
    pub without_page: bool,
    /// Use the page in web/dist as it is, and the worker of the last measurement or test.
    #[arg(long)]
    pub built: bool,
}

/// How the page is measured.
#[derive(Args, Clone, Debug)]
pub struct PageSettings {
    /// How often everything is measured; medians are printed.
    #[arg(long, default_value_t = 3)]
    pub repeats: usize,
    /// Use the page in web/dist as it is.
    #[arg(long)]
    pub built: bool,
}

/// Measures how soon something is seen on the page, and how long it stands still, and prints it.
///
/// # Errors
/// When something cannot be built or run.
pub fn page(settings: &PageSettings) -> Result<()> {
    let found = browser::find()?;
    if !settings.built {
        web::build()?;
    }
    let repeats = settings.repeats.to_string();
    let mut command = tools::command("cargo", &["run", "--quiet", "-p", "infill-tests", "--bin", "bench-page", "--", &repeats]);
    command.env("CHROME", found.program).env("CHROMEDRIVER", found.driver);
    tools::run(command)
}

/// What the measuring program is given.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Job {
    /// What is measured.
    pub settings: Settings,
    /// The net as an ONNX graph.
    pub graph: PathBuf,
    /// The folder with onnxruntime-web's files.
    pub onnxruntime: PathBuf,
    /// Where the figures go.
    pub output: PathBuf,
}

/// Measures and prints the table.
///
/// # Errors
/// When something cannot be built, brought or run.
pub fn web(settings: Settings) -> Result<()> {
    if let Some(unknown) = settings.devices.iter().find(|device| !["webgpu", "wasm"].contains(&device.as_str())) {
        bail!("no device is called `{unknown}`; there are webgpu and wasm");
    }
    if settings.evaluations == 0 || settings.sizes.is_empty() || settings.sizes.contains(&0) {
        bail!("{} evaluations at {:?} pixels measure nothing; choose 1 or more of each", settings.evaluations, settings.sizes);
    }
    let found = browser::find()?;
    if !settings.built {
        web::build()?;
        web::build_bench_worker(true)?;
    }
    let onnxruntime = onnxruntime()?;
    let graph = export()?;
    let output = settings.output.clone().unwrap_or_else(|| tools::target().join("bench-web.json"));
    let job = serde_json::to_string(&Job { settings, graph, onnxruntime, output })?;
    let mut command = tools::command("cargo", &["run", "--quiet", "-p", "infill-tests", "--bin", "bench-web", "--", &job]);
    command.env("CHROME", found.program).env("CHROMEDRIVER", found.driver);
    tools::run(command)
}

/// onnxruntime-web from npm, in the folder of the tools and not in the source tree.
fn onnxruntime() -> Result<PathBuf> {
    let folder = tools::tools().join(format!("onnxruntime-web-{ONNXRUNTIME}"));
    let files = folder.join("node_modules/onnxruntime-web/dist");
    if !files.join("ort.webgpu.min.mjs").is_file() {
        println!("installing onnxruntime-web {ONNXRUNTIME} with npm");
        fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let mut command = Command::new("npm");
        command.args(["install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix"]).arg(&folder);
        command.arg(format!("onnxruntime-web@{ONNXRUNTIME}")).current_dir(&folder);
        tools::run(command).context("onnxruntime-web comes from npm; install Node.js with npm")?;
    }
    Ok(files)
}

/// The net of the page's first model as a graph of floats. Both native packages are named, so that burn has the same features
/// as in the tests and is not built again.
fn export() -> Result<PathBuf> {
    let folder = tools::root().join("web/models");
    let (model, _) = models::listed(&folder)?.into_iter().next().with_context(|| format!("{} has no model", folder.display()))?;
    let packages = ["build", "--quiet", "-p", "infill", "-p", "infill-cli", "--no-default-features", "--lib", "--bins"];
    tools::run(tools::command("cargo", &packages))?;
    let graph = tools::target().join("bench-web.onnx");
    let program = tools::target().join("debug/infill");
    let mut command = tools::command(&program.to_string_lossy(), &["export", "--onnx", "--force"]);
    command.arg(model).arg("--output").arg(&graph);
    tools::run(command)?;
    Ok(graph)
}
