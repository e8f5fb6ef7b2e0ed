//! Where things are, how commands are run, and the tools that the page's build needs. Tools on the path are used; what is
//! missing is brought into the target folder. Nothing else on the machine is touched.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};

/// The target that the page is built for.
pub const WASM: &str = "wasm32-unknown-unknown";
/// The newest trunk that this toolchain builds.
const TRUNK: &str = "0.21.14";
/// The oldest Binaryen that knows all that rustc emits.
const BINARYEN: u32 = 116;
/// Binaryen 116 from the package registry, where it is compiled from C++.
const WASM_OPT: &str = "0.116.1";
/// Binaryen from npm, compiled to WebAssembly, which Node.js runs.
const NPM_BINARYEN: &str = "132.0.0";

/// The top of the source tree.
pub fn root() -> PathBuf {
    // cargo tells every program that it runs. A path fixed when this was built would be wrong for checkouts that share a target
    // folder: one would work on the other's files.
    let package = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from).and_then(|package| package.parent().map(Path::to_owned));
    package.or_else(|| env::current_dir().ok()).unwrap_or_else(|| PathBuf::from("."))
}

/// The target folder, as cargo sees it.
pub fn target() -> PathBuf {
    let named = env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    named.map_or_else(|| root().join("target"), |path| if path.is_absolute() { path } else { root().join(path) })
}

/// Where built tools are.
pub fn tools() -> PathBuf {
    target().join("tools")
}

/// A command in the source tree, with the built tools found first.
pub fn command(program: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    let path = env::var_os("PATH").unwrap_or_default();
    let built = [tools().join("bin"), npm_folder().join("node_modules/.bin")];
    let paths = built.into_iter().chain(env::split_paths(&path));
    command.args(arguments).current_dir(root());
    if let Ok(joined) = env::join_paths(paths) {
        command.env("PATH", joined);
    }
    command
}

/// Runs a command to its end.
///
/// # Errors
/// When it cannot be started or fails, with the command's text.
pub fn run(mut command: Command) -> Result<()> {
    let text = format!("{command:?}");
    let status = command.status().with_context(|| format!("cannot start {text}"))?;
    if !status.success() {
        bail!("{text} failed ({status})");
    }
    Ok(())
}

/// Installs the standard library for WebAssembly. `rust-toolchain.toml` names it, but rustup fetches it by itself only where
/// `RUSTUP_AUTO_INSTALL` is not off.
///
/// # Errors
/// When rustup cannot fetch it; its own message is printed above.
pub fn ensure_wasm_target() -> Result<()> {
    let targets = Command::new("rustup").args(["target", "list", "--installed"]).current_dir(root()).output();
    let installed = targets.map(|output| String::from_utf8_lossy(&output.stdout).contains(WASM)).unwrap_or(false);
    if installed {
        return Ok(());
    }
    println!("installing the wasm32 target");
    run(command("rustup", &["target", "add", WASM]))
}

/// Installs everything that the build of the page to publish needs.
///
/// # Errors
/// When a tool cannot be built; cargo's own message is printed above.
pub fn ensure() -> Result<()> {
    ensure_wasm_target()?;
    ensure_bindgen()?;
    if !says("trunk", TRUNK) {
        install("trunk", TRUNK, &["--locked", "--no-default-features", "--features", "rustls"])?;
    }
    ensure_wasm_opt()
}

/// Installs wasm-bindgen and returns its command.
///
/// # Errors
/// When it cannot be built; cargo's own message is printed above.
pub fn ensure_bindgen() -> Result<String> {
    let version = wasm_bindgen_version()?;
    if !says("wasm-bindgen", &version) {
        // Without its lock file, which names versions that the registry no longer has.
        install("wasm-bindgen-cli", &version, &["--bin", "wasm-bindgen"])?;
    }
    Ok("wasm-bindgen".to_owned())
}

/// Whether wasm-bindgen need not be built.
pub fn bindgen_is_there() -> bool {
    wasm_bindgen_version().is_ok_and(|version| says("wasm-bindgen", &version))
}

/// Binaryen's optimiser: from the path, else from npm, which takes seconds, else compiled, which takes many minutes.
fn ensure_wasm_opt() -> Result<()> {
    let new_enough = || version("wasm-opt").and_then(|text| binaryen_version(&text)).is_some_and(|version| version >= BINARYEN);
    if new_enough() {
        return Ok(());
    }
    println!("installing Binaryen {NPM_BINARYEN} with npm");
    let mut npm = command("npm", &["install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix"]);
    npm.arg(npm_folder()).arg(format!("binaryen@{NPM_BINARYEN}"));
    if std::fs::create_dir_all(npm_folder()).is_ok() && run(npm).is_ok() && new_enough() {
        return Ok(());
    }
    println!("npm could not install it; compiling Binaryen {BINARYEN} takes about 14 minutes on two cores, once");
    install("wasm-opt", WASM_OPT, &["--locked"])
}

/// The number in what `wasm-opt --version` prints.
fn binaryen_version(text: &str) -> Option<u32> {
    text.strip_prefix("wasm-opt version ")?.split(|digit: char| !digit.is_ascii_digit()).next()?.parse().ok()
}

fn npm_folder() -> PathBuf {
    tools().join("npm")
}

/// A Python with onnxruntime, which tests compare exported graphs with: the one that `INFILL_PYTHON` names, or one of our own.
///
/// # Errors
/// When Python has no virtual environments or pip cannot fetch it; its own message is printed above.
pub fn python_with_onnxruntime() -> Result<PathBuf> {
    if let Some(named) = env::var_os("INFILL_PYTHON") {
        return Ok(named.into());
    }
    let folder = tools().join("python");
    let python = folder.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    let works = || Command::new(&python).args(["-c", "import onnxruntime, numpy"]).output().is_ok_and(|output| output.status.success());
    if !works() {
        println!("installing onnxruntime with pip");
        let mut make = command("python3", &["-m", "venv"]);
        make.arg(&folder);
        run(make)?;
        let mut install = Command::new(&python);
        install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "onnxruntime", "numpy"]);
        run(install)?;
        if !works() {
            bail!("{} has no onnxruntime after its installation", python.display());
        }
    }
    Ok(python)
}

/// What a program prints for `--version`; none when there is no such program.
fn version(program: &str) -> Option<String> {
    let output = command(program, &["--version"]).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Whether a program is there.
pub fn has(program: &str) -> bool {
    version(program).is_some()
}

fn says(program: &str, wanted: &str) -> bool {
    version(program).is_some_and(|text| text.contains(wanted))
}

/// The version of wasm-bindgen that the page is built with; the tool must have the same.
fn wasm_bindgen_version() -> Result<String> {
    let text = std::fs::read_to_string(root().join("Cargo.lock")).context("cannot read Cargo.lock")?;
    let lock: toml::Table = text.parse().context("cannot read Cargo.lock")?;
    let packages = lock.get("package").and_then(toml::Value::as_array).context("Cargo.lock lists no packages")?;
    let found = packages.iter().find(|package| package.get("name").and_then(toml::Value::as_str) == Some("wasm-bindgen"));
    let version = found.and_then(|package| package.get("version")).and_then(toml::Value::as_str);
    Ok(version.context("Cargo.lock has no wasm-bindgen")?.to_owned())
}

/// Builds a package's programs into the folder of the tools. They run for seconds: an optimised build, and most of all
/// one optimised across crates, as trunk's own settings ask for, would take far longer than it saves.
fn install(package: &str, version: &str, options: &[&str]) -> Result<()> {
    println!("building {package} {version} (once)");
    let folder = tools();
    let mut cargo = command("cargo", &["install", package, "--version", version, "--root"]);
    cargo.arg(&folder).args(options).env("CARGO_TARGET_DIR", folder.join("build"));
    cargo.envs([
        ("CARGO_PROFILE_RELEASE_LTO", "off"),
        ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16"),
        ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1"),
    ]);
    // Not in the source tree, whose own settings are for the page.
    cargo.current_dir(env::temp_dir());
    run(cargo)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn binaryens_number_is_read_from_what_it_prints() {
        assert_eq!(binaryen_version("wasm-opt version 116\n"), Some(116));
        assert_eq!(binaryen_version("wasm-opt version 132 (version_132)\n"), Some(132));
        assert_eq!(binaryen_version("something else"), None);
    }
}
