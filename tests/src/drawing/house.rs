//! The packages of the workspace as modules, each with the file that holds it. It reads files; it resolves no names.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};

use super::source::{self, Declared, Scope};

/// A module.
#[derive(Debug)]
pub struct Module {
    /// Its full name, such as `infill::task::inpaint`; `infill::lib`, `infill_cli::main` and `infill_web::bin::page` are roots.
    pub name: String,
    /// The number of its file.
    pub file: usize,
    /// The module around it; none for a root.
    pub parent: Option<usize>,
    /// The root that `crate` stands for.
    pub root: usize,
    /// The number of its package.
    pub package: usize,
    /// Its text.
    pub scope: Scope,
    /// Modules inside it by their names.
    pub children: BTreeMap<String, usize>,
}

/// A package.
#[derive(Debug)]
pub struct Package {
    /// Its name as it stands in a path.
    pub name: String,
    /// Other crates that it may name, as they stand in a path.
    pub dependencies: BTreeSet<String>,
    /// The root of its library.
    pub library: Option<usize>,
}

/// All packages.
#[derive(Debug, Default)]
pub struct House {
    /// The packages.
    pub packages: Vec<Package>,
    /// Their modules.
    pub modules: Vec<Module>,
    /// Files, by their paths in the workspace.
    pub files: Vec<String>,
    folder: PathBuf,
}

impl House {
    /// Reads all members of the workspace in a folder. Tests, examples and benches are left out.
    ///
    /// # Errors
    /// When a file is missing, or is not what its name says.
    pub fn read(folder: &Path) -> Result<Self> {
        let mut house = Self { folder: folder.to_owned(), ..Self::default() };
        let manifest = house.toml(&folder.join("Cargo.toml"))?;
        let members = manifest.get("workspace").and_then(|workspace| workspace.get("members")).and_then(toml::Value::as_array);
        for member in members.context("Cargo.toml lists no members")? {
            house.package(&folder.join(member.as_str().context("a member of the workspace is no path")?))?;
        }
        Ok(house)
    }

    fn toml(&self, path: &Path) -> Result<toml::Table> {
        text(path)?.parse().with_context(|| format!("{} is no TOML", path.display()))
    }

    fn package(&mut self, folder: &Path) -> Result<()> {
        let manifest = self.toml(&folder.join("Cargo.toml"))?;
        let name = manifest.get("package").and_then(|package| package.get("name")).and_then(toml::Value::as_str);
        let name = name.with_context(|| format!("{} has no package name", folder.display()))?.replace('-', "_");
        let mut dependencies = BTreeSet::new();
        depended(&manifest, &mut dependencies);
        let package = self.packages.len();
        self.packages.push(Package { name, dependencies, library: None });
        for root in ["lib", "main"] {
            let file = folder.join("src").join(root).with_extension("rs");
            if file.is_file() {
                let module = self.root(package, &file, root)?;
                if root == "lib" {
                    self.packages[package].library = Some(module);
                }
            }
        }
        let programs = folder.join("src/bin");
        if programs.is_dir() {
            let mut files: Vec<PathBuf> = fs::read_dir(&programs)?.filter_map(|entry| Some(entry.ok()?.path())).collect();
            files.sort();
            for file in files.iter().filter(|file| file.extension().is_some_and(|ending| ending == "rs")) {
                let stem = file.file_stem().unwrap_or_default().to_string_lossy();
                self.root(package, file, &format!("bin::{stem}"))?;
            }
        }
        Ok(())
    }

    fn root(&mut self, package: usize, file: &Path, name: &str) -> Result<usize> {
        let name = format!("{}::{name}", self.packages[package].name);
        self.file(package, file, name, None)
    }

    fn file(&mut self, package: usize, path: &Path, name: String, parent: Option<usize>) -> Result<usize> {
        let scope = source::read(&text(path)?).with_context(|| format!("cannot read {} as Rust", path.display()))?;
        let file = self.files.len();
        self.files.push(path.strip_prefix(&self.folder).unwrap_or(path).to_string_lossy().into_owned());
        let folder = path.parent().unwrap_or(Path::new(""));
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        // Children of `x.rs` lie in `x/`; those of a root and of `mod.rs` beside it.
        let children = if parent.is_none() || stem == "mod" { folder.to_owned() } else { folder.join(&*stem) };
        self.module(package, file, name, parent, scope, &Folders { children: &children, beside: folder })
    }

    fn module(
        &mut self,
        package: usize,
        file: usize,
        name: String,
        parent: Option<usize>,
        mut scope: Scope,
        folders: &Folders<'_>,
    ) -> Result<usize> {
        let declared = std::mem::take(&mut scope.modules);
        let number = self.modules.len();
        let root = parent.map_or(number, |parent| self.modules[parent].root);
        self.modules.push(Module { name, file, parent, root, package, scope, children: BTreeMap::new() });
        for Declared { name, path, scope } in declared {
            // Below a root, names begin with the package.
            let around = if parent.is_none() { &self.packages[package].name } else { &self.modules[number].name };
            let full = format!("{around}::{name}");
            let child = if let Some(scope) = scope {
                let inner = folders.children.join(&name);
                self.module(package, file, full, Some(number), scope, &Folders { children: &inner, beside: &inner })?
            } else {
                let place = place(&name, path.as_deref(), folders)?;
                self.file(package, &place, full, Some(number))?
            };
            self.modules[number].children.insert(name, child);
        }
        Ok(number)
    }
}

/// Where a module's children lie.
struct Folders<'a> {
    /// Those that are named by their names.
    children: &'a Path,
    /// What `#[path]` begins from.
    beside: &'a Path,
}

fn place(name: &str, path: Option<&str>, folders: &Folders<'_>) -> Result<PathBuf> {
    if let Some(path) = path {
        return Ok(folders.beside.join(path));
    }
    let places = [folders.children.join(format!("{name}.rs")), folders.children.join(name).join("mod.rs")];
    match places.iter().find(|place| place.is_file()) {
        Some(place) => Ok(place.clone()),
        None => bail!("module `{name}` is neither {} nor {}", places[0].display(), places[1].display()),
    }
}

fn text(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

/// What a manifest depends on, for any platform.
fn depended(manifest: &toml::Table, found: &mut BTreeSet<String>) {
    if let Some(list) = manifest.get("dependencies").and_then(toml::Value::as_table) {
        found.extend(list.keys().map(|name| name.replace('-', "_")));
    }
    for platform in manifest.get("target").and_then(toml::Value::as_table).into_iter().flat_map(toml::Table::values) {
        if let Some(inner) = platform.as_table() {
            depended(inner, found);
        }
    }
}
