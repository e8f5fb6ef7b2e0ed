//! The page of `infill study`, played by a participant: from a folder without a server, by keyboard and by touch, and its file counted
//! by the program.

use std::{
    fs,
    io::{Read, Write},
    net::TcpListener,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use image::{Rgb, RgbImage};
use infill_tests::{
    hand::tap,
    page::{Gpu, PATIENCE, Page},
    program::program,
    scene::block_on,
};
use serde_json::{Value, json};
use tempfile::TempDir;
use xtask::tools;

/// A study of two methods, three questions and a check, with what `more` asks for.
fn study(folder: &Path, more: &[&str]) -> Result<PathBuf> {
    for (number, name) in ["photos", "one", "two"].into_iter().enumerate() {
        fs::create_dir(folder.join(name))?;
        for picture in 0..4u32 {
            let pixel = |x: u32, y: u32| Rgb([(x * 5) as u8, (y * 7 + 60 * picture) as u8, (x + y) as u8 ^ (number as u8 * 85)]);
            RgbImage::from_fn(48, 40, pixel).save(folder.join(format!("{name}/{picture}.png")))?;
        }
    }
    let program = program()?;
    let mut command = tools::command(&program.to_string_lossy(), &[]);
    command.current_dir(folder).args(["study", "--data", "photos", "--answers", "one=one", "--answers", "two=two"]);
    command.args(["--count", "3", "--checks", "1", "--seconds", "2", "-o", "made"]).args(more);
    tools::run(command)?;
    Ok(program)
}

/// The side of the photograph of the pair that is on the page, by the key.
async fn right_side(page: &Page, key: &Value) -> Result<&'static str> {
    let names: Vec<String> = page
        .script("return [...document.querySelectorAll('#pair img')].map(image => image.src.split('/').pop().replace('.png', ''))")
        .await?;
    let pairs = key["questions"].as_array().into_iter().flatten().flat_map(|question| question["pairs"].as_array().into_iter().flatten());
    let photographs: Vec<&str> = pairs.filter_map(|pair| pair["photograph"].as_str()).collect();
    let is_photograph: Vec<bool> = names.iter().map(|name| photographs.contains(&name.as_str())).collect();
    match is_photograph[..] {
        [true, false] => Ok("left"),
        [false, true] => Ok("right"),
        _ => anyhow::bail!("{names:?} are no pair of {photographs:?}"),
    }
}

/// What the participant uses.
#[derive(Clone, Copy, PartialEq)]
enum By {
    Keys,
    Touch,
}

/// From the welcome to the end; every answer but the checks' is wrong where `fooled`.
async fn play(page: &Page, key: &Value, by: By, fooled: bool) -> Result<()> {
    ensure!(
        page.script::<Vec<String>>(
            "return [...document.images].filter(image => image.checkVisibility({visibilityProperty: true})).map(image => image.src)"
        )
        .await?
        .is_empty()
    );
    match by {
        By::Keys => page.press("begin", "\u{e007}").await?, // Enter
        By::Touch => tap(page, "begin").await?,
    }
    for number in 1..=4 {
        let place = format!("{number} of 4");
        page.until(&format!("return document.getElementById('place').textContent === '{place}'")).await?;
        page.until("return document.getElementById('pair').classList.contains('shown')").await?;
        let drawn = "return [...document.querySelectorAll('#pair img')].every(image => image.naturalWidth === 48 && \
                     getComputedStyle(image).visibility === 'visible') && document.getElementById('left').disabled";
        ensure!(page.script::<bool>(drawn).await?, "pair {number} is not seen, or may be answered too early");
        if number == 1 {
            page.screenshot("study-pair").await?;
        }
        let side = right_side(page, key).await?;
        page.until("return !document.getElementById('left').disabled").await?;
        ensure!(
            !page.script::<bool>("return document.getElementById('pair').classList.contains('shown')").await?,
            "the pair is still seen"
        );
        let is_check: bool = {
            let name: String = page.script("return document.querySelector('#pair img').src.split('/').pop().replace('.png', '')").await?;
            let question = |question: &&Value| question.to_string().contains(&name);
            key["questions"]
                .as_array()
                .into_iter()
                .flatten()
                .find(question)
                .is_some_and(|question| question["pairs"][0]["method"].is_null())
        };
        let chosen = if fooled && !is_check { ["right", "left"][usize::from(side == "right")] } else { side };
        match by {
            By::Keys => {
                let code = if chosen == "left" { "\u{e012}" } else { "\u{e014}" };
                page.browser.action_chain().send_keys(code).perform().await?;
            }
            By::Touch => tap(page, chosen).await?,
        }
    }
    page.wait_for("end").await
}

/// Waits for a whole JSON file.
fn arrives(file: &Path) -> Result<Value> {
    let begun = Instant::now();
    loop {
        if let Ok(value) = fs::read(file).context("none").and_then(|bytes| Ok(serde_json::from_slice(&bytes)?)) {
            return Ok(value);
        }
        ensure!(begun.elapsed() < PATIENCE, "{} does not arrive", file.display());
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_participant_answers_by_keyboard_and_one_by_touch() {
    block_on(async {
        let folder = TempDir::new()?;
        let program = study(folder.path(), &[])?;
        let key: Value = serde_json::from_slice(&fs::read(folder.path().join("made/key.json"))?)?;
        let address = |person: &str| format!("file://{}?person={person}", folder.path().join("made/page/index.html").display());
        let page = Page::open(&address("keys"), Gpu::None, folder.path()).await?;
        play(&page, &key, By::Keys, false).await?;
        page.screenshot("study-end").await?;
        ensure!(page.text("thanks").await?.contains("Download"));
        page.click("download").await?;
        let first = arrives(&folder.path().join("downloads/answers-keys.json"))?;

        page.browser.cdp().send_raw("Emulation.setTouchEmulationEnabled", json!({ "enabled": true, "maxTouchPoints": 1 })).await?;
        page.browser.goto(&address("touch")).await?;
        play(&page, &key, By::Touch, true).await?;
        tap(&page, "download").await?;
        let second = arrives(&folder.path().join("downloads/answers-touch.json"))?;
        page.expect_clean_console().await?;
        let shown = first["answers"][0]["shown"].as_f64().context("a time")?;
        ensure!(shown >= 1990.0, "a pair was shown for {shown} ms");

        let files = ["downloads/answers-keys.json", "downloads/answers-touch.json"];
        let mut command = std::process::Command::new(&program);
        let output = command.current_dir(folder.path()).args(["study", "-o", "made", "--results"]).args(files).output()?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        ensure!(output.status.success() && said.contains("2 people, 0 dropped"), "{said} {}", String::from_utf8_lossy(&output.stderr));
        // Three wrong answers of six, over both methods.
        let cell = |line: &str, place: usize| line.split('|').nth(place).map(|cell| cell.trim().to_owned());
        let rows: Vec<&str> = said.lines().filter(|line| line.starts_with("| one") || line.starts_with("| two")).collect();
        let answers: usize = rows.iter().filter_map(|line| cell(line, 5)?.parse::<usize>().ok()).sum();
        ensure!(rows.len() == 2 && answers == 6, "{said}");

        // Order and sides are the person's own, and the same at another time.
        let shown_to =
            |answers: &Value| answers["answers"].as_array().map(|all| all.iter().map(|one| one["left"].clone()).collect::<Vec<_>>());
        ensure!(shown_to(&first) != shown_to(&second), "two people saw the same order and sides");
        let again = page.script::<Vec<String>>("return plan('keys').trials.map(trial => trial[0])").await?;
        ensure!(json!(again) == json!(shown_to(&first)), "the order changed");
        ensure!(page.script::<bool>("return getComputedStyle(document.body).backgroundColor === 'rgb(140, 140, 140)'").await?, "no style");
        Ok(())
    });
}

/// Takes one POST and answers it as a researcher's server would.
fn receive(listener: &TcpListener) -> Result<String> {
    let (mut stream, _) = listener.accept()?;
    stream.set_read_timeout(Some(Duration::from_secs(2)))?;
    let mut text = String::new();
    let mut buffer = [0; 4096];
    while !text.ends_with("]}") {
        let count = stream.read(&mut buffer)?;
        ensure!(count > 0, "it ended after {text}");
        text.push_str(&String::from_utf8_lossy(&buffer[..count]));
    }
    stream.write_all(b"HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: *\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")?;
    Ok(text)
}

#[test]
fn answers_are_sent_where_the_researcher_says_and_kept_where_that_fails() {
    block_on(async {
        let folder = TempDir::new()?;
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = format!("http://{}/answers", listener.local_addr()?);
        study(folder.path(), &["--post", &address])?;
        let key: Value = serde_json::from_slice(&fs::read(folder.path().join("made/key.json"))?)?;
        let server = std::thread::spawn(move || receive(&listener));
        let start = |person: &str| format!("file://{}?person={person}", folder.path().join("made/page/index.html").display());
        let page = Page::open(&start("sent"), Gpu::None, folder.path()).await?;
        play(&page, &key, By::Keys, false).await?;
        let request = server.join().map_err(|_| anyhow::anyhow!("the server failed"))??;
        let body: Value = serde_json::from_str(request.rsplit_once("\r\n\r\n").context("a body")?.1)?;
        ensure!(request.starts_with("POST /answers ") && body["person"] == "sent", "{request}");
        ensure!(page.text("thanks").await?.contains("were sent") && !page.shown("download").await?);
        page.expect_clean_console().await?;

        // Nobody listens any more.
        page.browser.goto(&start("lost")).await?;
        play(&page, &key, By::Keys, false).await?;
        ensure!(page.text("thanks").await?.contains("could not be sent") && page.shown("download").await?);
        Ok(())
    });
}
