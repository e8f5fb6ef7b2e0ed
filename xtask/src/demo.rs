//! The page in a hurry: built by cargo and wasm-bindgen alone, with the profile `demo`. It does the same as the page of
//! `cargo xtask web`, is larger, and is for this machine; `cargo xtask web` builds the one to publish.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};

use crate::{licences, models, offline, page_files, tools};

/// What the page's own `<link data-trunk …>` lines begin with.
const LINK: &str = "<link data-trunk ";

/// Builds the page into the target folder and says where.
///
/// # Errors
/// When a tool or the page cannot be built.
pub fn build() -> Result<PathBuf> {
    plan();
    println!("\n[1/3] tools");
    tools::ensure_wasm_target()?;
    let bindgen = tools::ensure_bindgen()?;
    println!("\n[2/3] building the page's two programs");
    // One call with the worker's features, so that what both use is built once.
    let build = ["build", "--locked", "--profile", "demo", "--target", tools::WASM, "-p", "infill-web", "--features", "worker", "--bins"];
    tools::run(tools::command("cargo", &build))?;
    println!("\n[3/3] putting the page together");
    let dist = tools::target().join("demo-page");
    if dist.exists() {
        fs::remove_dir_all(&dist).with_context(|| format!("cannot remove {}", dist.display()))?;
    }
    fs::create_dir_all(&dist).with_context(|| format!("cannot make {}", dist.display()))?;
    for program in ["page", "worker"] {
        let wasm = tools::target().join(tools::WASM).join("demo").join(format!("{program}.wasm"));
        let mut command = tools::command(&bindgen, &["--target", "web", "--no-typescript", "--out-dir"]);
        command.arg(&dist).arg(wasm);
        tools::run(command)?;
    }
    let root = tools::root();
    fs::copy(root.join("web/worker-start.js"), dist.join("worker-start.js")).context("cannot copy web/worker-start.js")?;
    write_page(&dist, &root)?;
    licences::finish(&dist)?;
    offline::finish(&dist, &root.join("web/service-worker.js"))?;
    models::publish(&root.join("web/models"), &dist.join("models"), models::CHUNK)?;
    Ok(dist)
}

/// Says what will be done, and about how long it takes on two cores.
fn plan() {
    let bindgen = if tools::bindgen_is_there() { "is there" } else { "is built, about 2 minutes" };
    let built = tools::target().join(tools::WASM).join("demo/worker.wasm").is_file();
    let page = if built { "what has changed since the last time" } else { "about 8 minutes, once" };
    println!("What is to be done, with times for two cores that do nothing else:");
    println!("[1/3] wasm-bindgen: {bindgen}\n[2/3] the page's two programs: {page}\n[3/3] putting the page together: seconds");
}

/// The page itself, with the style sheet and the start script in the places of trunk's links.
fn write_page(dist: &Path, root: &Path) -> Result<()> {
    let style =
        page_files::write_named(dist, "style", ".css", &fs::read(root.join("web/style.css")).context("cannot read web/style.css")?)?;
    let program = page_files::rename(dist, "page_bg.wasm", "page", "_bg.wasm")?;
    let glue = page_files::rename(dist, "page.js", "page", ".js")?;
    let script = format!("import init from \"./{glue}\";\nawait init({{ module_or_path: new URL(\"./{program}\", import.meta.url) }});\n");
    let start = page_files::write_named(dist, "start", ".js", script.as_bytes())?;
    let template = fs::read_to_string(root.join("index.html")).context("cannot read index.html")?;
    page_files::write(&dist.join("index.html"), page(&template, &style, &start)?.as_bytes())
}

/// The page's text without trunk's links: the first, a style sheet, and the last of the programs become links to files.
fn page(template: &str, style: &str, start: &str) -> Result<String> {
    let mut lines = Vec::new();
    let mut kinds = Vec::new();
    for line in template.lines() {
        let Some(link) = line.trim().strip_prefix(LINK) else {
            lines.push(line.to_owned());
            continue;
        };
        let kind = link.split('"').nth(1).unwrap_or_default();
        match kind {
            "css" => lines.push(format!("  <link rel=\"stylesheet\" href=\"./{style}\">")),
            "rust" if link.contains("data-type=\"main\"") => {
                lines.push(format!("  <script type=\"module\" src=\"./{start}\"></script>"));
            }
            "rust" | "copy-file" => {}
            _ => ensure!(false, "index.html has a link of kind `{kind}` for trunk, which `cargo xtask demo` does not know"),
        }
        kinds.push(kind);
    }
    ensure!(kinds.contains(&"css") && kinds.contains(&"rust"), "index.html links no style sheet or no program for trunk; it has {kinds:?}");
    Ok(lines.join("\n") + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_for_trunk_become_links_to_files() {
        let template = fs::read_to_string(tools::root().join("index.html")).unwrap();
        let page = page(&template, "style-1.css", "start-2.js").unwrap();
        assert!(!page.contains("data-trunk"), "{page}");
        assert_eq!(page.matches("href=\"./style-1.css\"").count(), 1);
        assert_eq!(page.matches("<script type=\"module\" src=\"./start-2.js\"></script>").count(), 1);
        assert!(super::page("<link data-trunk rel=\"sass\" href=\"x\">", "a", "b").is_err());
        assert!(super::page("<p>nothing</p>", "a", "b").is_err());
    }
}
