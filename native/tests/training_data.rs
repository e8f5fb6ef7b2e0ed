//! Training data as people have it, and runs that others disturb: what is passed over, what is said, and what a run holds on to.

mod support;

use std::{fs, path::Path, process::Output};

use image::ImageFormat;
use support::{HANGS, command, expect, infill, interrupt, messages, photo, pictures, strays, wait_for};

const TRAIN: &str = "--preset tiny --steps 2 --batch 2 --sample-every 0 --threads 1 --device cpu";

fn train(path: &Path, run: &str, data: &str) -> Output {
    let mut command = command(path, &format!("train --run {run} {TRAIN} --data"));
    command.arg(data).output().unwrap()
}

fn png(number: u32) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    photo(30 + number, 24).write_to(&mut bytes, ImageFormat::Png).unwrap();
    bytes.into_inner()
}

fn append(tar: &mut tar::Builder<Vec<u8>>, name: &str, bytes: &[u8]) {
    let mut header = tar::Header::new_gnu();
    header.set_size(bytes.len() as u64);
    header.set_mode(0o644);
    tar.append_data(&mut header, name, bytes).unwrap();
}

#[test]
fn shards_of_macos_and_shards_put_one_behind_the_other_are_read_to_their_end() {
    let folder = pictures(0);
    let path = folder.path();
    let part = |first: u32| {
        let mut tar = tar::Builder::new(Vec::new());
        for number in first..first + 2 {
            append(&mut tar, &format!("._{number}.png"), b"\0\x05\x16\x07Mac OS X");
            append(&mut tar, &format!("{number}.png"), &png(number));
            append(&mut tar, &format!("._{number}.cls"), b"\xb0\xff\xfe");
            append(&mut tar, &format!("__MACOSX/{number}.cls"), b"\xb0\xff\xfe");
            append(&mut tar, &format!("{number}.cls"), b"sea");
        }
        tar.into_inner().unwrap()
    };
    fs::write(path.join("one.tar"), part(0)).unwrap();
    fs::write(path.join("two.tar"), [part(0), part(2)].concat()).unwrap();
    for (name, count) in [("one", "2 pictures"), ("two", "4 pictures")] {
        let output = train(path, name, &format!("{name}.tar"));
        expect(&output, 0, &[count]);
        assert!(!messages(&output).contains("WARN"), "{}", messages(&output));
    }
}

#[cfg(unix)]
#[test]
fn what_is_none_of_the_user_s_is_passed_over_and_what_cannot_be_read_is_said() {
    use std::os::unix::{ffi::OsStrExt, fs::symlink};
    let folder = pictures(4);
    let path = folder.path();
    let inside = path.join("pictures");
    for hidden in [".cache", "@eaDir", "__MACOSX"] {
        fs::create_dir(inside.join(hidden)).unwrap();
        fs::write(inside.join(hidden).join("0.png"), png(9)).unwrap();
    }
    fs::write(inside.join("._0.png"), "a fork").unwrap();
    let clean = train(path, "clean", "pictures");
    expect(&clean, 0, &["4 pictures"]);
    assert!(!messages(&clean).contains("WARN"), "{}", messages(&clean));

    symlink("gone-elsewhere.png", inside.join("gone.png")).unwrap();
    symlink(".", inside.join("self")).unwrap();
    fs::write(inside.join(std::ffi::OsStr::from_bytes(b"latin1_\xe9.png")), png(3)).unwrap();
    let output = train(path, "linked", "pictures");
    expect(&output, 0, &["5 pictures", "gone.png", "self"]);
    assert!(!messages(&output).contains("skipped"), "{}", messages(&output));
}

#[test]
fn broken_pictures_are_skipped_and_named_and_alone_they_are_an_error() {
    let folder = pictures(3);
    let path = folder.path();
    let mut bytes = std::io::Cursor::new(Vec::new());
    photo(60, 44).write_to(&mut bytes, ImageFormat::Jpeg).unwrap();
    let jpeg = bytes.into_inner();
    let mut bomb = png(0);
    bomb[16..24].copy_from_slice(&[0, 0, 0x9C, 0x40, 0, 0, 0x9C, 0x40]);
    let sum = crc32fast::hash(&bomb[12..29]).to_be_bytes();
    bomb[29..33].copy_from_slice(&sum);
    fs::create_dir(path.join("only")).unwrap();
    for place in ["pictures", "only"] {
        fs::write(path.join(place).join("cut.jpg"), &jpeg[..jpeg.len() / 2]).unwrap();
        fs::write(path.join(place).join("bomb.png"), &bomb).unwrap();
        fs::write(path.join(place).join("empty.png"), "").unwrap();
    }
    let skipped = ["skipped: picture pictures/cut.jpg", "skipped: picture pictures/bomb.png", "skipped: picture pictures/empty.png"];
    let arguments = format!("train --run some --data pictures {}", TRAIN.replace("--steps 2", "--steps 6"));
    expect(&infill(path, &arguments), 0, &skipped);
    let alone = train(path, "none", "only");
    expect(&alone, 3, &["every one of the 3 pictures is broken"]);
}

#[test]
fn data_is_found_from_anywhere_and_its_change_is_said() {
    let folder = pictures(4);
    let path = folder.path();
    fs::rename(path.join("pictures"), path.join("set [v1]")).unwrap();
    expect(&train(path, "run", "set [v1]"), 0, &["4 pictures"]);
    fs::create_dir(path.join("elsewhere")).unwrap();
    let resume = |steps: u64| infill(&path.join("elsewhere"), &format!("train --run ../run --resume --steps {steps} --device cpu"));
    let same = resume(4);
    expect(&same, 0, &["4 pictures"]);
    assert!(!messages(&same).contains("not those"), "{}", messages(&same));
    fs::write(path.join("set [v1]/more.png"), png(5)).unwrap();
    expect(&resume(6), 0, &["the pictures are not those of the checkpoint", "5 pictures", "4 pictures"]);
    fs::rename(path.join("set [v1]"), path.join("moved")).unwrap();
    expect(&resume(8), 3, &["set [v1]", "no file matches"]);
    // Both moved together.
    fs::rename(path.join("moved"), path.join("set [v1]")).unwrap();
    fs::create_dir(path.join("archive")).unwrap();
    fs::rename(path.join("set [v1]"), path.join("archive/set [v1]")).unwrap();
    fs::rename(path.join("run"), path.join("archive/run")).unwrap();
    expect(&infill(path, "train --run archive/run --resume --steps 8 --device cpu"), 0, &["5 pictures"]);
}

#[cfg(unix)]
#[test]
fn one_process_trains_in_a_folder_and_a_second_interrupt_ends_it_at_once() {
    let folder = pictures(4);
    let path = folder.path();
    let long = format!("train --run run --data pictures --checkpoint-every 2 {}", TRAIN.replace("--steps 2", "--steps 100000"));
    let mut child = command(path, &long).stderr(std::process::Stdio::piped()).spawn().unwrap();
    wait_for(&path.join("run/checkpoints/step-00000002.safetensors"), &mut child);
    expect(
        &infill(path, "train --run run --resume --device cpu"),
        3,
        &[&format!("another process (number {}", child.id()), "trains in run"],
    );
    interrupt(&child);
    interrupt(&child);
    let begun = std::time::Instant::now();
    while child.try_wait().unwrap().is_none() {
        assert!(begun.elapsed() < HANGS, "it does not end");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    assert_eq!(child.wait().unwrap().code(), Some(130));
    // The lock ends with the process.
    let next = last_step(path) + 1;
    expect(&infill(path, &format!("train --run run --resume --device cpu --steps {next}")), 0, &["going on after step"]);
}

/// kill -9 at any time, again and again: every resume goes on from a checkpoint, and nothing unfinished is left.
#[cfg(unix)]
#[test]
fn a_run_that_is_killed_again_and_again_loses_only_steps_since_its_checkpoint() {
    let folder = pictures(4);
    let path = folder.path();
    let times: u64 = std::env::var("INFILL_KILLS").ok().and_then(|times| times.parse().ok()).unwrap_or(8);
    let long = TRAIN.replace("--steps 2", "--steps 100000");
    let mut newest = 0;
    for round in 0..times {
        let arguments = match round {
            0 => format!("train --run run --data pictures --checkpoint-every 1 --keep-checkpoints 2 {long}"),
            _ => "train --run run --resume --device cpu".to_owned(),
        };
        let mut child = command(path, &arguments).stderr(std::process::Stdio::null()).spawn().unwrap();
        let first = path.join(format!("run/checkpoints/step-{:08}.safetensors", newest + 1));
        let begun = std::time::Instant::now();
        // Steps that are kept for a moment only may never be seen; any newer one will do.
        while last_step(path) <= newest && !first.is_file() {
            assert!(child.try_wait().unwrap().is_none(), "it ended by itself");
            assert!(begun.elapsed() < HANGS, "no step in {} s", HANGS.as_secs());
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        // Another moment every time.
        std::thread::sleep(std::time::Duration::from_micros((round * 7919) % 40_000));
        child.kill().unwrap();
        child.wait().unwrap();
        let reached = last_step(path);
        assert!(reached > newest, "step {reached} after {newest}");
        newest = reached;
    }
    let output = infill(path, &format!("train --run run --resume --device cpu --steps {}", newest + 1));
    expect(&output, 0, &["going on after step"]);
    assert!(!messages(&output).contains("passed over"), "{}", messages(&output));
    let left: Vec<_> = strays(&path.join("run/checkpoints"), &[]).into_iter().filter(|file| file.extension().is_none()).collect();
    assert!(left.is_empty(), "{left:?}");
    let statistics = fs::read_to_string(path.join("run/stats.jsonl")).unwrap();
    let steps: Vec<u64> =
        statistics.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["step"].as_u64().unwrap()).collect();
    assert!(steps.windows(2).all(|pair| pair[0] < pair[1]), "{steps:?}");
}

fn last_step(path: &Path) -> u64 {
    let names = fs::read_dir(path.join("run/checkpoints")).into_iter().flatten().flatten();
    let steps = names.filter_map(|entry| entry.file_name().to_str()?.strip_prefix("step-")?.strip_suffix(".safetensors")?.parse().ok());
    steps.max().unwrap_or(0)
}

/// A file that may not grow is like a disk that is full: what was there stays, and the reason is named.
#[cfg(unix)]
#[test]
fn a_full_disk_and_a_folder_that_is_read_only_cost_nothing_that_was_there() {
    let folder = pictures(4);
    let path = folder.path();
    expect(&train(path, "run", "pictures"), 0, &[]);
    let before = fs::read(path.join("run/model.infill")).unwrap();
    let limited = |arguments: &str| {
        let mut limited = std::process::Command::new("sh");
        limited.args(["-c", "trap '' XFSZ; ulimit -f 40; exec \"$0\" \"$@\""]).arg(env!("CARGO_BIN_EXE_infill"));
        limited.args(arguments.split_whitespace()).current_dir(path).output().unwrap()
    };
    expect(&limited("train --run run --resume --steps 4 --device cpu"), 1, &["cannot save", "step-00000004"]);
    assert!(fs::read(path.join("run/model.infill")).unwrap() == before);
    expect(&limited("export run/model.infill -o other.infill"), 1, &["cannot write other.infill"]);
    assert!(strays(path, &["pictures", "run"]).is_empty());
    expect(&infill(path, "train --run run --resume --steps 4 --device cpu"), 0, &["going on after step 2"]);

    photo(20, 20).save(path.join("photo.png")).unwrap();
    let output = infill(path, "restore photo.png -o /proc/out.png --model run/model.infill --device cpu --steps 1");
    expect(&output, 3, &["/proc", "--output"]);
}

#[test]
fn what_is_excluded_is_not_trained_on_and_folders_are_counted() {
    let folder = pictures(4);
    let path = folder.path();
    fs::create_dir(path.join("pictures/drafts")).unwrap();
    for number in 0..3 {
        fs::write(path.join(format!("pictures/drafts/{number}.png")), png(number)).unwrap();
    }
    let run = |run: &str, patterns: &[&str]| {
        let mut command = command(path, &format!("train --run {run} --data pictures {TRAIN}"));
        for pattern in patterns {
            command.args(["--exclude", pattern]);
        }
        command.output().unwrap()
    };
    expect(&run("all", &[]), 0, &["7 pictures from pictures", "4 in pictures, 3 in pictures/drafts"]);
    expect(&run("some", &["pictures/drafts/*", "pictures/0.png"]), 0, &["3 pictures from pictures"]);
    // A run that goes on keeps what it leaves out.
    let resumed = infill(path, "train --run some --resume --steps 3 --device cpu");
    expect(&resumed, 0, &["INFO 3 pictures from "]);
    assert!(!messages(&resumed).contains("not those of the checkpoint"), "{}", messages(&resumed));
    expect(&run("none", &["*"]), 3, &["nothing is left", "`*`"]);
    expect(&run("bad", &["[a"]), 2, &["`[a` is no pattern"]);
    expect(&run("typo", &["draft/*"]), 0, &["WARN", "`draft/*` excludes no picture", "pictures/0.png"]);
}
