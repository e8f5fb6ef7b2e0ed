//! What most tests of the page begin with: a picture, a page that shows it, a stroke.

use std::{future::Future, path::PathBuf};

use anyhow::{Context, Result, ensure};
use image::{Rgb, RgbImage};

use crate::{
    lending,
    page::{Gpu, Page},
    site::Site,
};

/// Runs a test.
///
/// # Panics
/// When it fails, with all of its error.
pub fn block_on(test: impl Future<Output = Result<()>>) {
    if let Err(error) = lending::RUNTIME.block_on(test) {
        panic!("{error:#}");
    }
}

/// Width and height of the test picture.
pub const SIZE: (u32, u32) = (120, 80);

/// A picture in which no two neighbours are alike.
///
/// # Errors
/// When it cannot be written.
pub fn photo(site: &Site, width: u32, height: u32) -> Result<PathBuf> {
    let path = site.folder().join("photo.png");
    RgbImage::from_fn(width, height, |x, y| Rgb([(x * 3) as u8, (y * 5) as u8, (x * 7 + y * 11) as u8])).save(&path)?;
    Ok(path)
}

/// A browser with the page open and the test picture in it.
///
/// # Errors
/// When the page does not become ready.
pub async fn ready(site: &Site, gpu: Gpu) -> Result<Page> {
    let page = Page::lent(&site.address(), gpu).await?;
    show(site, &page).await?;
    Ok(page)
}

/// Waits for the model and opens the test picture, in place of what an earlier visit left.
///
/// # Errors
/// When the page does not become ready.
pub async fn show(site: &Site, page: &Page) -> Result<()> {
    page.until("return ['ready', 'done', 'failed'].includes(document.body.dataset.state)").await?;
    if page.shown("new").await? {
        page.click("new").await?;
        if page.shown("replace").await? {
            page.click("replace").await?;
        }
    }
    page.wait_for("ready").await?;
    page.choose_file(&photo(site, SIZE.0, SIZE.1)?).await?;
    page.until("return document.getElementById('work').checkVisibility()").await?;
    page.frame().await
}

/// Has answers saved as files of this ending, in place of the picture's own kind.
///
/// # Errors
/// When the page has no such control.
pub async fn save_as(page: &Page, ending: &str) -> Result<()> {
    let script = format!("const l = document.getElementById('save-as'); l.value = '{ending}'; l.dispatchEvent(new Event('change'))");
    page.script::<serde_json::Value>(&script).await?;
    Ok(())
}

/// What the canvas shows, with no pointer over it.
///
/// # Errors
/// When the page does not answer.
pub async fn canvas(page: &Page) -> Result<String> {
    page.script::<serde_json::Value>("document.getElementById('canvas').dispatchEvent(new PointerEvent('pointerleave'))").await?;
    page.frame().await?;
    page.script("return document.getElementById('canvas').toDataURL()").await
}

/// Takes a brush of so many pixels of the test picture, which is shown whole. The slider goes by factors, and by pixels of the screen.
///
/// # Errors
/// When the page has no such control.
pub async fn brush(page: &Page, pixels: f64) -> Result<()> {
    let (width, height) = SIZE;
    let script = format!(
        "const place = document.getElementById('canvas').getBoundingClientRect(); \
         return 0.94 * Math.min(place.width / {width}, place.height / {height})"
    );
    let scale: f64 = page.script(&script).await?;
    page.enter("size", &format!("{:.0}", 100.0 * (pixels * scale).log10())).await
}

/// A stroke through the middle with a brush of 14 pixels, and so many steps.
///
/// # Errors
/// When the page has no such controls.
pub async fn prepare(page: &Page, steps: usize) -> Result<()> {
    brush(page, 14.0).await?;
    page.stroke(&[(-60, 0), (0, 0), (60, 0)]).await?;
    page.enter("steps", &steps.to_string()).await
}

/// The finished picture: as large as the test picture, changed in its middle, and outside of the stroke, far
/// above and below it, every pixel as it was.
///
/// # Errors
/// When it is anything else.
pub async fn expect_filled(site: &Site, page: &Page) -> Result<RgbImage> {
    let before = image::open(site.folder().join("photo.png"))?.to_rgb8();
    let file = page.download("photo-filled.png").await?;
    let after = image::open(&file)?.to_rgb8();
    std::fs::remove_file(&file).context("the download cannot be removed")?;
    ensure!(after.dimensions() == before.dimensions(), "the size is {:?}", after.dimensions());
    let mut changed = 0;
    for (x, y, pixel) in after.enumerate_pixels() {
        let same = pixel == before.get_pixel(x, y);
        // The brush reaches 7 pixels from the middle row, and a soft edge.
        let far = (f64::from(y) + 0.5 - f64::from(SIZE.1) / 2.0).abs() > 9.0;
        ensure!(!far || same, "pixel {x}, {y} is outside the stroke and was changed");
        changed += usize::from(!same);
    }
    ensure!(changed > 100, "only {changed} pixels were changed");
    Ok(after)
}

/// Has the worker's end of the test's channel told something each time that the bar is past the next value: by the page itself, because
/// the way through the test takes as long as a busy machine wants, and the run may be over by then.
///
/// # Errors
/// When the page does not answer.
pub async fn tell_worker_past(page: &Page, values: &[f64], what: &str) -> Result<()> {
    let script = format!(
        "const bar = document.getElementById('progress'), values = {values:?}, channel = new BroadcastChannel('test'); \
         const watch = new MutationObserver(() => {{ \
             if (bar.value > values[0]) {{ values.shift(); channel.postMessage('{what}'); }} \
             if (values.length === 0) watch.disconnect(); \
         }}); \
         watch.observe(bar, {{attributes: true, attributeFilter: ['value']}})"
    );
    page.script::<serde_json::Value>(&script).await?;
    Ok(())
}

/// Keeps every value of the progress bar, every text of the status line and every state of the page from now on, for [`told`].
///
/// # Errors
/// When the page does not answer.
pub async fn listen(page: &Page) -> Result<()> {
    let script = "const bar = document.getElementById('progress'), status = document.getElementById('status'); \
        window.told = {progress: [], status: [], states: []}; window.watch?.disconnect(); \
        window.watch = new MutationObserver(() => { \
            told.progress.push(bar.value); told.status.push(status.textContent); told.states.push(document.body.dataset.state) \
        }); \
        window.watch.observe(document.body, {attributes: true, attributeFilter: ['data-state']}); \
        window.watch.observe(bar, {attributes: true, attributeFilter: ['value']}); \
        window.watch.observe(status, {childList: true})";
    page.script::<serde_json::Value>(script).await?;
    Ok(())
}

/// What [`listen`] kept: the bar's values, and the status line's texts.
///
/// # Errors
/// When the page does not answer.
pub async fn told(page: &Page) -> Result<(Vec<f64>, Vec<String>)> {
    page.script("return [told.progress, told.status]").await
}
