//! The build of the page to publish: trunk, then what trunk does not do: the start script as a file, wasm-opt, the files that
//! make it installable, the models, what hosts can use, and the size budget.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};

use crate::{hosting, licences, models, offline, tools};

/// Most bytes of page and code as brotli, models not counted.
const BUDGET: u64 = 2_000_000;

/// Features of WebAssembly that rustc uses for this target; Binaryen must be told.
const FEATURES: [&str; 7] = [
    "--enable-simd",
    "--enable-bulk-memory",
    "--enable-sign-ext",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-mutable-globals",
    "--enable-multivalue",
];

/// Builds the page into `web/dist`.
///
/// # Errors
/// When a tool fails or the page is over its budget.
pub fn build() -> Result<()> {
    build_for(None, &[])
}

/// The same for the address of the folder that it is to be hosted in, where that is known, and for sites that may embed it.
///
/// # Errors
/// Also an address or an origin that is none.
pub fn build_for(address: Option<&str>, embed: &[String]) -> Result<()> {
    tools::ensure()?;
    // Trunk is told to stay offline, so that it uses the tools that are here. So the sources must be fetched before.
    tools::run(tools::command("cargo", &["fetch", "--locked"]))?;
    let mut trunk = tools::command("trunk", &["build", "--offline", "--public-url", "./"]);
    // Some shells set it to a value that trunk does not accept.
    trunk.env_remove("NO_COLOR");
    tools::run(trunk)?;
    let dist = tools::root().join("web/dist");
    move_inline_script(&dist)?;
    for file in hosting::files(&dist)? {
        if file.extension().is_some_and(|extension| extension == "wasm") {
            optimize(&file)?;
        }
    }
    licences::finish(&dist)?;
    if let Some(address) = address {
        hosting::name_address(&dist, address)?;
    }
    hosting::name_embedding(&dist, embed)?;
    offline::finish(&dist, &tools::root().join("web/service-worker.js"))?;
    models::publish(&tools::root().join("web/models"), &dist.join("models"), models::CHUNK)?;
    hosting::finish(&dist)?;
    measure(&dist)
}

/// Where [`build_bench_worker`] puts its files.
pub fn bench_worker() -> PathBuf {
    tools::target().join("bench-worker")
}

/// Builds the worker that tests and measurements ask more of than the page does. Nothing of it is in `web/dist`. It is
/// built and shrunk as the page's is where times are to be compared, and else as the demo's, which takes a quarter of the time.
///
/// # Errors
/// When a tool fails.
pub fn build_bench_worker(shrunk: bool) -> Result<()> {
    tools::ensure()?;
    let target = "wasm32-unknown-unknown";
    let profile = if shrunk { "web" } else { "demo" };
    let build = ["build", "-p", "infill-web", "--bin", "worker", "--features", "bench", "--profile", profile, "--target", target];
    tools::run(tools::command("cargo", &build))?;
    let folder = bench_worker();
    let mut bindgen = tools::command("wasm-bindgen", &["--target", "web", "--no-typescript", "--out-name", "worker", "--out-dir"]);
    bindgen.arg(&folder).arg(tools::target().join(target).join(profile).join("worker.wasm"));
    tools::run(bindgen)?;
    if shrunk {
        optimize(&folder.join("worker_bg.wasm"))?;
    }
    let start = tools::root().join("web/worker-start.js");
    fs::copy(&start, folder.join("worker-start.js")).with_context(|| format!("cannot copy {}", start.display()))?;
    Ok(())
}

/// The page's policy forbids inline scripts; trunk's becomes a file.
fn move_inline_script(dist: &Path) -> Result<()> {
    let page = dist.join("index.html");
    let html = fs::read_to_string(&page).with_context(|| format!("cannot read {}", page.display()))?;
    let opening = html.find("<script type=\"module\"").context("trunk wrote no start script")?;
    let begin = opening + html[opening..].find('>').context("trunk's start script has no end")? + 1;
    let end = begin + html[begin..].find("</script>").context("trunk's start script has no end")?;
    let script = &html[begin..end];
    let name = format!("start-{}.js", &models::hash(script.as_bytes())[..16]);
    fs::write(dist.join(&name), script)?;
    let html = format!("{}<script type=\"module\" src=\"./{name}\"></script>{}", &html[..opening], &html[end + "</script>".len()..]);
    fs::write(&page, html)?;
    Ok(())
}

/// Makes the code small. Names are removed here, because rustc would remove the target features with them.
fn optimize(file: &Path) -> Result<()> {
    let smaller = file.with_extension("smaller");
    // The hash in the name is that of trunk's file. Equal input gives equal output, so the name stays unique.
    let mut command = tools::command("wasm-opt", &["-Oz", "--strip-debug", "--strip-producers"]);
    command.args(FEATURES).arg(file).arg("-o").arg(&smaller);
    println!("shrinking {}", file.file_name().unwrap_or_default().to_string_lossy());
    tools::run(command)?;
    fs::rename(&smaller, file).with_context(|| format!("cannot replace {}", file.display()))
}

fn measure(dist: &Path) -> Result<()> {
    let mut all = (0, 0);
    println!("\n{:<40}{:>12}{:>12}", "file", "bytes", "brotli");
    for file in hosting::files(dist)? {
        let length = |file: &Path| fs::metadata(file).map(|found| found.len());
        let whole = length(&file).with_context(|| format!("cannot read {}", file.display()))?;
        // What does not get smaller is sent as it is.
        let small = length(&hosting::compressed(&file, "br")).unwrap_or(whole);
        println!("{:<40}{whole:>12}{small:>12}", file.file_name().unwrap_or_default().to_string_lossy());
        all = (all.0 + whole, all.1 + small);
    }
    println!("{:<40}{:>12}{:>12}  (budget {BUDGET})", "page and code", all.0, all.1);
    if all.1 > BUDGET {
        bail!("page and code are {} bytes as brotli, {} over the budget of {BUDGET}", all.1, all.1 - BUDGET);
    }
    Ok(())
}
