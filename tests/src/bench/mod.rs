//! The measuring behind `cargo xtask bench web`: our net and page beside onnxruntime-web in one browser. It measures and
//! prints; nothing here asserts a speed. `feel` is the measuring behind `cargo xtask bench page`.

pub mod cell;
pub mod feel;
mod figures;
pub mod memory;
mod report;
pub mod visit;

use std::{collections::BTreeSet, fs};

use anyhow::{Context, Result};
use tempfile::TempDir;
use xtask::{bench::Job, hosting, tools};

use crate::{
    page::{Gpu, Page},
    site::Site,
};
use figures::{Download, Figures};

/// Files of onnxruntime-web that its two builds load.
const ONNXRUNTIME: [&str; 6] = [
    "ort.webgpu.min.mjs",
    "ort-wasm-simd-threaded.asyncify.mjs",
    "ort-wasm-simd-threaded.asyncify.wasm",
    "ort.wasm.min.mjs",
    "ort-wasm-simd-threaded.mjs",
    "ort-wasm-simd-threaded.wasm",
];

/// Measures, prints the table and writes the figures.
///
/// # Errors
/// When the browser does not start, or the page is not built. A cell that fails is in the table with its reason.
pub async fn run(job: &Job) -> Result<()> {
    let load_before = fs::read_to_string("/proc/loadavg").ok().map(|text| text.trim().to_owned());
    let site = site(job)?;
    let folder = TempDir::new()?;
    let mut page = Page::open("about:blank", Gpu::Software, folder.path()).await?;
    let browser = page.browser.capabilities().get("browserVersion").and_then(|version| version.as_str()).unwrap_or("?").to_owned();
    let (mut cells, mut downloads) = (Vec::new(), Vec::new());
    for side in &job.settings.sizes {
        for device in &job.settings.devices {
            // One after the other, so that other load on the machine slows both.
            for engine in [cell::OURS, cell::PEER] {
                let before = site.server.requests().len();
                let cell = cell::measure(&page, &site, &job.settings, engine, device, *side).await?;
                println!("{}", cell.line());
                if cell.start.is_some()
                    && !downloads.iter().any(|download: &Download| download.engine == engine && download.device == *device)
                {
                    downloads.push(download(&site, engine, device, &site.server.requests()[before..])?);
                }
                if cell.given_up {
                    // The GPU process continues what was given up, which would slow the next cell.
                    drop(page);
                    page = Page::open("about:blank", Gpu::Software, folder.path()).await?;
                }
                cells.push(cell);
            }
        }
    }
    drop(page);
    let mut visits = Vec::new();
    if !job.settings.without_page {
        for device in &job.settings.devices {
            let before = site.server.requests().len();
            visits.extend(visit::visits(&site, device).await?);
            downloads.push(download(&site, "page", device, &site.server.requests()[before..])?);
        }
    }
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let figures = Figures { browser, processors, load_before, onnxruntime: xtask::bench::ONNXRUNTIME, cells, downloads, visits };
    print!("{}", report::table(&figures));
    fs::write(&job.output, serde_json::to_vec_pretty(&figures)?).with_context(|| format!("cannot write {}", job.output.display()))?;
    println!("\nfigures: {}", job.output.display());
    Ok(())
}

/// The built page, and beside it the bench's page, onnxruntime-web and the graph.
fn site(job: &Job) -> Result<Site> {
    let site = Site::shipped("")?;
    add_page(&site)?;
    for name in ONNXRUNTIME {
        site.add(&job.onnxruntime.join(name), &format!("onnxruntime/{name}"))?;
    }
    site.add(&job.graph, "net.onnx")?;
    Ok(site)
}

/// Puts the bench's page and its worker into a site.
///
/// # Errors
/// When a file cannot be copied.
pub fn add_page(site: &Site) -> Result<()> {
    for name in ["bench.html", "bench.js", "onnxruntime-worker.js"] {
        site.add(&tools::root().join("tests/bench").join(name), name)?;
    }
    site.add_bench_worker()
}

/// Sizes of the files that were asked for, each once, the bench's own left out.
fn download(site: &Site, engine: &'static str, device: &str, requests: &[String]) -> Result<Download> {
    let mut found = Download { engine, device: device.to_owned(), code: 0, code_brotli: 0, model: 0 };
    let own = ["bench.html", "bench.js", "onnxruntime-worker.js", "favicon.ico"];
    let paths: BTreeSet<&str> = requests.iter().map(String::as_str).filter(|path| !own.contains(path)).collect();
    for path in paths {
        let Ok(bytes) = fs::read(site.file(if path.is_empty() { "index.html" } else { path })) else { continue };
        if path.starts_with("models/") || path.ends_with(".onnx") {
            found.model += bytes.len();
        } else {
            found.code += bytes.len();
            found.code_brotli += hosting::brotli(&bytes)?.len();
        }
    }
    Ok(found)
}
