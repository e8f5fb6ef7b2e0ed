//! A browser with the page open, driven as a person would.

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use thirtyfour::{
    WebDriver,
    prelude::{By, ElementQueryable},
};
use xtask::tools;

use crate::{
    lending,
    session::{GLANCE, Session},
};

pub use crate::session::{ELSEWHERE, Gpu, PATIENCE};

/// How long the page looks by itself.
const SPELL: Duration = Duration::from_secs(2);

/// When the driver gives up a look of which it does not notice that its document is gone.
const LOST: Duration = Duration::from_secs(6);

/// What the last chunk of a PNG file is.
const PNG_END: &[u8] = b"\0\0\0\0IEND\xAE\x42\x60\x82";

/// An open page.
pub struct Page {
    /// The browser, for what is not here.
    pub browser: WebDriver,
    /// Always there until the page is dropped.
    session: Option<Session>,
    downloads: PathBuf,
}

impl Drop for Page {
    fn drop(&mut self) {
        if let Some(session) = self.session.take()
            && session.watched
        {
            lending::give_back(session);
        }
    }
}

impl Page {
    /// Ends the browser as a crash does, without a word to its pages. `folder` is the one that it was opened with.
    ///
    /// # Errors
    /// When the browser's process is not found.
    pub fn crash(self, folder: &Path) -> Result<()> {
        // A link to `host-process`.
        let lock = std::fs::read_link(folder.join("profile/SingletonLock")).context("the browser's lock on its profile")?;
        let process = lock.to_string_lossy().rsplit('-').next().unwrap_or_default().to_owned();
        ensure!(Command::new("kill").args(["-9", &process]).status()?.success(), "cannot end process {process}");
        Ok(())
    }

    /// Opens an address in a new tab of a browser that other tests used before and will use again: it is as new, and costs no start. Whoever
    /// needs a profile that lasts, or measures, takes one of [`Page::open`].
    ///
    /// # Errors
    /// When there is no browser, or it does not start.
    pub async fn lent(address: &str, gpu: Gpu) -> Result<Self> {
        Self::of(lending::lend(gpu).await?, address, gpu).await
    }

    /// Starts a browser of its own, profile and downloads in `folder`, and opens an address.
    ///
    /// # Errors
    /// When there is no browser, or it does not start.
    pub async fn open(address: &str, gpu: Gpu, folder: &Path) -> Result<Self> {
        Self::open_in("en", address, gpu, folder).await
    }

    /// The same, for a visitor who wants these languages, by their tags.
    ///
    /// # Errors
    /// When there is no browser, or it does not start.
    pub async fn open_in(languages: &str, address: &str, gpu: Gpu, folder: &Path) -> Result<Self> {
        Self::of(Session::start(languages, gpu, folder, false).await?, address, gpu).await
    }

    async fn of(session: Session, address: &str, gpu: Gpu) -> Result<Self> {
        let (browser, downloads) = (session.browser.clone(), session.downloads.clone());
        let page = Self { browser, session: Some(session), downloads };
        if gpu == Gpu::Software {
            // As a visitor who chose it the last time.
            page.before_every_document("try { localStorage.setItem(`infill-device ${new URL('.', location)}`, 'gpu') } catch {}").await?;
        }
        page.browser.goto(address).await?;
        Ok(page)
    }

    /// The process that started the browser.
    pub fn driver_id(&self) -> u32 {
        self.session.as_ref().map_or(0, Session::driver_id)
    }

    /// Waits until the page says that it is in a state; stops early when it says that it failed.
    ///
    /// # Errors
    /// When it does not come in time; the page's words are in the error.
    pub async fn wait_for(&self, state: &str) -> Result<()> {
        let begun = Instant::now();
        let seen =
            self.look(&format!("const now = document.body.dataset.state; return ['{state}', 'failed'].includes(now) && now")).await?;
        if seen.as_ref().is_some_and(|seen| seen == state) {
            return Ok(());
        }
        let now: String = self.script("return document.body.dataset.state").await?;
        let said = self.text("message-text").await.unwrap_or_default();
        let log = self.console().await.unwrap_or_default();
        self.screenshot("stuck").await?;
        bail!("the page is `{now}`, not `{state}`, after {:?}: {said} {log:?}", begun.elapsed());
    }

    /// Runs a script and reads what it returns.
    ///
    /// # Errors
    /// When it fails or returns something else.
    pub async fn script<T: serde::de::DeserializeOwned>(&self, script: &str) -> Result<T> {
        let result = self.browser.execute(script, Vec::new()).await.with_context(|| script.to_owned())?;
        Ok(result.convert()?)
    }

    /// Waits until the browser has drawn what the page knows now: the canvas is drawn in the browser's frames.
    ///
    /// # Errors
    /// When the browser draws no frames.
    pub async fn frame(&self) -> Result<()> {
        let twice = "const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(() => done()))";
        self.browser.execute_async(twice, Vec::new()).await.context("the browser draws nothing")?;
        Ok(())
    }

    /// Clicks an element.
    ///
    /// # Errors
    /// When it is not there or cannot be clicked.
    pub async fn click(&self, id: &str) -> Result<()> {
        let element = self.browser.query(By::Id(id)).first().await?;
        element.scroll_into_view().await?;
        Ok(element.click().await?)
    }

    /// An element's text.
    ///
    /// # Errors
    /// When it is not there.
    pub async fn text(&self, id: &str) -> Result<String> {
        self.script(&format!("return document.getElementById('{id}').textContent")).await
    }

    /// Whether an element is shown.
    ///
    /// # Errors
    /// When it is not there.
    pub async fn shown(&self, id: &str) -> Result<bool> {
        self.script(&format!("return document.getElementById('{id}').checkVisibility()")).await
    }

    /// Chooses a file.
    ///
    /// # Errors
    /// When the page has no place for it.
    pub async fn choose_file(&self, file: &Path) -> Result<()> {
        self.choose_file_at("file", file).await
    }

    /// Chooses a file at one of the page's places for files.
    ///
    /// # Errors
    /// When there is no such place.
    pub async fn choose_file_at(&self, id: &str, file: &Path) -> Result<()> {
        let input = self.browser.query(By::Id(id)).first().await?;
        Ok(input.send_keys(file.to_string_lossy().as_ref()).await?)
    }

    /// Types into an input, in place of what is there.
    ///
    /// # Errors
    /// When it is not there.
    pub async fn enter(&self, id: &str, value: &str) -> Result<()> {
        let script = format!(
            "const e = document.getElementById('{id}'); e.value = '{value}'; e.dispatchEvent(new Event('input', {{bubbles: true}}))"
        );
        self.browser.execute(script, Vec::new()).await?;
        Ok(())
    }

    /// Draws on the canvas with the pointer, from point to point; 0 is its middle, pixels from there.
    ///
    /// # Errors
    /// When the canvas is not there.
    pub async fn stroke(&self, points: &[(i64, i64)]) -> Result<()> {
        let canvas = self.browser.query(By::Id("canvas")).first().await?;
        canvas.scroll_into_view().await?;
        let mut chain = self.browser.action_chain();
        for (index, (x, y)) in points.iter().enumerate() {
            chain = chain.move_to_element_with_offset(&canvas, *x, *y);
            if index == 0 {
                chain = chain.click_and_hold();
            }
        }
        chain.release().perform().await?;
        Ok(())
    }

    /// Clicks the download button and waits for the whole file, which the browser writes piece by piece.
    ///
    /// # Errors
    /// When no file comes, or one of this name is there already.
    pub async fn download(&self, name: &str) -> Result<PathBuf> {
        self.press_for_file("download", name).await
    }

    /// Clicks an element and waits for the whole picture file that the browser saves then.
    ///
    /// # Errors
    /// When no file comes, or one of this name is there already.
    pub async fn press_for_file(&self, id: &str, name: &str) -> Result<PathBuf> {
        self.file_after(name, self.click(id)).await
    }

    /// Does something and waits for the whole PNG file that the browser saves then.
    ///
    /// # Errors
    /// When it fails, no file comes, or one of this name is there already.
    pub async fn file_after(&self, name: &str, deed: impl Future<Output = Result<()>>) -> Result<PathBuf> {
        let file = self.downloads.join(name);
        ensure!(!file.exists(), "{name} was downloaded before, so the browser would choose another name");
        deed.await?;
        let begun = Instant::now();
        loop {
            let bytes = std::fs::read(&file).unwrap_or_default();
            if is_whole(&bytes) {
                return Ok(file);
            }
            if begun.elapsed() > PATIENCE {
                let there: Vec<_> = std::fs::read_dir(&self.downloads)?.flatten().map(|entry| entry.file_name()).collect();
                bail!("{} bytes of {name} came, no whole file; there are {there:?}", bytes.len());
            }
            tokio::time::sleep(GLANCE).await;
        }
    }

    /// Errors that the browser's console showed since the last call.
    ///
    /// # Errors
    /// When the browser does not answer.
    pub async fn console(&self) -> Result<Vec<String>> {
        let entries = self.browser.browser_log().await?;
        Ok(entries.into_iter().filter(|entry| entry.level == "SEVERE").map(|entry| entry.message).collect())
    }

    /// Checks that the browser's console showed no error.
    ///
    /// # Errors
    /// With the errors that it showed.
    pub async fn expect_clean_console(&self) -> Result<()> {
        let errors = self.console().await?;
        ensure!(errors.is_empty(), "the console shows {errors:?}");
        Ok(())
    }

    /// Waits until a script returns true.
    ///
    /// # Errors
    /// When it does not in time.
    pub async fn until(&self, script: &str) -> Result<()> {
        if self.look(script).await?.is_none() {
            self.screenshot("stuck").await?;
            bail!("after {PATIENCE:?} still false: {script}");
        }
        Ok(())
    }

    /// What a script returns as soon as that is not false or nothing. It is the page that looks again and again: a question through the driver
    /// goes through five processes. Every now and then it begins anew, as it does when the page gives way to another.
    async fn look(&self, script: &str) -> Result<Option<serde_json::Value>> {
        let looking = format!(
            "const done = arguments[0], end = performance.now() + {}, right = () => {{ {script} }}; \
             const look = async () => {{ \
                 try {{ \
                     const value = await right(); \
                     if (value || performance.now() > end) done({{value: value || null}}); else setTimeout(look, {}); \
                 }} catch (error) {{ done({{error: String(error)}}) }} \
             }}; \
             look()",
            SPELL.as_millis(),
            GLANCE.as_millis()
        );
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            self.browser.set_script_timeout(LOST).await?;
            let said = self.browser.execute_async(&looking, Vec::new()).await;
            self.browser.set_script_timeout(PATIENCE).await?;
            match said {
                Ok(said) => {
                    let said = said.json();
                    ensure!(said["error"].is_null(), "{} in {script}", said["error"]);
                    if !said["value"].is_null() {
                        return Ok(Some(said["value"].clone()));
                    }
                }
                Err(error) if ["unload", "script timeout"].iter().any(|way| error.to_string().contains(way)) => {}
                Err(error) => return Err(error).with_context(|| script.to_owned()),
            }
        }
        Ok(None)
    }

    /// Has a script run in every document before its own scripts, from the next one on.
    ///
    /// # Errors
    /// When the browser does not answer.
    pub async fn before_every_document(&self, script: &str) -> Result<()> {
        self.browser.cdp().send_raw("Page.addScriptToEvaluateOnNewDocument", serde_json::json!({ "source": script })).await?;
        Ok(())
    }

    /// Presses a key on an element; the special ones have WebDriver's codes.
    ///
    /// # Errors
    /// When the element is not there or takes no keys.
    pub async fn press(&self, id: &str, key: &str) -> Result<()> {
        let element = self.browser.query(By::Id(id)).first().await?;
        Ok(element.send_keys(key).await?)
    }

    /// Controls that the browser's accessibility tree gives no name, by role.
    ///
    /// # Errors
    /// When the browser does not answer.
    pub async fn nameless_controls(&self) -> Result<Vec<String>> {
        let tree = self.browser.cdp().send_raw("Accessibility.getFullAXTree", serde_json::json!({})).await?;
        let nodes = tree["nodes"].as_array().context("the accessibility tree has no nodes")?;
        let focusable = |node: &&serde_json::Value| {
            let properties = node["properties"].as_array().map_or(&[][..], Vec::as_slice);
            properties.iter().any(|property| property["name"] == "focusable" && property["value"]["value"] == true)
        };
        let controls: Vec<&serde_json::Value> = nodes.iter().filter(focusable).collect();
        ensure!(controls.len() > 15, "the accessibility tree has only {} controls", controls.len());
        let nameless = controls.into_iter().filter(|node| node["name"]["value"].as_str().unwrap_or_default().trim().is_empty());
        Ok(nameless.map(|node| node["role"]["value"].as_str().unwrap_or_default().to_owned()).collect())
    }

    /// Has the system prefer a colour scheme, `light` or `dark`.
    ///
    /// # Errors
    /// When the browser does not answer.
    pub async fn prefer_colours(&self, scheme: &str) -> Result<()> {
        let wanted = serde_json::json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.browser.cdp().send_raw("Emulation.setEmulatedMedia", wanted).await?;
        Ok(())
    }

    /// Saves a picture of the page below the target folder, for people to look at.
    ///
    /// # Errors
    /// When it cannot be taken or written.
    pub async fn screenshot(&self, name: &str) -> Result<()> {
        let folder = tools::target().join("screenshots");
        std::fs::create_dir_all(&folder)?;
        Ok(self.browser.screenshot(&folder.join(format!("{name}.png"))).await?)
    }
}

/// Whether a PNG, JPEG or WebP file has its end.
fn is_whole(bytes: &[u8]) -> bool {
    let riff = |length: &[u8; 4]| bytes.len() == u32::from_le_bytes(*length) as usize + 8;
    match bytes {
        [0xFF, 0xD8, .., 0xFF, 0xD9] => true,
        [b'R', b'I', b'F', b'F', length @ ..] => length.first_chunk().is_some_and(riff),
        _ => bytes.ends_with(PNG_END),
    }
}
