//! One visit of the built page with a model of the visitor's own: how long a hole takes, and how much memory the browser holds at its peak.
//! For models that are too large for the suite.
//!
//! `cargo run -p infill-tests --bin visit-model -- MODEL.infill cpu|webgpu STEPS`

use std::{
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use image::{Rgb, RgbImage};
use infill_tests::{
    bench::{memory::Watch, visit},
    page::{Gpu, Page},
    site::Site,
};
use tempfile::TempDir;

/// How the program is called.
const USAGE: &str = "give a model file, `cpu` or `webgpu`, and a number of steps";

/// Sides of the photograph: a model of 256 pixels sees it in one window.
const SIDES: (u32, u32) = (256, 256);

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [model, device, steps] = arguments.as_slice() else { bail!(USAGE) };
    let gpu = match device.as_str() {
        "cpu" => Gpu::None,
        "webgpu" => Gpu::Software,
        _ => bail!(USAGE),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(visit(Path::new(model), gpu, steps.parse().context(USAGE)?))
}

async fn visit(model: &Path, gpu: Gpu, steps: usize) -> Result<()> {
    let model = model.canonicalize().with_context(|| format!("cannot read {}", model.display()))?;
    let (site, folder) = (Site::shipped("")?, TempDir::new()?);
    let photo = folder.path().join("photo.png");
    RgbImage::from_fn(SIDES.0, SIDES.1, |x, y| Rgb([(x * 3) as u8, (y * 5) as u8, (x + y) as u8])).save(&photo)?;
    let page = Page::open("about:blank", gpu, folder.path()).await?;
    page.before_every_document(visit::SPY).await?;
    page.browser.goto(&site.address()).await?;
    page.wait_for("ready").await?;
    page.choose_file(&photo).await?;
    page.until("return document.getElementById('work').checkVisibility()").await?;

    let watch = Watch::start(page.driver_id());
    let begun = Instant::now();
    page.script::<serde_json::Value>("delete window.marks.model").await?;
    page.choose_file(&model).await?;
    page.until("return window.marks.model !== undefined").await?;
    let opened = begun.elapsed();
    page.enter("size", "150").await?;
    page.stroke(&[(-40, 0), (40, 0)]).await?;
    page.enter("steps", &steps.to_string()).await?;
    page.click("run").await?;
    finished(&page).await?;
    let [run, done]: [f64; 2] = page.script("return [window.marks.run, window.marks.done]").await?;
    let peak = watch.finish();
    let changed = image::open(page.download("photo-filled.png").await?)?.to_rgb8();
    ensure!(changed.dimensions() == SIDES, "the result is {:?}", changed.dimensions());
    println!(
        "{}: in use after {:.1} s, {steps} steps in {:.1} s, peak {}",
        page.text("device").await?.trim(),
        opened.as_secs_f64(),
        (done - run) / 1000.0,
        peak.map_or("not known".to_owned(), |bytes| format!("{:.0} MB", bytes as f64 / 1e6))
    );
    Ok(())
}

/// Waits for as long as it takes: a large net on a processor needs minutes a step.
async fn finished(page: &Page) -> Result<()> {
    loop {
        let state: String = page.script("return document.body.dataset.state").await?;
        if state == "done" {
            return Ok(());
        }
        let said = page.text("message-text").await?;
        ensure!(state != "failed" && said.is_empty(), "the page is `{state}` and says: {said}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}
