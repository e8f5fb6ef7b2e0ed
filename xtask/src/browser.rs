//! Finds a browser and its driver, or installs them where that is possible.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Result, bail};

/// A browser that can be driven.
#[derive(Clone, Debug)]
pub struct Browser {
    /// Chromium or Chrome.
    pub program: PathBuf,
    /// ChromeDriver.
    pub driver: PathBuf,
}

/// `CHROME` and `CHROMEDRIVER`, else the first on the path; with apt, as root, installed if missing.
///
/// # Errors
/// When there is none and none can be installed. The message says what to install.
pub fn find() -> Result<Browser> {
    if let Some(browser) = look() {
        return Ok(browser);
    }
    if Path::new("/usr/bin/apt-get").exists() {
        println!("installing chromium and its driver with apt");
        let apt = |arguments: &[&str]| Command::new("apt-get").args(arguments).env("DEBIAN_FRONTEND", "noninteractive").status();
        let _ = apt(&["update", "-q"]);
        let _ = apt(&["install", "-y", "-q", "chromium", "chromium-driver"]);
    }
    match look() {
        Some(browser) => Ok(browser),
        None => bail!(
            "the browser tests need Chromium or Chrome with ChromeDriver; install them (Debian: `apt-get install chromium chromium-driver`) \
             or name them in CHROME and CHROMEDRIVER"
        ),
    }
}

fn look() -> Option<Browser> {
    let program = named("CHROME").or_else(|| on_path(&["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]))?;
    let driver = named("CHROMEDRIVER").or_else(|| on_path(&["chromedriver"]))?;
    Some(Browser { program, driver })
}

fn named(variable: &str) -> Option<PathBuf> {
    env::var_os(variable).map(PathBuf::from).filter(|path| path.is_file())
}

fn on_path(names: &[&str]) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    let folders: Vec<PathBuf> = env::split_paths(&path).collect();
    names.iter().find_map(|name| folders.iter().map(|folder| folder.join(name)).find(|file| file.is_file()))
}
