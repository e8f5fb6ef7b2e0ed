//! What makes the page installable and lets it start without a network: files named by their content, the web manifest with its
//! icons, and the service worker with the list of this version's files.

use std::{collections::BTreeMap, fs, path::Path};

use anyhow::{Context, Result, ensure};
use serde_json::json;

use crate::{
    icon,
    models::hash,
    page_files::{is_for_hosts, rename, replace, write, write_named},
};

/// The page, whose name stays in every version.
const PAGE: &str = "index.html";

/// The service worker's file, which browsers fetch at each visit.
pub const SERVICE_WORKER: &str = "service-worker.js";

/// Finishes a built page whose service worker is `template`.
///
/// # Errors
/// When a file is missing or cannot be written.
pub fn finish(dist: &Path, template: &Path) -> Result<()> {
    name_worker(dist)?;
    let icon = write_manifest(dist)?;
    replace(dist, PAGE, "preview.png", &icon)?;
    let template = fs::read_to_string(template).with_context(|| format!("cannot read {}", template.display()))?;
    write_service_worker(dist, &template)
}

/// The worker's files, which trunk leaves with fixed names: a page must not start the worker of another version.
fn name_worker(dist: &Path) -> Result<()> {
    let program = rename(dist, "worker_bg.wasm", "worker", "_bg.wasm")?;
    replace(dist, "worker.js", "worker_bg.wasm", &program)?;
    let glue = rename(dist, "worker.js", "worker", ".js")?;
    replace(dist, "worker-start.js", "./worker.js", &format!("./{glue}"))?;
    replace(dist, "worker-start.js", "worker_bg.wasm", &program)?;
    let start = rename(dist, "worker-start.js", "worker-start", ".js")?;
    replace(dist, PAGE, "content=\"worker-start.js\"", &format!("content=\"{start}\""))
}

/// Writes what browsers need to install the page, and returns the name of its large icon.
fn write_manifest(dist: &Path) -> Result<String> {
    let (mut icons, mut large) = (Vec::new(), String::new());
    for (size, purpose) in [(192, icon::Purpose::Any), (512, icon::Purpose::Any), (512, icon::Purpose::Maskable)] {
        let name = write_named(dist, &format!("icon-{size}-{}", purpose.name()), ".png", &icon::png(size, purpose)?)?;
        if (size, purpose) == (512, icon::Purpose::Any) {
            large.clone_from(&name);
        }
        icons.push(json!({ "src": name, "sizes": format!("{size}x{size}"), "type": "image/png", "purpose": purpose.name() }));
    }
    let manifest = json!({
        "name": "Infill",
        "short_name": "Infill",
        "description": "Fill holes, extend, colour and repair pictures by diffusion, on your own machine.",
        // Relative to this file, so that it holds under any path.
        "id": "./",
        "start_url": "./",
        "scope": "./",
        "display": "standalone",
        "background_color": "#f7f6f3",
        "theme_color": "#0b6e5f",
        "icons": icons,
    });
    let name = write_named(dist, "app", ".webmanifest", &serde_json::to_vec_pretty(&manifest)?)?;
    replace(dist, PAGE, "href=\"app.webmanifest\"", &format!("href=\"{name}\""))?;
    Ok(large)
}

/// Writes the service worker with the version and the files of the folder, models left out. An older one is overwritten.
///
/// # Errors
/// When a file cannot be read or written, or the template has no place for them.
pub fn write_service_worker(dist: &Path, template: &str) -> Result<()> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(dist).with_context(|| format!("cannot list {}", dist.display()))? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_file() && name != SERVICE_WORKER && !is_for_hosts(&name) {
            files.insert(name, hash(&fs::read(&path)?));
        }
    }
    ensure!(files.contains_key(PAGE), "{} has no page", dist.display());
    let list = serde_json::to_string_pretty(&files)?;
    let (version_place, files_place) = ("const VERSION = \"\";", "const FILES = {};");
    ensure!(template.contains(version_place) && template.contains(files_place), "the service worker has no place for its files");
    let script = template
        .replace(version_place, &format!("const VERSION = \"{}\";", &hash(list.as_bytes())[..16]))
        .replace(files_place, &format!("const FILES = {list};"));
    write(&dist.join(SERVICE_WORKER), script.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What trunk leaves, as far as it matters here.
    fn built(worker: &str) -> tempfile::TempDir {
        let folder = tempfile::TempDir::new().unwrap();
        let page = "<meta name=\"worker\" content=\"worker-start.js\"><link rel=\"manifest\" href=\"app.webmanifest\">\
                    <meta property=\"og:image\" content=\"preview.png\">";
        for (name, text) in [
            (PAGE, page),
            ("worker_bg.wasm", worker),
            ("worker.js", "new URL('worker_bg.wasm', here)"),
            ("worker-start.js", "import init from \"./worker.js\"; new URL(\"./worker_bg.wasm\", here)"),
            ("template", "const VERSION = \"\";\nconst FILES = {};"),
        ] {
            fs::write(folder.path().join(name), text).unwrap();
        }
        let template = folder.path().join("template");
        let dist = folder.path();
        finish(dist, &template).unwrap();
        folder
    }

    fn names(folder: &Path, stem: &str) -> Vec<String> {
        let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.starts_with(stem)).collect()
    }

    #[test]
    fn a_change_of_the_worker_shows_in_every_name_up_to_the_page() {
        let (one, other) = (built("one"), built("other"));
        for stem in ["worker-start-", "worker-"] {
            let (ours, theirs) = (names(one.path(), stem), names(other.path(), stem));
            assert!(!ours.is_empty() && ours.iter().all(|name| !theirs.contains(name)), "{ours:?} {theirs:?}");
        }
        let page = fs::read_to_string(one.path().join(PAGE)).unwrap();
        let start = names(one.path(), "worker-start-").swap_remove(0);
        assert!(page.contains(&start), "{page}");
        assert!(page.contains(&format!("<meta property=\"og:image\" content=\"{}\">", names(one.path(), "icon-512-any")[0])), "{page}");
        let script = fs::read_to_string(one.path().join(SERVICE_WORKER)).unwrap();
        for name in names(one.path(), "worker").into_iter().chain(names(one.path(), "icon")).chain(names(one.path(), "app")) {
            assert!(script.contains(&name), "{name} is not in the list");
        }
        assert!(script.contains(&hash(page.as_bytes())) && !script.contains(&format!("\"{SERVICE_WORKER}\"")), "{script}");
        assert_ne!(script, fs::read_to_string(other.path().join(SERVICE_WORKER)).unwrap());
    }
}
