//! Answers as files: of the picture's own kind or another, with what its file said.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use image::{ExtendedColorType, ImageDecoder, ImageEncoder, ImageFormat, ImageReader, Rgb, RgbImage, codecs::jpeg::JpegEncoder};
use infill_tests::{
    page::{Gpu, Page},
    scene::{SIZE, block_on, prepare, ready, save_as},
    site::Site,
};

/// A file that was saved.
struct Saved {
    format: ImageFormat,
    picture: RgbImage,
    profile: Option<Vec<u8>>,
    exif: Option<Vec<u8>>,
    length: usize,
}

fn read(path: &Path) -> Result<Saved> {
    let reader = ImageReader::open(path)?.with_guessed_format()?;
    let format = reader.format().context("no format")?;
    let mut decoder = reader.into_decoder()?;
    let (profile, exif) = (decoder.icc_profile()?, decoder.exif_metadata()?);
    let length = std::fs::metadata(path)?.len() as usize;
    Ok(Saved { format, picture: image::DynamicImage::from_decoder(decoder)?.to_rgb8(), profile, exif, length })
}

/// Saves the answer, and takes the file away.
async fn save(page: &Page, ending: &str) -> Result<Saved> {
    let file = page.download(&format!("shot-filled.{ending}")).await?;
    let saved = read(&file)?;
    std::fs::remove_file(file)?;
    ensure!(saved.picture.dimensions() == SIZE, "it has {:?} pixels", saved.picture.dimensions());
    Ok(saved)
}

/// Where the test's date stands in EXIF.
const DATE: &[u8] = b"2024:05:06 07:08:09";

/// EXIF of a picture on its side (6) with a date.
fn exif() -> Vec<u8> {
    let mut exif = b"II*\0\x08\0\0\0\x02\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\x32\x01\x02\0\x14\0\0\0\x26\0\0\0\0\0\0\0".to_vec();
    exif.extend(DATE);
    exif.push(0);
    exif
}

fn has_date(exif: Option<&Vec<u8>>) -> bool {
    exif.is_some_and(|exif| exif.windows(DATE.len()).any(|part| part == DATE))
}

/// How far two pictures are apart, on average of all values.
fn apart(one: &RgbImage, other: &RgbImage) -> f64 {
    let sum: u64 = one.as_raw().iter().zip(other.as_raw()).map(|(one, other)| u64::from(one.abs_diff(*other))).sum();
    sum as f64 / one.as_raw().len() as f64
}

#[test]
fn row_56_a_jpeg_comes_back_as_jpeg_with_its_words_and_other_kinds_are_a_choice() {
    block_on(async {
        let site = Site::tiny("")?;
        let page = ready(&site, Gpu::None).await?;
        // On its side, so that it is as large as the other pictures of these tests when it is upright.
        let side = RgbImage::from_fn(SIZE.1, SIZE.0, |x, y| Rgb([(x * 3) as u8, (y * 2) as u8, ((x + y) * 5) as u8]));
        let profile = [&[0; 16][..], b"RGB ", &[0; 108], b"Display P3"].concat();
        let mut bytes = Vec::new();
        let mut encoder = JpegEncoder::new_with_quality(&mut bytes, 95);
        encoder.set_icc_profile(profile.clone())?;
        encoder.set_exif_metadata(exif())?;
        encoder.write_image(&side, SIZE.1, SIZE.0, ExtendedColorType::Rgb8)?;
        let file = site.folder().join("shot.jpg");
        std::fs::write(&file, bytes)?;
        page.choose_file(&file).await?;
        page.until("return document.title.startsWith('shot')").await?;
        prepare(&page, 2).await?;
        page.click("run").await?;
        page.wait_for("done").await?;
        page.script::<serde_json::Value>("document.querySelector('details').open = true").await?;
        ensure!(page.text("download").await? == "Download JPEG", "the button says {}", page.text("download").await?);
        ensure!(page.text("save-note").await?.contains("transparent"), "nobody is told what a JPEG is without");
        let fine = save(&page, "jpg").await?;
        ensure!(fine.format == ImageFormat::Jpeg && fine.profile.as_ref() == Some(&profile), "{:?} {:?}", fine.format, fine.profile);
        ensure!(has_date(fine.exif.as_ref()) && fine.exif.as_ref().is_some_and(|exif| exif[18] == 1), "EXIF is {:?}", fine.exif);
        page.enter("quality", "20").await?;
        let coarse = save(&page, "jpg").await?;
        ensure!(2 * coarse.length < fine.length, "{} bytes at 20, {} at 90", coarse.length, fine.length);
        page.click("keep-exif").await?;
        let bare = save(&page, "jpg").await?;
        ensure!(bare.exif.is_none() && bare.profile.as_ref() == Some(&profile), "EXIF went along");
        save_as(&page, "png").await?;
        ensure!(page.text("download").await? == "Download PNG" && !page.shown("quality-row").await?);
        let exact = save(&page, "png").await?;
        ensure!(exact.format == ImageFormat::Png && exact.exif.is_none() && exact.profile.as_ref() == Some(&profile));
        page.click("keep-exif").await?;
        ensure!(has_date(save(&page, "png").await?.exif.as_ref()), "the PNG has no date");
        save_as(&page, "webp").await?;
        let webp = save(&page, "webp").await?;
        ensure!(webp.format == ImageFormat::WebP && webp.profile.as_ref() == Some(&profile) && has_date(webp.exif.as_ref()));
        page.enter("quality", "90").await?;
        let finer = save(&page, "webp").await?;
        ensure!(finer.length > webp.length, "{} bytes at 20, {} at 90", webp.length, finer.length);
        for (name, saved, most) in [("JPEG", &fine, 3.0), ("WebP", &finer, 4.0)] {
            let apart = apart(&saved.picture, &exact.picture);
            ensure!(apart > 0.0 && apart < most, "{name} at 90 is {apart} levels away");
        }
        // Quality is remembered, the kind is a matter of the picture.
        page.browser.refresh().await?;
        page.wait_for("done").await?;
        ensure!(page.text("download").await? == "Download JPEG", "after a reload it says {}", page.text("download").await?);
        ensure!(page.text("quality-value").await? == "90");
        page.expect_clean_console().await
    });
}

#[test]
fn row_56_where_the_browser_writes_no_webp_it_is_lossless_and_says_so() {
    block_on(async {
        // As Safari does: a PNG instead.
        let site = Site::tiny("")?;
        site.before_worker("OffscreenCanvas.prototype.convertToBlob = async () => new Blob([], { type: 'image/png' });")?;
        let page = ready(&site, Gpu::None).await?;
        prepare(&page, 2).await?;
        page.click("run").await?;
        page.wait_for("done").await?;
        let exact = {
            let file = page.download("photo-filled.png").await?;
            read(&file)?.picture
        };
        save_as(&page, "webp").await?;
        let file = page.download("photo-filled.webp").await?;
        ensure!(read(&file)?.picture == exact, "it is not lossless");
        ensure!(page.text("status").await?.contains("lossless"), "the page says {}", page.text("status").await?);
        page.expect_clean_console().await
    });
}
