//! How long a person waits on the page itself, with the model that it is shipped with: from asking for the page to the
//! first preview and to the finished picture.

use std::path::PathBuf;

use anyhow::{Context, Result};
use image::{Rgb, RgbImage};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{
    page::{Gpu, Page},
    site::Site,
};

/// Notes when messages between page and worker pass, in milliseconds since the page was asked for: each kind's first. The
/// page is not changed; this is put before its own scripts by the browser.
pub const SPY: &str = "(() => {
  const marks = (window.marks = {});
  const mark = (message) => (marks[JSON.parse(message.json).type] ??= performance.now());
  window.Worker = class extends window.Worker {
    constructor(...given) {
      super(...given);
      this.addEventListener('message', ({ data }) => mark(data));
    }
    postMessage(message, ...rest) {
      mark(message);
      super.postMessage(message, ...rest);
    }
  };
})()";

/// One visit, in milliseconds, without the time that the driver takes to choose a picture and to paint.
#[derive(Clone, Debug, Serialize)]
pub struct Visit {
    /// `webgpu` or `wasm`.
    pub device: String,
    /// The browser has the model from an earlier visit.
    pub again: bool,
    /// From asking for the page until the model can be used.
    pub ready: f64,
    /// That, and from the press of the button until the first preview, or the finished picture where that comes first.
    pub first_preview: f64,
    /// That, and from the press of the button until the finished picture.
    pub finished: f64,
}

#[derive(Deserialize)]
struct Marks {
    model: f64,
    run: f64,
    /// None where the first evaluation is the last.
    preview: Option<f64>,
    done: f64,
}

/// A first visit and a second one, in a browser of its own with or without WebGPU.
///
/// # Errors
/// When the page does not come to a finished picture.
pub async fn visits(site: &Site, device: &str) -> Result<[Visit; 2]> {
    let folder = tempfile::TempDir::new()?;
    let gpu = if device == "webgpu" { Gpu::Software } else { Gpu::None };
    let page = Page::open("about:blank", gpu, folder.path()).await?;
    page.browser.cdp().send_raw("Page.addScriptToEvaluateOnNewDocument", json!({ "source": SPY })).await?;
    let photo = photo(folder.path().join("photo.png"))?;
    page.browser.goto(&site.address()).await?;
    let first = visit(&page, &photo, device, false).await?;
    page.browser.refresh().await?;
    let second = visit(&page, &photo, device, true).await?;
    Ok([first, second])
}

async fn visit(page: &Page, photo: &std::path::Path, device: &str, again: bool) -> Result<Visit> {
    page.wait_for("ready").await?;
    page.choose_file(photo).await?;
    page.until("return document.getElementById('work').checkVisibility()").await?;
    page.stroke(&[(-30, 0), (30, 0)]).await?;
    page.click("run").await?;
    page.wait_for("done").await?;
    let marks: Marks = page.script("return window.marks").await.context("the page and its worker said something else than expected")?;
    let visit = Visit {
        device: device.to_owned(),
        again,
        ready: marks.model,
        first_preview: marks.model + marks.preview.unwrap_or(marks.done) - marks.run,
        finished: marks.model + marks.done - marks.run,
    };
    println!(
        "page            {device:<7}{}  ready {:.0} ms, first preview {:.0} ms, finished {:.0} ms",
        if again { "again" } else { "first" },
        visit.ready,
        visit.first_preview,
        visit.finished
    );
    Ok(visit)
}

/// A picture in which no two neighbours are alike, a little larger than the shipped model's crops.
fn photo(path: PathBuf) -> Result<PathBuf> {
    RgbImage::from_fn(120, 80, |x, y| Rgb([(x * 3) as u8, (y * 5) as u8, (x * 7 + y * 11) as u8])).save(&path)?;
    Ok(path)
}
