//! Checkpoints of PyTorch that are dropped on the page: imported there, they fill as the program's import of the same file does.

use std::{fs, path::Path};

use anyhow::{Result, ensure};
use image::RgbImage;
use infill_tests::{
    page::Gpu,
    program::infill,
    scene::{block_on, expect_filled, prepare, ready},
    site::Site,
};

/// A net of the public Palette with random weights, 16 channels a head, as PyTorch wrote it.
const TINY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../native/tests/pytorch/palette-tiny.pth");

/// What the page makes of the test picture with a model, and what it says when the model is there.
async fn filled(site: &Site, model: &Path) -> Result<(String, RgbImage)> {
    let page = ready(site, Gpu::None).await?;
    let name = model.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    page.choose_file(model).await?;
    page.until(&format!("return document.getElementById('status').textContent.includes('“{name}”')")).await?;
    let said = page.text("status").await?;
    prepare(&page, 2).await?;
    page.click("run").await?;
    page.wait_for("done").await?;
    page.expect_clean_console().await?;
    Ok((said, expect_filled(site, &page).await?))
}

/// The checkpoint says nothing of head channels and size, and PyTorch's weights with a configuration beside them say all.
#[test]
fn a_checkpoint_fills_as_the_program_s_import_of_it_does() {
    block_on(async {
        let site = Site::tiny("")?;
        let folder = site.folder();
        fs::copy(TINY, folder.join("tiny.pth"))?;
        infill(folder, "import tiny.pth -o sixteen.infill --size 16 --head-channels 16")?;
        infill(folder, "export sixteen.infill --pytorch -o told.safetensors")?;
        infill(folder, "import told.safetensors -o program.infill --quantize q8")?;
        let (said, theirs) = filled(&site, &folder.join("told.safetensors")).await?;
        ensure!(!said.contains("assumed"), "it says `{said}`");
        let (_, ours) = filled(&site, &folder.join("program.infill")).await?;
        ensure!(theirs == ours, "the page's import fills otherwise than the program's");
        Ok(())
    });
}

#[test]
fn what_a_checkpoint_does_not_say_is_assumed_and_told() {
    block_on(async {
        let site = Site::tiny("")?;
        let folder = site.folder();
        fs::copy(TINY, folder.join("tiny.pth"))?;
        let page = ready(&site, Gpu::None).await?;
        page.choose_file(&folder.join("tiny.pth")).await?;
        page.until("return document.getElementById('status').textContent.includes('“tiny”')").await?;
        let said = page.text("status").await?;
        ensure!(said.contains("256 px") && said.contains("32 channels an attention head"), "it says `{said}`");
        let device = page.text("model-facts").await?;
        ensure!(device.contains("“tiny”: 0.8 million parameters"), "it says `{device}`");
        page.expect_clean_console().await
    });
}

#[test]
fn what_is_no_checkpoint_is_refused_with_the_program_s_reasons() {
    block_on(async {
        let site = Site::tiny("")?;
        let page = ready(&site, Gpu::None).await?;
        let tiny = fs::read(TINY)?;
        let magic = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.";
        // A zip archive of nothing.
        let nothing = [b"PK\x05\x06".as_slice(), &[0; 18]].concat();
        let files = [("half", &tiny[..tiny.len() / 2], "cut short"), ("old", magic, "before 1.6"), ("nothing", &nothing, "data.pkl")];
        for (name, bytes, reason) in files {
            let file = site.folder().join(format!("{name}.pth"));
            fs::write(&file, bytes)?;
            page.choose_file(&file).await?;
            page.until("return document.getElementById('message').checkVisibility()").await?;
            let said = page.text("message-text").await?;
            ensure!(said.contains(name) && said.contains(reason) && said.contains("stays"), "it says `{said}`");
            page.click("dismiss").await?;
        }
        page.expect_clean_console().await
    });
}
