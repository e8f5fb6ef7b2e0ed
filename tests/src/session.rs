//! A browser under the control of its driver: how both are started, and how they end.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use thirtyfour::{ChromiumLikeCapabilities, DesiredCapabilities, WebDriver};
use xtask::browser;

/// How long anything may take. A busy machine is slow, and only a test that fails waits for so long.
pub const PATIENCE: Duration = Duration::from_secs(300);

/// How often it is looked.
pub(crate) const GLANCE: Duration = Duration::from_millis(50);

/// A name for this machine that browsers take for another one: pages from there have no secure context without HTTPS.
pub const ELSEWHERE: &str = "elsewhere.test";

/// Where the page may compute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gpu {
    /// WebGPU on the browser's software adapter, which the page takes because it is told so.
    Software,
    /// The same adapter, and no word of whether to take it.
    Offered,
    /// No WebGPU.
    None,
}

/// How often a driver is started at most.
const DRIVER_TRIES: usize = 5;

/// Runs a driver until the tests' process has ended, however it does: its end of the pipe is closed then. The driver takes its browser along
/// only when it is asked to go, so the browser is ended by the lock on its profile, a link to `host-process`. Some of its processes write on for
/// a moment.
const WATCHED: &str = r#"folder=$1; shift; trap '' INT; "$@" & driver=$!; read -r _
lock=$(readlink "$folder/profile/SingletonLock"); kill "$driver"; kill -9 "${lock##*-}"; wait; rm -rf "$folder"; sleep 2; rm -rf "$folder""#;

/// A browser and its driver.
#[derive(Debug)]
pub struct Session {
    /// The browser.
    pub browser: WebDriver,
    /// Where it saves files.
    pub downloads: PathBuf,
    /// Whether it has WebGPU.
    pub webgpu: bool,
    /// Whether it ends with this process, and is lent until then; else when it is dropped.
    pub watched: bool,
    driver: Child,
    port: u16,
}

impl Drop for Session {
    fn drop(&mut self) {
        // The session ends with the driver. Left to itself it would ask the driver that is gone, for two minutes.
        let _ = self.browser.clone().leak();
        // The driver takes its browser along only when it is asked to go.
        if let Ok(mut stream) = TcpStream::connect(("127.0.0.1", self.port)) {
            let _ = stream.set_read_timeout(Some(Duration::from_secs(10)));
            let _ = stream.write_all(b"GET /shutdown HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
            let _ = stream.read_to_end(&mut Vec::new());
        }
        // Who watches goes on at the end of the pipe, and clears the folder away.
        drop(self.driver.stdin.take());
        if !self.watched {
            let _ = self.driver.kill();
        }
        let _ = self.driver.wait();
    }
}

impl Session {
    /// Starts both, profile and downloads in `folder`, for a visitor who wants these languages. `watched`: they end with this process, and the
    /// folder goes with them; else when the session is dropped.
    ///
    /// # Errors
    /// When there is no browser, or it does not start.
    pub async fn start(languages: &str, gpu: Gpu, folder: &Path, watched: bool) -> Result<Self> {
        let found = browser::find()?;
        let (driver, port) = start_driver(&found.driver, watched.then_some(folder))?;
        let downloads = folder.join("downloads");
        std::fs::create_dir_all(&downloads)?;
        let mut wanted = DesiredCapabilities::chrome();
        wanted.set_binary(&found.program.to_string_lossy())?;
        for argument in arguments(gpu, folder) {
            wanted.add_arg(&argument)?;
        }
        wanted.add_experimental_option(
            "prefs",
            serde_json::json!({ "download.default_directory": downloads, "intl.accept_languages": languages }),
        )?;
        let begun = Instant::now();
        let browser = loop {
            match WebDriver::new(format!("http://127.0.0.1:{port}"), wanted.clone()).await {
                Ok(browser) => break browser,
                Err(error) if begun.elapsed() > PATIENCE => bail!("the browser does not start: {error}"),
                Err(_) => tokio::time::sleep(GLANCE).await,
            }
        };
        browser.set_script_timeout(PATIENCE).await?;
        Ok(Self { browser, downloads, webgpu: gpu != Gpu::None, watched, driver, port })
    }

    /// The process that started the browser.
    pub fn driver_id(&self) -> u32 {
        self.driver.id()
    }
}

/// What the browser is told at its start.
fn arguments(gpu: Gpu, folder: &Path) -> Vec<String> {
    let fixed = [
        "--headless=new",
        "--no-sandbox",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--disable-dev-shm-usage",
        "--window-size=1280,1000",
    ];
    let webgpu: &[&str] = match gpu {
        Gpu::Software | Gpu::Offered => &["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"],
        Gpu::None => &["--disable-gpu", "--disable-features=WebGPU,WebGPUService", "--disable-blink-features=WebGPU"],
    };
    let own = [format!("--user-data-dir={}", folder.join("profile").display()), format!("--host-resolver-rules=MAP {ELSEWHERE} 127.0.0.1")];
    fixed.iter().chain(webgpu).map(|argument| (*argument).to_owned()).chain(own).collect()
}

/// Starts a driver on a port of its own choice: one that is chosen here may be another's by the time it is used. It wants one that is free
/// for both kinds of addresses and ends where its choice is not, as when two start at once.
fn start_driver(program: &Path, watched: Option<&Path>) -> Result<(Child, u16)> {
    let mut tries = 0;
    loop {
        tries += 1;
        match try_driver(program, watched) {
            Err(_) if tries < DRIVER_TRIES => {}
            result => return result,
        }
    }
}

fn try_driver(program: &Path, watched: Option<&Path>) -> Result<(Child, u16)> {
    let mut command = Command::new(if watched.is_some() { Path::new("sh") } else { program });
    if let Some(folder) = watched {
        command.args(["-c", WATCHED, "sh"]).arg(folder).arg(program);
    }
    command.arg("--port=0").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut driver = command.spawn().with_context(|| format!("cannot start {}", program.display()))?;
    let mut lines = BufReader::new(driver.stdout.take().context("the driver has no output")?).lines();
    let port = lines.by_ref().map_while(Result::ok).find_map(|line| {
        // It says at first that it was asked for port 0.
        line.rsplit_once("on port ")?.1.trim_end_matches('.').parse().ok().filter(|port| *port != 0)
    });
    // What it says later is of no interest, but a full pipe would stop it.
    std::thread::spawn(move || lines.for_each(drop));
    match port {
        Some(port) => Ok((driver, port)),
        None => {
            let _ = driver.kill();
            bail!("{} ended without saying on which port it listens", program.display());
        }
    }
}
