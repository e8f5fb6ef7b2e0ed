//! The page in its languages: the one that the browser wants, another that is chosen, right to left, and each without a text that is cut off
//! or wider than a phone.

use anyhow::{Result, ensure};
use infill_tests::{
    page::{Gpu, Page},
    scene::{block_on, ready},
    site::Site,
};
use plural::Plural;
use serde_json::json;

/// The page's own, which no other package sees.
#[path = "../../../web/src/page/language/plural.rs"]
mod plural;

/// Every language by its tag, with its word for Undo.
const LANGUAGES: [(&str, &str); 6] =
    [("en", "Undo"), ("de", "Rückgängig"), ("es", "Deshacer"), ("fr", "Annuler l’action"), ("ja", "元に戻す"), ("zh-Hans", "撤销")];

/// Chooses a language in the page's list.
async fn speak(page: &Page, tag: &str) -> Result<()> {
    let choose = format!("const l = document.getElementById('language'); l.value = '{tag}'; l.dispatchEvent(new Event('change'))");
    page.script::<serde_json::Value>(&choose).await?;
    page.until(&format!("return document.documentElement.lang === '{tag}'")).await
}

/// Sets the screen.
async fn screen(page: &Page, width: u32, height: u32) -> Result<()> {
    let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600 });
    page.browser.cdp().send_raw("Emulation.setDeviceMetricsOverride", size).await?;
    page.frame().await
}

/// Sets the screen's size, and checks that nothing is wider than it, and that no button's text is wider than the button.
async fn fits(page: &Page, what: &str, (width, height): (u32, u32)) -> Result<()> {
    screen(page, width, height).await?;
    // Not `innerWidth`: a phone's browser makes room for what is too wide, by showing all of it smaller.
    let script = format!(
        "const wide = document.documentElement.scrollWidth > {width} ? ['the page'] : []; \
         for (const e of document.querySelectorAll('button, .button, label')) \
             if (e.checkVisibility() && e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).display !== 'inline') wide.push(e.id || e.textContent); \
         return wide"
    );
    let wide: Vec<String> = page.script(&script).await?;
    ensure!(wide.is_empty(), "{what}: too wide are {wide:?}");
    Ok(())
}

#[test]
fn row_46_the_browsers_language_is_spoken_and_another_is_remembered() {
    block_on(async {
        let site = Site::tiny("")?;
        let page = Page::open_in("de-AT,fr", &site.address(), Gpu::None, site.folder()).await?;
        page.wait_for("ready").await?;
        let german: (String, String, String) =
            page.script("return [document.documentElement.lang, document.getElementById('open').textContent, document.title]").await?;
        ensure!(german.0 == "de" && german.1 == "Bild wählen" && german.2.contains("einfärben"), "{german:?}");
        speak(&page, "ja").await?;
        page.browser.refresh().await?;
        page.wait_for("ready").await?;
        ensure!(page.text("status").await? == "準備完了", "the choice is not remembered: {}", page.text("status").await?);
        page.expect_clean_console().await
    });
}

#[test]
fn row_68_every_language_fits_and_right_to_left_is_mirrored() {
    block_on(async {
        let site = Site::tiny("")?;
        let page = ready(&site, Gpu::None).await?;
        page.script::<serde_json::Value>("document.querySelectorAll('details').forEach(details => details.open = true)").await?;
        for (tag, undo) in LANGUAGES {
            speak(&page, tag).await?;
            ensure!(page.text("undo").await? == undo, "{tag}: {}", page.text("undo").await?);
            for size in [(1280, 900), (360, 740)] {
                for task in ["task-inpaint", "task-uncrop", "task-colorize", "task-restore"] {
                    page.click(task).await?;
                    fits(&page, &format!("{tag}, {task}, {} pixels", size.0), size).await?;
                }
            }
            screen(&page, 1280, 900).await?;
            // What the code of the page counts by is what the browser counts by.
            let forms: Vec<String> = page.script(&format!("return [0, 1, 2, 5].map(n => new Intl.PluralRules('{tag}').select(n))")).await?;
            let own = |count| if Plural::of(tag, count) == Plural::One { "one" } else { "other" };
            ensure!(forms == [0, 1, 2, 5].map(own), "{tag} counts by {forms:?}");
        }
        speak(&page, "en").await?;
        page.click("task-inpaint").await?;
        let left = "return document.getElementById('undo').getBoundingClientRect().left";
        let before: f64 = page.script(left).await?;
        page.script::<serde_json::Value>("document.documentElement.dir = 'rtl'").await?;
        page.frame().await?;
        let mirrored: f64 = page.script(left).await?;
        ensure!(mirrored > before + 300.0, "right to left, Undo stands at {mirrored}, not far from {before}");
        for size in [(1280, 900), (360, 740)] {
            fits(&page, &format!("right to left, {} pixels", size.0), size).await?;
        }
        page.expect_clean_console().await
    });
}
