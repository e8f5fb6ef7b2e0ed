//! The repair of JPEG files: with a plan, and by several workers on the CPU. How many there are follows from the machine's
//! processors, of which the page is told as many as a test wants; what helpers do is heard through a channel, and they can be made
//! to fail.

use std::path::PathBuf;

use anyhow::{Result, ensure};
use image::{Rgb, RgbImage, codecs::jpeg::JpegEncoder};
use infill_tests::{
    page::{Gpu, Page},
    scene::{SIZE, block_on, photo, ready, save_as},
    site::Site,
};

/// In front of each worker's start script: tells of every answer of a helper, and spoils as many as are asked for. The last of
/// the ways to fail is that nothing is heard any more.
const SPY: &str = r#"
if (self.name === "helper") {
  const channel = new BroadcastChannel("test"), way = "WAY", post = self.postMessage;
  let answers = 0;
  self.postMessage = function (message, ...more) {
    const answer = message.json?.includes("answer");
    if (!answer) return post.call(this, message, ...more);
    answers += 1;
    channel.postMessage(answers);
    if (way === "throws" && answers === 2) throw new Error("spoiled");
    if (way === "spoils" && answers === 2) new Float32Array(message.buffers[0].buffer)[7] = NaN;
    if (way === "hangs" && answers >= 2) return;
    post.call(this, message, ...more);
  };
}
"#;

/// The bytes of a repaired picture, with so many processors, and how many answers came from helpers.
async fn repaired(processors: usize, way: &str) -> Result<(Vec<u8>, usize)> {
    let site = Site::tiny("")?;
    site.before_worker(&SPY.replace("WAY", way))?;
    let page = Page::lent(&site.outside(), Gpu::None).await?;
    page.before_every_document(&format!(
        "Object.defineProperty(Navigator.prototype, 'hardwareConcurrency', {{get: () => {processors}}}); \
         window.answers = 0; new BroadcastChannel('test').onmessage = () => {{ window.answers += 1 }}"
    ))
    .await?;
    page.browser.goto(site.address()).await?;
    page.wait_for("ready").await?;
    page.choose_file(&photo(&site, SIZE.0, SIZE.1)?).await?;
    page.until("return document.getElementById('work').checkVisibility()").await?;
    page.click("task-restore").await?;
    page.click("clean-too").await?;
    page.enter("steps", "4").await?;
    page.click("run").await?;
    page.wait_for("done").await?;
    let answers = page.script("return window.answers").await?;
    if way != "throws" {
        page.expect_clean_console().await?;
    }
    Ok((std::fs::read(page.download("photo-repaired.png").await?)?, answers))
}

#[test]
fn row_62_several_workers_repair_a_picture_as_one_does() {
    block_on(async {
        let (alone, none) = repaired(1, "").await?;
        ensure!(none == 0, "one processor has {none} answers of helpers");
        for (processors, way) in [(4, ""), (2, "throws"), (2, "spoils"), (2, "hangs")] {
            let (together, answers) = repaired(processors, way).await?;
            ensure!(together == alone, "the picture is another with {processors} processors ({way})");
            ensure!(answers >= 2, "{answers} answers came from helpers with {processors} processors ({way})");
        }
        Ok(())
    });
}

#[test]
fn a_task_gets_the_model_that_was_trained_for_it() {
    block_on(async {
        let site = Site::tiny("")?;
        site.add_repair()?;
        let page = ready(&site, Gpu::None).await?;
        page.until("return document.getElementById('device').textContent.includes('“tiny”')").await?;
        // Small models are kept for later: the list, and a chunk of each.
        page.until("return caches.open('infill-models').then(cache => cache.keys()).then(keys => keys.length === 3)").await?;
        for chunk in site.chunks_of("made-to-repair")? {
            std::fs::remove_file(site.file(&format!("models/{chunk}")))?;
        }
        page.click("task-restore").await?;
        page.until("return document.getElementById('device').textContent.includes('“made-to-repair”')").await?;
        page.wait_for("ready").await?;
        page.click("clean-too").await?;
        page.click("run").await?;
        page.wait_for("done").await?;
        ensure!(page.shown("discard").await? && !page.shown("another").await?, "such a net has one answer");
        page.click("discard").await?;
        page.click("task-inpaint").await?;
        page.until("return document.getElementById('device').textContent.includes('“tiny”')").await?;
        page.wait_for("ready").await?;
        page.expect_clean_console().await
    });
}

/// A picture with a rough left side and a grey right one, as a JPEG of a quality; all grey where that is good.
fn jpeg(site: &Site, name: &str, quality: u8) -> Result<PathBuf> {
    let (path, mut bytes) = (site.folder().join(name), Vec::new());
    let rough = |x: u32, y: u32| if quality < 90 && x < 104 { (x * x + 7 * y * y) % 160 } else { 128 };
    let picture = RgbImage::from_fn(200, 120, |x, y| Rgb([rough(x, y) as u8; 3]));
    picture.write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, quality))?;
    std::fs::write(&path, bytes)?;
    Ok(path)
}

/// The repaired picture, with so much of the repair; it is put away again.
async fn with_strength(page: &Page, percent: u32, name: &str) -> Result<RgbImage> {
    page.enter("strength", &percent.to_string()).await?;
    page.click("run").await?;
    page.wait_for("done").await?;
    let file = page.download(name).await?;
    let made = image::open(&file)?.to_rgb8();
    std::fs::remove_file(file)?;
    page.click("discard").await?;
    Ok(made)
}

#[test]
fn row_60_61_a_repair_says_the_quality_and_the_time_and_leaves_what_is_clean() {
    block_on(async {
        let site = Site::tiny("")?;
        let page = ready(&site, Gpu::None).await?;
        let bad = jpeg(&site, "bad.jpg", 15)?;
        page.choose_file(&bad).await?;
        page.until("return document.getElementById('status').textContent.startsWith('200 × 120')").await?;
        ensure!(!page.text("hint").await?.contains("quality"), "the quality matters to a repair alone");
        page.click("task-restore").await?;
        let hint = page.text("hint").await?;
        ensure!(hint.contains("JPEG quality is about 15"), "{hint}");
        // A JPEG would change what is compared.
        save_as(&page, "png").await?;
        page.enter("steps", "2").await?;
        page.until("return document.getElementById('estimate').textContent !== ''").await?;
        let before = image::open(&bad)?.to_rgb8();
        ensure!(with_strength(&page, 0, "bad-repaired.png").await? == before, "nothing of the repair is used, and the picture is another");
        let made = with_strength(&page, 100, "bad-repaired.png").await?;
        let changed = |from: u32, to: u32| {
            (from..to)
                .flat_map(|x| (0..120).map(move |y| (x, y)))
                .filter(|(x, y)| made.get_pixel(*x, *y) != before.get_pixel(*x, *y))
                .count()
        };
        ensure!(changed(0, 80) > 80 * 100, "{} pixels of the rough side were changed", changed(0, 80));
        ensure!(changed(140, 200) == 0, "{} pixels of the grey side were changed", changed(140, 200));
        page.screenshot("repair").await?;

        let good = jpeg(&site, "good.jpg", 98)?;
        page.choose_file(&good).await?;
        // All that was made is in a file, so nobody is asked.
        page.until("return document.getElementById('hint').textContent.includes('nothing to repair')").await?;
        ensure!(page.text("hint").await?.contains("JPEG quality is about 98"));
        ensure!(page.text("estimate").await?.is_empty(), "nothing takes no time");
        save_as(&page, "png").await?;
        ensure!(with_strength(&page, 100, "good-repaired.png").await? == image::open(&good)?.to_rgb8());
        page.click("clean-too").await?;
        ensure!(with_strength(&page, 100, "good-repaired.png").await? != image::open(&good)?.to_rgb8());
        page.expect_clean_console().await
    });
}
