//! Rules of the house that no compiler knows.

use std::{fs, process::Command};

use xtask::tools::root;

/// Files that belong to the project, below a folder and with an ending.
fn tracked(below: &str, ending: &str) -> Vec<(String, String)> {
    let output = Command::new("git").args(["ls-files", "--cached", "--others", "--exclude-standard"]).current_dir(root()).output().unwrap();
    let names = String::from_utf8(output.stdout).unwrap();
    let wanted = |name: &&str| name.starts_with(below) && name.ends_with(ending);
    names.lines().filter(wanted).filter_map(|name| Some((name.to_owned(), fs::read_to_string(root().join(name)).ok()?))).collect()
}

/// Every line of code, tests left out, that contains one of the words.
fn offences(files: &[(String, String)], words: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for (name, text) in files.iter().filter(|(name, _)| !name.ends_with("tests.rs") && !name.contains("tests/")) {
        let code = text.split("#[cfg(test)]").next().unwrap_or(text);
        for (number, line) in code.lines().enumerate() {
            let line = line.split("//").next().unwrap_or(line);
            found.extend(words.iter().filter(|word| line.contains(**word)).map(|word| format!("{name}:{}: {word}", number + 1)));
        }
    }
    found
}

#[test]
fn the_core_knows_no_platform() {
    let (method, kernels) = (tracked("shared/src/", ".rs"), tracked("shared/kernel/src/", ".rs"));
    assert!(method.len() > 20 && kernels.len() > 15, "the core was not found");
    let files = [method, kernels].concat();
    let words =
        ["cfg(target", "std::fs", "std::time", "std::thread", "println!", "into_data()", "into_scalar()", "web_sys", "wasm_bindgen"];
    assert_eq!(offences(&files, &words), [""; 0]);
}

#[test]
fn parts_of_the_core_import_only_what_they_may() {
    let rules: [(&str, &[&str]); 8] = [
        ("shared/src/config.rs", &["burn::", "rand"]),
        ("shared/src/schedule.rs", &["burn::", "crate::unet", "crate::sampler"]),
        ("shared/src/noise.rs", &["burn::"]),
        ("shared/src/mask/", &["burn::", "crate::sampler", "crate::unet"]),
        ("shared/src/unet/", &["crate::schedule", "crate::sampler", "crate::task", "crate::train", "crate::denoiser"]),
        ("shared/src/sampler/", &["crate::unet", "crate::train", "crate::task", "crate::model_file"]),
        ("shared/src/task/", &["crate::sampler", "crate::unet", "crate::train"]),
        ("shared/src/model_file/", &["crate::train", "crate::sampler"]),
    ];
    for (part, words) in rules {
        let files = tracked(part, ".rs");
        assert!(!files.is_empty(), "{part} was not found");
        assert_eq!(offences(&files, words), [""; 0]);
    }
}

#[test]
fn devices_are_made_in_two_places_only() {
    // `info` describes a net without making a tensor, which takes some device all the same.
    let allowed = ["native/src/device", "web/src/worker/device.rs", "native/src/commands/info.rs", "shared/examples/"];
    let files: Vec<_> = tracked("", ".rs").into_iter().filter(|(name, _)| !allowed.iter().any(|place| name.starts_with(place))).collect();
    assert_eq!(offences(&files, &["Device::flex()", "Device::vulkan(", "Device::wgpu", "Device::cuda("]), [""; 0]);
}

#[test]
fn every_file_says_what_it_is_and_has_room() {
    for (name, text) in tracked("", ".rs") {
        assert!(text.starts_with("//!"), "{name} does not begin with what it is");
        let lines = text.lines().count();
        assert!(lines <= 450, "{name} has {lines} lines; is there a second thing inside?");
    }
}

#[test]
fn errors_are_types() {
    assert_eq!(
        offences(&tracked("", ".rs"), &[", String>"]).into_iter().filter(|found| !found.contains("Map")).collect::<Vec<_>>(),
        [""; 0]
    );
}

#[test]
fn listeners_are_let_go() {
    assert_eq!(offences(&tracked("", ".rs"), &[".forget()", "mem::forget"]), [""; 0]);
}

#[test]
fn no_machine_and_no_registry_is_named() {
    // Put together here, so that this file does not name them itself.
    let words = [["/wo", "rk/"].concat(), ["/ro", "ot/"].concat(), ["crates", ".io"].concat(), ["registry.", "npm"].concat()];
    for ending in [".rs", ".md", ".toml", ".html", ".js", ".css", "run"] {
        for (name, text) in tracked("", ending) {
            for word in &words {
                assert!(!text.contains(word.as_str()), "{name} names `{word}`");
            }
        }
    }
}
