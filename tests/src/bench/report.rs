//! The figures as a table, with the goals beside them.

use std::fmt::Write;

use super::{
    cell::{Cell, OURS, PEER, difference},
    figures::{Download, Figures},
    visit::Visit,
};

/// Goals: how many times as fast as onnxruntime-web the net should be, by device.
const SPEED_GOALS: [(&str, f64); 2] = [("webgpu", 5.0), ("wasm", 1.2)];
/// Bytes of page and code as brotli.
const CODE_GOAL: usize = 2_000_000;
/// Of onnxruntime-web's code for WebGPU, which contains the one for the CPU as ours does; it has another, smaller one for
/// the CPU alone.
const CODE_SHARE_GOAL: f64 = 0.5;
/// Milliseconds until the first preview on the CPU with the model kept from an earlier visit.
const PREVIEW_GOAL: f64 = 5000.0;

/// The table, as Markdown.
pub fn table(figures: &Figures) -> String {
    let mut text = String::new();
    let about = format!(
        "\nChromium {}, {} processors, load before: {}. WebGPU: {}. onnxruntime-web {}, one thread.\n\n",
        figures.browser,
        figures.processors,
        figures.load_before.as_deref().unwrap_or("not known"),
        figures.cells.iter().find(|cell| cell.device == "webgpu" && !cell.adapter.is_empty()).map_or("not run", |cell| &cell.adapter),
        figures.onnxruntime,
    );
    text.push_str(&about);
    text.push_str("| | ours | onnxruntime-web | ratio | goal | |\n|---|---|---|---|---|---|\n");
    for (ours, peer) in pairs(&figures.cells) {
        // The same arithmetic as in the program, whose tests know its results.
        let reference = figures.cells.iter().find(|cell| (cell.engine, cell.device.as_str(), cell.side) == (OURS, "wasm", ours.side));
        cell_rows(&mut text, ours, peer, reference);
    }
    downloads(&mut text, &figures.downloads);
    for visit in &figures.visits {
        visit_rows(&mut text, visit);
    }
    text
}

fn row(text: &mut String, cells: [&str; 5], met: Option<bool>) {
    let met = match met {
        Some(true) => "met",
        Some(false) => "missed",
        None => "",
    };
    // Writing into memory does not fail.
    let _ = writeln!(text, "| {} | {met} |", cells.join(" | "));
}

fn pairs(cells: &[Cell]) -> impl Iterator<Item = (&Cell, &Cell)> {
    let of = |engine| cells.iter().filter(move |cell: &&Cell| cell.engine == engine);
    of(OURS).filter_map(move |ours| Some((ours, of(PEER).find(|peer| peer.device == ours.device && peer.side == ours.side)?)))
}

fn cell_rows(text: &mut String, ours: &Cell, peer: &Cell, reference: Option<&Cell>) {
    let name = format!("{} {}²", ours.device, ours.side);
    let goal = SPEED_GOALS.iter().find(|(device, _)| *device == ours.device).map_or(1.0, |(_, goal)| *goal);
    let milliseconds = |cell: &Cell| match (cell.median(), &cell.skipped) {
        (Some(median), _) => format!("{median:.1} (of {})", cell.evaluations.len()),
        (None, Some(reason)) => reason.clone(),
        (None, None) => "-".to_owned(),
    };
    let ratio = peer.median().zip(ours.median()).map(|(peer, ours)| peer / ours);
    let said = ratio.map_or("-".to_owned(), |ratio| format!("{ratio:.2}×"));
    let cells = [&format!("{name}: ms a step"), &milliseconds(ours), &milliseconds(peer), &said, &format!("≥ {goal}×")];
    row(text, cells.map(String::as_str), ratio.map(|ratio| ratio >= goal));
    let plain = |text: &mut String, what: &str, of: &dyn Fn(&Cell) -> Option<f64>| {
        let number = |cell: &Cell| of(cell).map_or("-".to_owned(), |value| format!("{value:.0}"));
        let ratio =
            of(peer).zip(of(ours)).filter(|(_, ours)| *ours > 0.0).map_or("-".to_owned(), |(peer, ours)| format!("{:.2}×", peer / ours));
        row(text, [&format!("{name}: {what}"), &number(ours), &number(peer), &ratio, ""], None);
    };
    plain(text, "ms to start", &|cell| cell.start);
    plain(text, "ms of the first step beyond the others", &|cell| Some((cell.first? - cell.median()?).max(0.0)));
    plain(text, "peak memory, MB", &|cell| cell.peak_memory.map(|bytes| bytes as f64 / 1e6));
    let since = |cell: &Cell| Some(cell.peak_memory?.saturating_sub(cell.memory_before?));
    plain(text, "of that beyond what was there before, MB", &|cell| since(cell).map(|bytes| bytes as f64 / 1e6));
    let apart =
        |cell: &Cell| reference.and_then(|reference| difference(cell, reference)).map_or("-".to_owned(), |apart| format!("{apart:.1e}"));
    row(text, [&format!("{name}: furthest from ours on the CPU, of the largest output"), &apart(ours), &apart(peer), "", ""], None);
}

fn downloads(text: &mut String, downloads: &[Download]) {
    let of = |engine: &str, device: &str| downloads.iter().find(|download| download.engine == engine && download.device == device);
    let megabytes = |bytes: usize| format!("{:.2}", bytes as f64 / 1e6);
    for device in ["webgpu", "wasm"] {
        let (Some(worker), Some(peer)) = (of(OURS, device), of(PEER, device)) else { continue };
        // The page's own code counts where it was measured.
        let ours = of("page", device).unwrap_or(worker);
        let what = if ours.engine == "page" { "page and code" } else { "code of the worker alone" };
        let share = ours.code_brotli as f64 / peer.code_brotli.max(1) as f64;
        let (goal, met) = match device {
            "webgpu" => (format!("≤ {} and ≤ {CODE_SHARE_GOAL} of the other's", megabytes(CODE_GOAL)), share <= CODE_SHARE_GOAL),
            _ => (format!("≤ {}", megabytes(CODE_GOAL)), true),
        };
        let cells = [
            &format!("{device}: {what}, MB as brotli"),
            &megabytes(ours.code_brotli),
            &megabytes(peer.code_brotli),
            &format!("{:.2}×", 1.0 / share),
            &goal,
        ];
        row(text, cells.map(String::as_str), Some(ours.code_brotli <= CODE_GOAL && met));
        row(text, [&format!("{device}: model, MB"), &megabytes(ours.model), &megabytes(peer.model), "", ""], None);
    }
}

fn visit_rows(text: &mut String, visit: &Visit) {
    let name = format!("page, {}, {}", visit.device, if visit.again { "second visit" } else { "first visit" });
    let goal = visit.again && visit.device == "wasm";
    row(text, [&format!("{name}: ms until ready"), &format!("{:.0}", visit.ready), "", "", ""], None);
    let said = if goal { format!("≤ {PREVIEW_GOAL:.0}") } else { String::new() };
    let met = goal.then_some(visit.first_preview <= PREVIEW_GOAL);
    row(text, [&format!("{name}: ms until the first preview"), &format!("{:.0}", visit.first_preview), "", "", &said], met);
    row(text, [&format!("{name}: ms until the picture is finished"), &format!("{:.0}", visit.finished), "", "", ""], None);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(engine: &'static str, evaluations: &[f64], sample: &[f64]) -> Cell {
        Cell {
            engine,
            device: "wasm".to_owned(),
            side: 64,
            adapter: String::new(),
            start: Some(100.0),
            first: Some(50.0),
            evaluations: evaluations.to_vec(),
            peak_memory: Some(300_000_000),
            memory_before: None,
            sample: sample.to_vec(),
            skipped: None,
            given_up: false,
        }
    }

    fn figures(ours: &[f64], preview: f64) -> Figures {
        let download =
            |engine, device: &str, code_brotli| Download { engine, device: device.to_owned(), code: 9, code_brotli, model: 6_000_000 };
        let visit = |again| Visit { device: "wasm".to_owned(), again, ready: 1.0, first_preview: preview, finished: 9.0 };
        Figures {
            browser: "1".to_owned(),
            processors: 2,
            load_before: None,
            onnxruntime: "2",
            cells: vec![cell(OURS, ours, &[1.0, -2.0]), cell(PEER, &[60.0, 12.0, 20.0], &[1.1, -2.0])],
            downloads: vec![
                download(OURS, "wasm", 1_000_000),
                download(PEER, "wasm", 3_000_000),
                download("page", "wasm", 1_600_000),
                download(OURS, "webgpu", 1_600_000),
                download(PEER, "webgpu", 3_000_000),
            ],
            visits: vec![visit(false), visit(true)],
        }
    }

    fn rows<'a>(table: &'a str, what: &str) -> Vec<&'a str> {
        table.lines().filter(|line| line.contains(what)).collect()
    }

    #[test]
    fn figures_stand_beside_their_goals() {
        let good = table(&figures(&[8.0, 12.0, 9.0, 11.0], 4000.0));
        assert_eq!(rows(&good, "ms a step"), ["| wasm 64²: ms a step | 10.0 (of 4) | 20.0 (of 3) | 2.00× | ≥ 1.2× | met |"]);
        let furthest = rows(&good, "furthest");
        assert_eq!(furthest, ["| wasm 64²: furthest from ours on the CPU, of the largest output | 0.0e0 | 5.0e-2 |  |  |  |"]);
        let code = rows(&good, "page and code");
        assert!(code.len() == 1 && code[0].contains("| 1.60 | 3.00 | 1.88× | ≤ 2.00 |") && code[0].ends_with("met |"), "{code:?}");
        let code = rows(&good, "webgpu: code");
        assert!(code.len() == 1 && code[0].contains("≤ 0.5 of the other's") && code[0].ends_with("missed |"), "{code:?}");
        let previews = rows(&good, "first preview");
        assert!(previews.len() == 2 && previews[1].ends_with("| ≤ 5000 | met |") && previews[0].ends_with("|  |  |"), "{previews:?}");
        let bad = table(&figures(&[40.0], 6000.0));
        assert!(rows(&bad, "ms a step")[0].contains("0.50×") && rows(&bad, "ms a step")[0].ends_with("missed |"));
        assert!(rows(&bad, "first preview")[1].ends_with("missed |"));
        let none = table(&figures(&[], 6000.0));
        assert!(rows(&none, "ms a step")[0].ends_with("| - | ≥ 1.2× |  |"), "{none}");
    }
}
