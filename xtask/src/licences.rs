//! The page's licences: the project's own, the data's credit, and what every package asks whose code the page holds. They go to visitors as a
//! page of their own. What licences may be used at all is cargo-deny's business.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use crate::{
    page_files::{replace, write_named},
    tools,
};

/// How the names of files begin that hold licences and what must go with them.
const NAMES: [&str; 5] = ["LICENSE", "LICENCE", "COPYING", "NOTICE", "UNLICENSE"];

/// No licence is longer.
const LONGEST: u64 = 200_000;

/// What cargo says of all packages, as far as it is used here.
#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Clone, Deserialize)]
struct Package {
    name: String,
    version: String,
    license: Option<String>,
    repository: Option<String>,
    /// None of a package of this project.
    source: Option<String>,
    manifest_path: String,
}

/// Writes the licences beside a built page and names them in it.
///
/// # Errors
/// When cargo cannot say what is in the page, or a file cannot be read or written.
pub fn finish(dist: &Path) -> Result<()> {
    let metadata = cargo(&["metadata", "--format-version", "1", "--locked"])?;
    let Metadata { packages } = serde_json::from_str(&metadata).context("cannot read what cargo metadata says")?;
    let tree = ["tree", "--locked", "-p", "infill-web", "--features", "worker", "--target", tools::WASM];
    let linked = linked(&cargo(&[&tree[..], &["-e", "normal,no-proc-macro", "--prefix", "none", "--format", "{p}"]].concat())?, &packages);
    ensure!(!linked.is_empty(), "cargo tree names no package of the page");
    let own = fs::read_to_string(tools::root().join("LICENSE-MIT")).context("cannot read LICENSE-MIT")?;
    let page = page(&own, &linked)?;
    let name = write_named(dist, "licences", ".html", page.as_bytes())?;
    replace(dist, "index.html", "href=\"licences.html\"", &format!("href=\"./{name}\""))
}

/// What cargo prints.
fn cargo(arguments: &[&str]) -> Result<String> {
    let output = tools::command("cargo", arguments).output().with_context(|| format!("cannot run cargo {}", arguments[0]))?;
    ensure!(output.status.success(), "cargo {} failed: {}", arguments[0], String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).with_context(|| format!("cargo {} prints no text", arguments[0]))
}

/// The packages from elsewhere whose code the page holds, from a tree that names one a line: `NAME vVERSION …`.
fn linked<'a>(tree: &str, packages: &'a [Package]) -> Vec<&'a Package> {
    let named: BTreeSet<(&str, &str)> =
        tree.lines().filter_map(|line| line.split_once(" v")).map(|(name, rest)| (name, first(rest))).collect();
    let of_others = |package: &&Package| package.source.is_some() && named.contains(&(package.name.as_str(), package.version.as_str()));
    let mut linked: Vec<&Package> = packages.iter().filter(of_others).collect();
    linked.sort_by_key(|package| (&package.name, &package.version));
    linked
}

fn first(text: &str) -> &str {
    text.split(' ').next().unwrap_or_default()
}

/// The page: packages with the same text share it.
fn page(own: &str, packages: &[&Package]) -> Result<String> {
    let mut texts: BTreeMap<String, Vec<&Package>> = BTreeMap::new();
    let mut without = Vec::new();
    for package in packages {
        let found = licences(Path::new(&package.manifest_path).parent().context("a package without a folder")?)?;
        match found.is_empty() {
            true => without.push(*package),
            false => found.into_iter().for_each(|text| texts.entry(text).or_default().push(package)),
        }
    }
    let mut shared: Vec<(&String, &Vec<&Package>)> = texts.iter().collect();
    shared.sort_by_key(|(_, packages)| (std::cmp::Reverse(packages.len()), &packages[0].name));
    let mut body = format!("<h2>Infill</h2>\n<p>MIT or Apache-2.0, as you like.</p>\n<pre>{}</pre>\n", escaped(own));
    body += "<h2>The shipped models</h2>\n<p>They were trained on landscapes and towns published as CC0 (Kaggle, \
             nitishabharathi/scene-classification) and on flowers of TensorFlow's flower_photos, CC BY 2.0.</p>\n";
    body += "<h2>Rust's standard library</h2>\n<p>MIT or Apache-2.0, https://github.com/rust-lang/rust</p>\n";
    for (text, packages) in shared {
        let names: Vec<String> = packages.iter().map(|package| said(package)).collect();
        body += &format!("<h2>{}</h2>\n<pre>{}</pre>\n", escaped(&names.join(", ")), escaped(text));
    }
    if !without.is_empty() {
        let lines: Vec<String> = without.iter().map(|package| format!("<li>{}</li>", escaped(&said(package)))).collect();
        body += &format!("<h2>Packages that bring no text of their licence</h2>\n<ul>\n{}\n</ul>\n", lines.join("\n"));
    }
    Ok(format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>Licences of Infill</title>\n<meta name=\"viewport\" \
         content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n</head>\n<body>\n\
         <h1>Licences</h1>\n{body}</body>\n</html>\n"
    ))
}

/// A package with its version, its licence and where it comes from.
fn said(package: &Package) -> String {
    let Package { name, version, license, repository, .. } = package;
    let from = repository.as_ref().map(|repository| format!(", {repository}")).unwrap_or_default();
    format!("{name} {version} ({}{from})", license.as_deref().unwrap_or("see its text"))
}

/// The texts in a package's folder. Of a package under MIT or Apache-2.0, as one likes, MIT is taken, which is shorter, and what must go along.
fn licences(folder: &Path) -> Result<Vec<String>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_uppercase();
        let wanted = NAMES.iter().any(|known| name.starts_with(known)) && path.is_file();
        if wanted && path.metadata()?.len() <= LONGEST {
            let bytes = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
            found.insert(name, String::from_utf8_lossy(&bytes).trim().replace("\r\n", "\n"));
        }
    }
    if found.keys().any(|name| name.contains("MIT")) {
        found.retain(|name, _| !name.contains("APACHE"));
    }
    Ok(found.into_values().collect())
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(folder: &Path, name: &str, texts: &[(&str, &str)]) -> Package {
        let folder = folder.join(name);
        fs::create_dir(&folder).unwrap();
        for (file, text) in texts {
            fs::write(folder.join(file), text).unwrap();
        }
        Package {
            name: name.to_owned(),
            version: "1.0.0".to_owned(),
            license: Some("MIT OR Apache-2.0".to_owned()),
            repository: None,
            source: Some("registry".to_owned()),
            manifest_path: folder.join("Cargo.toml").display().to_string(),
        }
    }

    #[test]
    fn each_text_stands_once_with_all_that_have_it() {
        let folder = tempfile::TempDir::new().unwrap();
        let packages = [
            package(folder.path(), "one", &[("LICENSE-MIT", "Copyright <A> & B\r\nmay"), ("LICENSE-APACHE", "long"), ("src.rs", "code")]),
            package(folder.path(), "two", &[("license-mit.txt", "Copyright <A> & B\nmay\n"), ("NOTICE", "say so")]),
            package(folder.path(), "three", &[]),
        ];
        let page = page("own", &packages.iter().collect::<Vec<_>>()).unwrap();
        assert_eq!(page.matches("Copyright &lt;A&gt; &amp; B\nmay").count(), 1, "{page}");
        assert!(page.contains("one 1.0.0 (MIT OR Apache-2.0), two 1.0.0") && page.contains("say so"), "{page}");
        assert!(!page.contains("long") && !page.contains("code"), "{page}");
        assert!(page.contains("<li>three 1.0.0"), "{page}");
    }

    #[test]
    fn packages_of_the_tree_are_those_of_others_once_each() {
        let folder = tempfile::TempDir::new().unwrap();
        let mut packages = ["two", "one", "unrelated"].map(|name| package(folder.path(), name, &[])).to_vec();
        packages.push(Package { source: None, ..package(folder.path(), "ours", &[]) });
        packages.push(Package { version: "2.0.0".to_owned(), name: "one".to_owned(), ..package(folder.path(), "one-2", &[]) });
        let tree = "ours v1.0.0 (/ours)\none v1.0.0\ntwo v1.0.0 (*)\none v1.0.0 (*)\n\n";
        let found: Vec<String> = linked(tree, &packages).into_iter().map(said).collect();
        assert_eq!(found, ["one 1.0.0 (MIT OR Apache-2.0)", "two 1.0.0 (MIT OR Apache-2.0)"]);
    }
}
