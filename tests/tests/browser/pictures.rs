//! Pictures on their way into the page and out of it, in a real browser: samples that stay the file's, what is said where they do not,
//! sizes that a tab or a browser cannot hold, and files that come at the wrong time.

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use image::{
    DynamicImage, ExtendedColorType, ImageBuffer, ImageDecoder, ImageEncoder, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage,
    codecs::{
        png::{PngDecoder, PngEncoder},
        webp::WebPEncoder,
    },
};
use infill_tests::{
    page::{Gpu, Page},
    scene::{SIZE, block_on, prepare, ready, save_as},
    site::Site,
};

/// A browser that falsifies what pages read of canvases, by a level or by very much.
fn falsified(by: u8) -> String {
    format!(
        "const get = CanvasRenderingContext2D.prototype.getImageData; \
         CanvasRenderingContext2D.prototype.getImageData = function (...place) {{ \
             const read = get.apply(this, place); \
             for (let i = 1; i < read.data.length; i += 4 * 37) read.data[i] ^= {by}; \
             return read; \
         }}"
    )
}

/// A browser that leaves canvases of more pixels empty.
fn limited(pixels: usize) -> String {
    format!(
        "{{ const large = c => c.width * c.height > {pixels}, own = CanvasRenderingContext2D.prototype; \
         for (const name of ['drawImage', 'putImageData', 'fillRect', 'clearRect']) {{ \
             const draw = own[name]; own[name] = function (...wanted) {{ if (!large(this.canvas)) return draw.apply(this, wanted); }}; }} \
         const get = own.getImageData; own.getImageData = function (x, y, w, h) {{ \
             return large(this.canvas) ? new ImageData(w, h) : get.call(this, x, y, w, h); }}; }}"
    )
}

/// Whether the canvas shows a picture that gets brighter downwards whole, without a line where two canvases meet.
const WHOLE: &str = "const c = document.getElementById('canvas'), d = c.getContext('2d').getImageData(c.width >> 1, 0, 1, c.height).data; \
    const rows = [...Array(c.height).keys()].filter(y => d[4 * y + 3]).slice(1, -1); \
    return rows.length > 100 && rows.length === rows.at(-1) - rows[0] + 1 \
        && rows.every(y => d[4 * y + 3] === 255 && Math.abs(d[4 * y + 1] - d[4 * y - 3]) < 3) && d[4 * rows.at(-1) + 1] > 245";

/// Opens a file, and waits until the page shows what it knows of it.
async fn open(page: &Page, site: &Site, name: &str, bytes: &[u8]) -> Result<PathBuf> {
    let file = site.folder().join(name);
    std::fs::write(&file, bytes)?;
    page.script::<serde_json::Value>("document.getElementById('status').textContent = ''").await?;
    page.choose_file(&file).await?;
    if page.shown("replace").await? {
        page.click("replace").await?;
    }
    page.until("return /^[0-9]+ × [0-9]+ pixels/.test(document.getElementById('status').textContent)").await?;
    page.frame().await?;
    Ok(file)
}

/// What the page says of a file that it does not open.
async fn refusal(page: &Page, site: &Site, name: &str, bytes: &[u8]) -> Result<String> {
    let file = site.folder().join(name);
    std::fs::write(&file, bytes)?;
    page.choose_file(&file).await?;
    if page.shown("replace").await? {
        page.click("replace").await?;
    }
    page.until("return document.getElementById('message').checkVisibility()").await?;
    let said = page.text("message-text").await?;
    page.click("dismiss").await?;
    Ok(said)
}

/// Paints a stroke through the middle, runs, and gives the file that comes of it.
async fn fill(page: &Page, name: &str) -> Result<Vec<u8>> {
    prepare(page, 2).await?;
    page.click("run").await?;
    page.wait_for("done").await?;
    let file = page.download(name).await?;
    page.click("discard").await?;
    let bytes = std::fs::read(&file)?;
    std::fs::remove_file(file)?;
    Ok(bytes)
}

/// How many samples outside of the stroke are not as they were.
fn changed(before: &RgbaImage, after: &[u8]) -> Result<usize> {
    let after = image::load_from_memory(after)?.to_rgba8();
    ensure!(after.dimensions() == before.dimensions(), "the size is {:?}", after.dimensions());
    let far = |y: u32| (f64::from(y) + 0.5 - f64::from(before.height()) / 2.0).abs() > 9.0;
    Ok(before.enumerate_pixels().filter(|(x, y, pixel)| far(*y) && after.get_pixel(*x, *y) != *pixel).count())
}

fn colours() -> RgbaImage {
    RgbaImage::from_fn(SIZE.0, SIZE.1, |x, y| Rgba([(x * 3) as u8, (y * 5) as u8, (x * 7 + y * 11) as u8, 255]))
}

fn png(picture: impl Into<DynamicImage>, profile: &[u8]) -> Result<Vec<u8>> {
    let (mut bytes, picture) = (Vec::new(), picture.into());
    let mut encoder = PngEncoder::new(&mut bytes);
    if !profile.is_empty() {
        encoder.set_icc_profile(profile.to_vec())?;
    }
    encoder.write_image(picture.as_bytes(), picture.width(), picture.height(), picture.color().into())?;
    Ok(bytes)
}

fn encoded(picture: &RgbImage, format: ImageFormat) -> Result<Vec<u8>> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format)?;
    Ok(bytes.into_inner())
}

#[test]
fn row_70_unmarked_samples_are_the_files_whatever_the_browser_does_to_canvases() {
    block_on(async {
        let site = Site::tiny("")?;
        let page = ready(&site, Gpu::None).await?;
        page.script::<serde_json::Value>(&falsified(1)).await?;
        let opaque = colours();
        open(&page, &site, "photo.png", &png(opaque.clone(), &[])?).await?;
        ensure!(changed(&opaque, &fill(&page, "photo-filled.png").await?)? == 0, "opaque samples were changed");
        // Colours under any opacity, which canvases round.
        let faint = RgbaImage::from_fn(SIZE.0, SIZE.1, |x, y| Rgba([(x * 3) as u8, (y * 5) as u8, 9, (x * 2) as u8]));
        open(&page, &site, "photo.png", &png(faint.clone(), &[])?).await?;
        ensure!(changed(&faint, &fill(&page, "photo-filled.png").await?)? == 0, "transparent samples were changed");
        let mut lossless = Vec::new();
        WebPEncoder::new_lossless(&mut lossless).encode(&opaque, SIZE.0, SIZE.1, ExtendedColorType::Rgba8)?;
        open(&page, &site, "photo.webp", &lossless).await?;
        save_as(&page, "png").await?;
        ensure!(changed(&opaque, &fill(&page, "photo-filled.png").await?)? == 0, "the WebP's samples were changed");
        // What the browser alone can read goes through a canvas, and that is said.
        let hint = page.text("hint").await?;
        ensure!(!hint.contains("sRGB"), "it says: {hint}");
        let bmp = encoded(&DynamicImage::ImageRgba8(opaque).to_rgb8(), ImageFormat::Bmp)?;
        open(&page, &site, "photo.bmp", &bmp).await?;
        let hint = page.text("hint").await?;
        ensure!(hint.contains("sRGB") && hint.contains("fingerprinting"), "it says: {hint}");
        page.script::<serde_json::Value>(&falsified(128)).await?;
        let said = refusal(&page, &site, "photo.bmp", &bmp).await?;
        ensure!(said.contains("photo.bmp") && said.contains("canvases"), "it says: {said}");
        page.expect_clean_console().await
    });
}

#[test]
fn row_24_70_profiles_are_kept_and_what_cannot_be_kept_is_said() {
    block_on(async {
        let site = Site::tiny("")?;
        let page = ready(&site, Gpu::None).await?;
        let mut profile = vec![0; 128];
        profile[16..20].copy_from_slice(b"RGB ");
        profile.extend(b"A wide space");
        let wide = colours();
        open(&page, &site, "wide.png", &png(wide.clone(), &profile)?).await?;
        let hint = page.text("hint").await?;
        ensure!(hint.contains("colour profile"), "it says: {hint}");
        let result = fill(&page, "wide-filled.png").await?;
        ensure!(changed(&wide, &result)? == 0, "samples were converted");
        let kept = PngDecoder::new(std::io::Cursor::new(&result))?.icc_profile()?.context("the profile is gone")?;
        ensure!(kept == profile, "the profile is another one");
        let deep = ImageBuffer::from_fn(SIZE.0, SIZE.1, |x, y| Rgb([(x * 500) as u16, (y * 700) as u16, 40_000u16]));
        open(&page, &site, "deep.png", &png(DynamicImage::ImageRgb16(deep), &[])?).await?;
        let hint = page.text("hint").await?;
        ensure!(hint.contains("16 bits") && !hint.contains("profile"), "it says: {hint}");
        page.expect_clean_console().await
    });
}

#[test]
fn row_24_a_webp_is_turned_as_its_metadata_says() {
    block_on(async {
        let site = Site::tiny("")?;
        let page = ready(&site, Gpu::None).await?;
        let turned = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
        for exif in [turned.to_vec(), [&b"Exif\0\0"[..], turned].concat()] {
            let mut bytes = Vec::new();
            let mut encoder = WebPEncoder::new_lossless(&mut bytes);
            encoder.set_exif_metadata(exif)?;
            encoder.encode(&colours(), SIZE.0, SIZE.1, ExtendedColorType::Rgba8)?;
            open(&page, &site, "turned.webp", &bytes).await?;
            let status = page.text("status").await?;
            ensure!(status.contains("80 × 120"), "it says: {status}");
        }
        Ok(())
    });
}

#[test]
fn damaged_and_too_large_files_get_a_sentence_and_the_picture_stays() {
    block_on(async {
        let site = Site::tiny("")?;
        let page = ready(&site, Gpu::None).await?;
        let jpeg = encoded(&DynamicImage::ImageRgba8(colours()).to_rgb8(), ImageFormat::Jpeg)?;
        let said = refusal(&page, &site, "cut.jpg", &jpeg[..jpeg.len() * 2 / 3]).await?;
        ensure!(said.contains("cut.jpg") && said.contains("cut short"), "it says: {said}");
        let mut bomb = png(colours(), &[])?;
        bomb[16..24].copy_from_slice(&[0, 0, 0x9C, 0x40, 0, 0, 0x9C, 0x40]);
        // Its check sum, computed bit by bit.
        let sum = bomb[12..29].iter().fold(u32::MAX, |sum, byte| {
            (0..8).fold(sum ^ u32::from(*byte), |sum, _| if sum & 1 == 1 { (sum >> 1) ^ 0xEDB8_8320 } else { sum >> 1 })
        });
        bomb[29..33].copy_from_slice(&(!sum).to_be_bytes());
        let said = refusal(&page, &site, "bomb.png", &bomb).await?;
        ensure!(said.contains("40000 × 40000") && said.contains("25 megapixels"), "it says: {said}");
        // The page and its picture are as they were.
        let file = fill(&page, "photo-filled.png").await?;
        ensure!(changed(&colours(), &file)? == 0);
        page.expect_clean_console().await
    });
}

#[test]
fn row_70_what_a_tab_or_a_browser_cannot_hold_is_refused_before_the_run() {
    block_on(async {
        let site = Site::tiny("")?;
        let page = ready(&site, Gpu::None).await?;
        page.click("task-uncrop").await?;
        page.enter("steps", "2").await?;
        for side in ["left", "top", "right", "bottom"] {
            page.enter(&format!("extend-{side}"), "9000").await?;
        }
        page.click("run").await?;
        let said = page.text("message-text").await?;
        ensure!(page.shown("message").await? && said.contains("18120 × 18080") && said.contains("25 megapixels"), "it says: {said}");
        // A browser with room for the picture and for no more.
        page.script::<serde_json::Value>(&limited((SIZE.0 * SIZE.1) as usize)).await?;
        for (side, pixels) in [("left", "10"), ("top", "0"), ("right", "0"), ("bottom", "0")] {
            page.enter(&format!("extend-{side}"), pixels).await?;
        }
        page.click("run").await?;
        // The browser is asked first; until it answers, the hidden message holds the sentence before.
        // (`message` is the element of this id.)
        page.until("return message.checkVisibility() && message.innerText.includes('130 × 80')").await?;
        let said = page.text("message-text").await?;
        ensure!(said.contains("canvas"), "it says: {said}");
        page.click("dismiss").await?;
        let larger = DynamicImage::ImageRgb8(RgbImage::from_pixel(SIZE.0 + 1, SIZE.1, Rgb([9; 3])));
        for (name, format) in [("large.png", ImageFormat::Png), ("large.bmp", ImageFormat::Bmp)] {
            let said = refusal(&page, &site, name, &encoded(&larger.to_rgb8(), format)?).await?;
            ensure!(said.contains("121 × 80") && said.contains("canvas"), "{name}: it says: {said}");
        }
        page.enter("extend-left", "0").await?;
        page.click("run").await?;
        page.wait_for("failed").await?;
        let said = page.text("message-text").await?;
        ensure!(said.contains("is to be added"), "it says: {said}");
        Ok(())
    });
}

#[test]
fn row_23_a_picture_of_24_megapixels_is_opened_painted_filled_and_saved() {
    block_on(async {
        let site = Site::tiny("")?;
        let page = ready(&site, Gpu::None).await?;
        let large = RgbaImage::from_fn(6000, 4000, |x, y| Rgba([(x / 24) as u8, (y / 16) as u8, (x * 7 + y * 11) as u8, 255]));
        // A browser whose canvases are smaller than the picture.
        page.script::<serde_json::Value>(&limited(4 << 20)).await?;
        open(&page, &site, "large.png", &png(DynamicImage::ImageRgba8(large.clone()).to_rgb8(), &[])?).await?;
        page.until(WHOLE).await?;
        // About 32 pixels of the screen, and five times as many of the picture.
        page.enter("size", "150").await?;
        page.stroke(&[(0, 0), (3, 0)]).await?;
        page.enter("steps", "1").await?;
        page.click("run").await?;
        page.wait_for("done").await?;
        let file = page.download("large-filled.png").await?;
        let after = image::load_from_memory(&std::fs::read(file)?)?.to_rgba8();
        ensure!(after.dimensions() == large.dimensions(), "the size is {:?}", after.dimensions());
        // The stroke begins in the middle and is a few hundred pixels long and wide.
        let near = |x: u32, y: u32| x.abs_diff(3000) < 400 && y.abs_diff(2000) < 400;
        let other = after.enumerate_pixels().filter(|(x, y, pixel)| large.get_pixel(*x, *y) != *pixel);
        let (inside, outside): (Vec<_>, Vec<_>) = other.partition(|(x, y, _)| near(*x, *y));
        ensure!(inside.len() > 100 && outside.is_empty(), "{} pixels were changed in the area, {} elsewhere", inside.len(), outside.len());
        page.expect_clean_console().await
    });
}

/// Drops files in one task, as two quick drops are, and does something else in the same.
async fn drop_at_once(page: &Page, files: &[(&str, Vec<u8>)], then: &str) -> Result<()> {
    let script = format!(
        "for (const [name, bytes] of arguments[0]) {{ \
             const given = new DataTransfer(); given.items.add(new File([Uint8Array.from(bytes)], name)); \
             document.dispatchEvent(new DragEvent('drop', {{dataTransfer: given, bubbles: true, cancelable: true}})); }} {then}"
    );
    page.browser.execute(script, vec![serde_json::to_value(files)?]).await?;
    Ok(())
}

#[test]
fn row_18_name_and_pixels_belong_together_whatever_is_dropped_when() {
    block_on(async {
        let site = Site::tiny("")?;
        let page = ready(&site, Gpu::None).await?;
        let plain = |width, height| encoded(&RgbImage::from_pixel(width, height, Rgb([90, 120, 30])), ImageFormat::Png);
        drop_at_once(&page, &[("first.png", plain(700, 600)?), ("second.png", plain(50, 40)?)], "").await?;
        page.until("return document.getElementById('status').textContent.startsWith('50 × 40')").await?;
        // A picture that comes between the button and the run is neither shown nor lost in silence.
        page.stroke(&[(-10, 0), (10, 0)]).await?;
        page.enter("steps", "2").await?;
        drop_at_once(&page, &[("late.png", plain(300, 200)?)], "document.getElementById('run').click()").await?;
        page.wait_for("done").await?;
        let said = page.text("message-text").await?;
        ensure!(page.shown("message").await? && said.contains("late.png"), "it says: {said}");
        let file = page.download("second-filled.png").await?;
        ensure!(image::image_dimensions(&file)? == (50, 40), "{:?}", image::image_dimensions(&file)?);
        Ok(())
    });
}
