//! The test suite as stages, cheapest first.

use std::{process::Command, thread, time::Instant};

use anyhow::{Context, Result, bail};

use crate::{browser, tools, web};

/// The native packages' features in tests. The GPU features take as long to build as everything else together and are of no
/// use without a GPU. `--device auto` is tested without them.
const NATIVE: [&str; 1] = ["--no-default-features"];

/// What is tested without a browser. Always named together, so that they are built with the same features every time.
const PACKAGES: [&str; 10] =
    ["-p", "infill", "-p", "infill-kernel", "-p", "infill-picture-file", "-p", "infill-pytorch-file", "-p", "infill-cli"];

/// A part of the suite.
pub struct Stage {
    name: &'static str,
    run: fn() -> Result<()>,
}

/// The fast part.
pub fn check() -> Vec<Stage> {
    vec![
        Stage { name: "format", run: format },
        Stage { name: "tidy", run: tidy },
        Stage { name: "dependencies", run: dependencies },
        Stage { name: "clippy", run: clippy },
        Stage { name: "clippy-wasm", run: clippy_wasm },
    ]
}

/// All of it.
pub fn test() -> Vec<Stage> {
    let mut stages = check();
    stages.push(Stage { name: "native", run: native });
    stages.push(Stage { name: "web", run: web::build });
    stages.push(Stage { name: "browser", run: browser_tests });
    stages
}

/// Only one of them.
///
/// # Errors
/// When there is none of that name.
pub fn select(stages: Vec<Stage>, only: Option<&str>) -> Result<Vec<Stage>> {
    let Some(only) = only else { return Ok(stages) };
    let names: Vec<&str> = stages.iter().map(|stage| stage.name).collect();
    let message = format!("no stage is called `{only}`; there are {}", names.join(", "));
    Ok(vec![stages.into_iter().find(|stage| stage.name == only).context(message)?])
}

/// Says what the stages are, runs them until one fails, and says how long each took.
///
/// # Errors
/// The first failure.
pub fn run(stages: &[Stage]) -> Result<()> {
    let names: Vec<&str> = stages.iter().map(|stage| stage.name).collect();
    println!("stages: {}", names.join(", "));
    if !tools::target().join("debug").is_dir() {
        println!(
            "Nothing is built yet: the first run compiles all dependencies, and the tools that are missing, which takes tens of minutes."
        );
    }
    let mut times = Vec::new();
    for (number, stage) in stages.iter().enumerate() {
        println!("\n== {} ({} of {})", stage.name, number + 1, stages.len());
        let begun = Instant::now();
        let result = (stage.run)();
        times.push((stage.name, begun.elapsed().as_secs()));
        if let Err(error) = result {
            report(&times);
            bail!("stage `{}` failed: {error:#}", stage.name);
        }
    }
    report(&times);
    Ok(())
}

fn report(times: &[(&str, u64)]) {
    println!();
    for (name, seconds) in times {
        println!("{name:<14}{seconds:>6} s");
    }
}

fn cargo(arguments: &[&str]) -> Command {
    tools::command("cargo", arguments)
}

fn format() -> Result<()> {
    tools::run(cargo(&["fmt", "--all", "--check"]))
}

fn tidy() -> Result<()> {
    tools::run(cargo(&["test", "--quiet", "-p", "infill-tests", "--test", "tidy", "--test", "drawing", "--test", "texts"]))
}

/// Licences, sources and known faults of dependencies. cargo-deny takes as long to build as everything else in `check`, so it is
/// used where somebody has installed it, and its absence is said. The list of known faults is a git repository, which it fetches;
/// where there is no network, the rest is checked.
fn dependencies() -> Result<()> {
    if !tools::has("cargo-deny") {
        println!("SKIPPED: dependencies are not checked; `cargo install --locked cargo-deny` brings what checks them");
        return Ok(());
    }
    tools::run(cargo(&["deny", "check", "licenses", "bans", "sources"]))?;
    if tools::run(cargo(&["deny", "fetch", "db"])).is_err() {
        println!("SKIPPED: the list of known faults cannot be fetched, and dependencies are not looked up in it");
        return Ok(());
    }
    tools::run(cargo(&["deny", "check", "advisories"]))
}

fn clippy() -> Result<()> {
    let mut command = cargo(&["clippy", "--all-targets"]);
    command.args(PACKAGES).args(NATIVE).args(["--", "-D", "warnings"]);
    tools::run(command)?;
    tools::run(cargo(&["clippy", "-p", "xtask", "-p", "infill-tests", "--all-targets", "--", "-D", "warnings"]))
}

fn clippy_wasm() -> Result<()> {
    tools::ensure_wasm_target()?;
    let mut command = cargo(&[
        "clippy",
        "-p",
        "infill-web",
        "--features",
        "bench",
        "-p",
        "infill",
        "-p",
        "infill-kernel",
        "-p",
        "infill-picture-file",
        "-p",
        "infill-pytorch-file",
        "--target",
        "wasm32-unknown-unknown",
        "--",
        "-D",
        "warnings",
    ]);
    // Its configuration forbids what does not exist in the browser: clocks, threads, files.
    command.env("CLIPPY_CONF_DIR", tools::root().join("web"));
    tools::run(command)
}

fn native() -> Result<()> {
    let mut command = cargo(&["test"]);
    command.args(PACKAGES).args(NATIVE);
    match tools::python_with_onnxruntime() {
        Ok(python) => drop(command.env("INFILL_PYTHON", python)),
        Err(error) => println!("SKIPPED: exported graphs are not computed by onnxruntime, which cannot be installed ({error:#})"),
    }
    tools::run(command)?;
    // Devices in other processes, left out of other builds because of the crates that they need.
    for (test, only) in [("train_ways", "remote::"), ("launch", "")] {
        let mut remote = cargo(&["test", "-p", "infill-cli", "--test", test]);
        remote.args(NATIVE).args(["--features", "remote", "--", only]);
        tools::run(remote)?;
    }
    // The page's own arithmetic, which needs no browser, and the server that shows it.
    tools::run(cargo(&["test", "-p", "infill-web", "-p", "xtask", "-p", "infill-tests", "--lib"]))?;
    // Servers with the configurations of docs/hosting.
    tools::run(cargo(&["test", "-p", "infill-tests", "--test", "hosting", "--", "--nocapture"]))
}

/// Hostile files for so long; the suite replays a thousand of each format in the stage `native`.
///
/// # Errors
/// A file that ended the program, named.
pub fn fuzz(seconds: u64, seed: u64) -> Result<()> {
    let mut command = cargo(&["test"]);
    command.args(PACKAGES).args(NATIVE).args([
        "--bin",
        "infill",
        "--",
        "fuzz::tests::every_format_for_a_while",
        "--ignored",
        "--nocapture",
    ]);
    command.env("INFILL_FUZZ_SECONDS", seconds.to_string()).env("INFILL_FUZZ_BEGIN", seed.to_string());
    tools::run(command)
}

/// Browsers at a time in the page's tests at most: a browser keeps about a core busy. More of them than cores take longer together.
const BROWSERS: usize = 4;

fn browser_tests() -> Result<()> {
    let found = browser::find()?;
    web::build_bench_worker(false)?;
    let at_a_time = thread::available_parallelism().map_or(1, |cores| cores.get().min(BROWSERS)).to_string();
    let mut command = cargo(&["test", "-p", "infill-tests", "--test", "browser", "--"]);
    command.args(["--nocapture", "--test-threads", &at_a_time]);
    command.env("CHROME", found.program).env("CHROMEDRIVER", found.driver);
    if let Some(folder) = memory().filter(|_| std::env::var_os("TMPDIR").is_none()) {
        command.env("TMPDIR", folder);
    }
    tools::run(command)
}

/// A folder in memory with room for the profiles of some browsers and what they save: many small files, which take the processor's
/// time on a disk.
fn memory() -> Option<&'static str> {
    const FOLDER: &str = "/dev/shm";
    const KIBIBYTES: u64 = 4 << 20;
    let output = Command::new("df").args(["-Pk", FOLDER]).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let free: u64 = text.lines().nth(1)?.split_whitespace().nth(3)?.parse().ok()?;
    (free >= KIBIBYTES).then_some(FOLDER)
}
