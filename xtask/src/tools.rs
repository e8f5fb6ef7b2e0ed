//! Where things are, how commands are run, and the tools that the page's build needs. What is missing
//! is built from the package registry into the target folder, nothing else on the machine is touched.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};

/// The newest trunk that this toolchain builds.
const TRUNK: &str = "0.21.14";
/// Binaryen 116.
const WASM_OPT: &str = "0.116.1";

/// The top of the source tree.
pub fn root() -> PathBuf {
    // cargo tells every program that it runs. Not what was known when this was built: checkouts that share a
    // target folder share what is built, and one would work on the other's files.
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
    let paths = std::iter::once(tools().join("bin")).chain(env::split_paths(&path));
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

/// Brings the standard library for WebAssembly, which `rust-toolchain.toml` names but rustup fetches by
/// itself only where `RUSTUP_AUTO_INSTALL` is not off.
///
/// # Errors
/// When rustup cannot fetch it; what it said stands above.
pub fn ensure_wasm_target() -> Result<()> {
    let targets = Command::new("rustup").args(["target", "list", "--installed"]).current_dir(root()).output();
    let installed = targets.map(|output| String::from_utf8_lossy(&output.stdout).contains("wasm32-unknown-unknown")).unwrap_or(false);
    if installed {
        return Ok(());
    }
    println!("installing the wasm32 target");
    run(command("rustup", &["target", "add", "wasm32-unknown-unknown"]))
}

/// Brings everything that the page's build needs.
///
/// # Errors
/// When a tool cannot be built; what cargo said stands above.
pub fn ensure() -> Result<()> {
    ensure_wasm_target()?;
    let bindgen = wasm_bindgen_version()?;
    install("trunk", TRUNK, TRUNK, &["--locked", "--no-default-features", "--features", "rustls"])?;
    // Without its lock file, which holds versions that are not to be had any more.
    install("wasm-bindgen-cli", &bindgen, &bindgen, &[])?;
    install("wasm-opt", WASM_OPT, "116", &["--locked"])
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

fn install(package: &str, version: &str, says: &str, options: &[&str]) -> Result<()> {
    let program = package.trim_end_matches("-cli");
    let there = command(program, &["--version"]).output();
    if there.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains(says)) {
        return Ok(());
    }
    println!("building {package} {version} for the page (some minutes, once)");
    let folder = tools();
    let mut cargo = command("cargo", &["install", package, "--version", version, "--root"]);
    cargo.arg(&folder).args(options).env("CARGO_TARGET_DIR", folder.join("build"));
    // Not in the source tree, whose own settings are for the page.
    cargo.current_dir(env::temp_dir());
    run(cargo)
}
