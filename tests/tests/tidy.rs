//! Rules of the house that no compiler knows. Who may import what is another test's, `drawing`.

use std::{fs, process::Command};

use infill_tests::drawing::{Kind, Mention, read};
use xtask::tools::root;

/// Files that belong to the project, below a folder and with an ending.
fn tracked(below: &str, ending: &str) -> Vec<(String, String)> {
    let output = Command::new("git").args(["ls-files", "--cached", "--others", "--exclude-standard"]).current_dir(root()).output().unwrap();
    let names = String::from_utf8(output.stdout).unwrap();
    let wanted = |name: &&str| name.starts_with(below) && name.ends_with(ending);
    names.lines().filter(wanted).filter_map(|name| Some((name.to_owned(), fs::read_to_string(root().join(name)).ok()?))).collect()
}

/// Every mention in a program's own code that is an offence. Code for tests alone is left out, wherever it stands.
fn offences(below: &str, offence: impl Fn(&Mention) -> bool) -> Vec<String> {
    let files = tracked(below, ".rs");
    assert!(!files.is_empty(), "there is nothing in {below}");
    let mut found = Vec::new();
    for (name, text) in files.iter().filter(|(name, _)| !name.ends_with("tests.rs") && !name.contains("tests/")) {
        let scope = read(text).unwrap_or_else(|error| panic!("{name} cannot be read: {error}"));
        let mentions = scope.all_mentions();
        found.extend(mentions.iter().filter(|mention| offence(mention)).map(|mention| format!("{name}:{}: {mention:?}", mention.line)));
    }
    found
}

/// Whether a path or the tokens of a macro name something that begins so.
fn begins(mention: &Mention, beginning: &[&str]) -> bool {
    matches!(mention.kind, Kind::Path | Kind::Token) && mention.path.iter().take(beginning.len()).eq(beginning)
}

/// Whether a method or a macro of this name is called.
fn calls(mention: &Mention, kind: Kind, names: &[&str]) -> bool {
    mention.kind == kind && names.contains(&mention.path[0].as_str())
}

#[test]
fn the_core_knows_no_platform() {
    let outside = [["std", "fs"], ["std", "time"], ["std", "thread"], ["std", "net"], ["std", "process"]];
    let knows = |mention: &Mention| {
        outside.iter().any(|path| begins(mention, path))
            || begins(mention, &["web_sys"])
            || begins(mention, &["wasm_bindgen"])
            || calls(mention, Kind::Macro, &["print", "println", "eprint", "eprintln", "dbg"])
            || calls(mention, Kind::Method, &["into_data()", "into_scalar()"])
            // `cfg(target_arch = …)` and its like.
            || mention.kind == Kind::Token && mention.path[0].starts_with("target_")
    };
    let found = ["shared/src/", "shared/kernel/src/", "shared/picture-file/src/", "shared/pytorch-file/src/"]
        .map(|below| offences(below, knows))
        .concat();
    assert_eq!(found, [""; 0]);
}

#[test]
fn devices_are_made_in_two_places_only() {
    let allowed = ["native/src/device", "web/src/worker/device.rs", "shared/examples/"];
    let makes = |mention: &Mention| ["flex", "vulkan", "wgpu", "cuda"].iter().any(|name| begins(mention, &["Device", name]));
    let found = offences("", makes);
    assert!(found.iter().any(|line| line.starts_with(allowed[0])), "no device is made anywhere: the rule has lost its object");
    let elsewhere: Vec<String> = found.into_iter().filter(|line| !allowed.iter().any(|place| line.starts_with(place))).collect();
    assert_eq!(elsewhere, [""; 0]);
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
fn a_module_with_children_is_a_folder_with_mod_rs() {
    let names: Vec<String> = tracked("", ".rs").into_iter().map(|(name, _)| name).collect();
    let folder = |name: &String| format!("{}/", name.trim_end_matches(".rs"));
    let both: Vec<&String> = names.iter().filter(|name| names.iter().any(|other| other.starts_with(&folder(name)))).collect();
    assert_eq!(both, [""; 0]);
}

#[test]
fn errors_are_types() {
    assert_eq!(offences("", |mention| mention.kind == Kind::TextError), [""; 0]);
}

#[test]
fn listeners_are_let_go() {
    let forgets =
        |mention: &Mention| calls(mention, Kind::Method, &["forget()"]) || mention.path.ends_with(&["mem".into(), "forget".into()]);
    assert_eq!(offences("", forgets), [""; 0]);
}

#[test]
fn nothing_is_lent_out_while_the_browser_may_call_back() {
    // A `RefCell` that is borrowed then is a panic.
    assert_eq!(offences("web/src/", |mention| mention.path.last().is_some_and(|name| name == "RefCell")), [""; 0]);
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
