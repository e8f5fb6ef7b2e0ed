//! How the page feels with the model that it is shipped with: how soon something is seen, and for how long the page stands still
//! at 24 megapixels. It measures and prints; nothing here asserts a speed.

use std::{path::Path, time::Duration};

use anyhow::{Context, Result};
use image::RgbImage;
use tempfile::TempDir;

use super::visit;
use crate::{
    page::{Gpu, Page},
    site::Site,
};

/// Width and height of the large picture.
const LARGE: (u32, u32) = (6000, 4000);

/// What is wished for, milliseconds.
const WISHED: [(&str, f64); 3] =
    [("first preview after the press, CPU, one window", 500.0), ("model ready on the second visit", 1500.0), ("longest task", 50.0)];

/// How long a step is listened to after it seems to be done: what it leads to comes later.
const REST: Duration = Duration::from_millis(1500);

/// Notes the longest task of the page's thread, as browsers define one: over 50 ms, during which nothing is heard of the visitor. And the
/// longest time between two of the page's timers, beyond that between two when nothing else happens: it also has the tasks between which the
/// browser would have listened, and what other threads take of the processor.
const PULSE: &str = "(() => { let last = performance.now(); window.stop = window.task = 0; \
    const beat = () => { const now = performance.now(); window.stop = Math.max(window.stop, now - last - 4); last = now; setTimeout(beat, 1) }; \
    beat(); \
    const longer = list => { for (const task of list.getEntries()) window.task = Math.max(window.task, task.duration) }; \
    new PerformanceObserver(longer).observe({ type: 'longtask' }) })()";

/// Measures everything `repeats` times, and prints the medians.
///
/// # Errors
/// When the page does not do what is asked of it.
pub async fn run(repeats: usize) -> Result<()> {
    let site = Site::shipped("")?;
    let (mut previews, mut ready) = (Vec::new(), Vec::new());
    let mut steps: Vec<(&str, [Vec<f64>; 2])> = Vec::new();
    let mut repairs = [const { Vec::new() }; 2];
    for _ in 0..repeats.max(1) {
        let [_, again] = visit::visits(&site, "wasm").await?;
        previews.push(again.first_preview - again.ready);
        ready.push(again.ready);
        for (processors, times) in [1, 2].into_iter().zip(&mut repairs) {
            times.push(repair(&site, processors).await?);
        }
        for (name, heard) in large(&site).await? {
            let place = steps.iter().position(|(known, _)| *known == name).unwrap_or_else(|| {
                steps.push((name, Default::default()));
                steps.len() - 1
            });
            steps[place].1.iter_mut().zip(heard).for_each(|(values, value)| values.push(value));
        }
    }
    let [preview, visited, task] = WISHED;
    println!("\n{:<50}{:>10}{:>10}", "milliseconds", "median", "wished");
    for ((name, wished), values) in [(preview, &mut previews), (visited, &mut ready)] {
        println!("{name:<50}{:>10.0}{wished:>10.0}", median(values));
    }
    let [one, two] = repairs.each_mut().map(|times| median(times));
    println!("{:<50}{one:>10.0}", "repair of 0.4 megapixels, one worker");
    println!("{:<50}{two:>10.0}{:>10.0}", "the same, two workers", one / 1.8);
    println!("{} at {} × {} pixels (0: none over 50), and behind it the longest time between two timers:", task.0, LARGE.0, LARGE.1);
    for (name, [tasks, pulse]) in &mut steps {
        println!("  {name:<48}{:>10.0}{:>10.0}{:>10.0}", median(tasks), task.1, median(pulse));
    }
    Ok(())
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// How long a repair takes by as many workers as the page starts with so many processors.
async fn repair(site: &Site, processors: usize) -> Result<f64> {
    let folder = TempDir::new()?;
    let path = folder.path().join("photo.jpg");
    let pixel = |x: u32, y: u32| image::Rgb([(x / 3) as u8, (y / 3) as u8, ((x * x + 3 * y * y) / 97 % 120) as u8]);
    let mut bytes = Vec::new();
    RgbImage::from_fn(632, 632, pixel).write_with_encoder(image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, 20))?;
    std::fs::write(&path, bytes)?;
    let page = Page::open("about:blank", Gpu::None, folder.path()).await?;
    page.before_every_document(visit::SPY).await?;
    let told = format!("Object.defineProperty(Navigator.prototype, 'hardwareConcurrency', {{get: () => {processors}}})");
    page.before_every_document(&told).await?;
    page.browser.goto(&site.address()).await?;
    page.wait_for("ready").await?;
    page.choose_file(&path).await?;
    page.until("return document.getElementById('work').checkVisibility()").await?;
    page.click("task-restore").await?;
    // With the model that was trained for it.
    page.until("return document.getElementById('device').textContent.includes('“repair”')").await?;
    page.wait_for("ready").await?;
    page.click("clean-too").await?;
    // The net was timed by now, which takes a processor.
    tokio::time::sleep(REST).await;
    page.click("run").await?;
    page.wait_for("done").await?;
    let took = page.script("return window.marks.done - window.marks.run").await?;
    println!("repair          {processors} processors  {took:.0} ms");
    Ok(took)
}

/// The longest task of each step with a large picture, and the longest time between two timers.
async fn large(site: &Site) -> Result<Vec<(&'static str, [f64; 2])>> {
    let folder = TempDir::new()?;
    let photo = photo(folder.path())?;
    let page = Page::open("about:blank", Gpu::None, folder.path()).await?;
    page.before_every_document(PULSE).await?;
    page.browser.goto(&site.address()).await?;
    page.wait_for("ready").await?;
    let mut stops = Vec::new();
    listen(&page).await?;
    page.choose_file(&photo).await?;
    page.until("return document.getElementById('work').checkVisibility()").await?;
    stops.push(("open", heard(&page).await?));
    for (name, does) in [("paint", None), ("invert", Some("invert")), ("undo", Some("undo")), ("redo", Some("redo"))] {
        listen(&page).await?;
        match does {
            Some(button) => page.click(button).await?,
            None => page.stroke(&[(-60, 0), (0, 40), (60, 0)]).await?,
        }
        stops.push((name, heard(&page).await?));
    }
    for (name, button) in [("grow a large area", "grow"), ("write a mask file", "save-mask")] {
        page.script::<serde_json::Value>("document.querySelectorAll('details').forEach(details => { details.open = true })").await?;
        listen(&page).await?;
        page.click(button).await?;
        stops.push((name, heard(&page).await?));
    }
    // A small area again, which one window fills.
    page.click("clear").await?;
    page.enter("size", "150").await?;
    page.stroke(&[(0, 0), (3, 0)]).await?;
    page.enter("steps", "1").await?;
    tokio::time::sleep(REST).await;
    listen(&page).await?;
    page.click("run").await?;
    page.wait_for("done").await?;
    stops.push(("run, and show the answer", heard(&page).await?));
    listen(&page).await?;
    page.click("download").await?;
    stops.push(("save", heard(&page).await?));
    page.click("discard").await?;
    listen(&page).await?;
    page.click("task-restore").await?;
    stops.push(("choose Repair", heard(&page).await?));
    Ok(stops)
}

/// Forgets what was until now.
async fn listen(page: &Page) -> Result<()> {
    page.script::<serde_json::Value>("window.stop = window.task = 0").await?;
    Ok(())
}

/// The longest of both since then, after what was begun has had time to end.
async fn heard(page: &Page) -> Result<[f64; 2]> {
    tokio::time::sleep(REST).await;
    page.script("return [window.task, window.stop]").await
}

/// A large picture with slopes and grain.
fn photo(folder: &Path) -> Result<std::path::PathBuf> {
    let path = folder.join("large.jpg");
    let pixel = |x: u32, y: u32| image::Rgb([(x / 24) as u8, (y / 16) as u8, (x / 40 + y / 40 + (x * 7 + y * 13) % 11) as u8]);
    RgbImage::from_fn(LARGE.0, LARGE.1, pixel).save(&path).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(path)
}
