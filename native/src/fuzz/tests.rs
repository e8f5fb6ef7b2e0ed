//! The replay that is part of the suite, and the search by time that `cargo xtask fuzz` runs. Both try the files in a process of
//! their own, whose memory is limited and which is ended where one file takes too long.

use std::{
    env,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use super::{Target, Until, kept, try_files};

/// Address space of a child in KiB: what a picture of the largest size needs, and the program itself.
const MEMORY: u64 = 6 << 20;

/// A file that takes longer than this hangs; the slowest takes a second or two in a build for tests.
const HANGS: Duration = Duration::from_secs(60);

/// Files of each format in the replay.
const REPLAYED: u64 = 1000;

/// Tries the files of a format in a child.
fn watch(target: Target, seed: u64, until: &str) -> u64 {
    let place = tempfile::TempDir::new().expect("a folder");
    let last = place.path().join("last");
    let program = env::current_exe().expect("this program");
    let mut command = Command::new("sh");
    command.args(["-c", &format!("ulimit -v {MEMORY}; exec \"$0\" \"$@\"")]).arg(program);
    command.args(["--exact", "fuzz::tests::child", "--ignored", "--nocapture", "--test-threads", "1"]);
    command.envs([("INFILL_FUZZ_TARGET", target.name()), ("INFILL_FUZZ_UNTIL", until), ("INFILL_FUZZ_SEED", &seed.to_string())]);
    command.env("INFILL_FUZZ_LAST", &last).env("RUST_BACKTRACE", "1").stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("a child");
    // Read beside, so that a child that says much does not wait for a reader.
    let mut errors = child.stderr.take().expect("its messages");
    let reader = std::thread::spawn(move || {
        let mut said = Vec::new();
        let _ = std::io::Read::read_to_end(&mut errors, &mut said);
        String::from_utf8_lossy(&said).into_owned()
    });
    let number = || std::fs::read_to_string(&last).ok().and_then(|text| text.parse::<u64>().ok());
    let (mut seen, mut since) = (None, Instant::now());
    let status = loop {
        if let Some(status) = child.try_wait().expect("a child") {
            break status;
        }
        let now = number();
        if now != seen {
            (seen, since) = (now, Instant::now());
        }
        if since.elapsed() > HANGS {
            child.kill().expect("a child");
            break child.wait().expect("a child");
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    let said = reader.join().expect("its messages");
    if !status.success() {
        let file = number().map_or("no file at all".to_owned(), |number| kept(target, seed, number).display().to_string());
        let end = said.len().saturating_sub(4000);
        panic!("{} ended the program ({status}) with {file}; make it a seed.\n{}", target.name(), said.get(end..).unwrap_or(&said));
    }
    number().map_or(0, |number| number + 1)
}

/// What a child does; it is told by its environment.
#[test]
#[ignore = "a part of the tests below"]
fn child() {
    let told = |name: &str| env::var(format!("INFILL_FUZZ_{name}"));
    let Ok(name) = told("TARGET") else { return };
    let target = Target::ALL.into_iter().find(|target| target.name() == name).expect("a format");
    let until = told("UNTIL").expect("an end");
    let until = match until.strip_suffix('s') {
        Some(seconds) => Until::Time(Duration::from_secs(seconds.parse().expect("seconds"))),
        None => Until::Count(until.parse().expect("a count")),
    };
    let seed = told("SEED").expect("a seed").parse().expect("a number");
    try_files(target, seed, &until, Path::new(&told("LAST").expect("a file")));
}

#[test]
fn a_thousand_hostile_files_of_every_format_end_in_success_or_an_error() {
    for target in Target::ALL {
        assert_eq!(watch(target, 1, &REPLAYED.to_string()), REPLAYED, "{}", target.name());
    }
}

/// `cargo xtask fuzz SECONDS`: as long as it is told, from a seed that it is told.
#[test]
#[ignore = "takes as long as it is told: cargo xtask fuzz"]
fn every_format_for_a_while() {
    let Ok(seconds) = env::var("INFILL_FUZZ_SECONDS") else { return };
    let seconds: u64 = seconds.parse().expect("seconds");
    let seed = env::var("INFILL_FUZZ_BEGIN").ok().and_then(|seed| seed.parse().ok()).unwrap_or(2);
    let each = (seconds / Target::ALL.len() as u64).max(1);
    for target in Target::ALL {
        let count = watch(target, seed, &format!("{each}s"));
        println!("{:<12}{count:>9} files in {each} s", target.name());
    }
}
