//! The ways in which `infill train` can train: several devices, 16 bits, other objectives, pictures that
//! grow, any setting from the command line; and what it leaves for TensorBoard.

mod support;

use std::path::Path;

use support::{command, expect, infill, json, messages, photo, pictures, strays};

/// A short run, which must succeed.
fn train(path: &Path, run: &str, more: &str) {
    let mut arguments = format!("train --run {run} --preset tiny --data pictures --batch 2 --seed 5 --threads 2 {more}");
    for (option, value) in [("--sample-every", 0), ("--steps", 6)] {
        if !more.contains(option) {
            arguments += &format!(" {option} {value}");
        }
    }
    expect(&infill(path, &arguments), 0, &[]);
}

/// A column of the statistics; what a line does not have is left out.
fn column(run: &Path, name: &str) -> Vec<f64> {
    let text = std::fs::read_to_string(run.join("stats.jsonl")).unwrap();
    text.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()[name].as_f64()).collect()
}

#[test]
fn two_devices_train_the_very_model_that_one_trains() {
    let folder = pictures(5);
    let path = folder.path();
    train(path, "one", "--device cpu --set train.micro_batch=1");
    train(path, "two", "--device cpu --devices 2 --set train.micro_batch=1");
    train(path, "named", "--devices cpu,cpu --set train.micro_batch=1");
    let model = |run: &str| std::fs::read(path.join(run).join("model.infill")).unwrap();
    for run in ["two", "named"] {
        assert_eq!(column(&path.join("one"), "loss"), column(&path.join(run), "loss"));
        assert!(model("one") == model(run), "the models differ");
    }
    let refused = |devices: &str, texts: &[&str]| {
        expect(&infill(path, &format!("train --preset tiny --data pictures --run other {devices}")), 2, texts);
    };
    refused("--devices tpu:0", &["tpu:0", "cuda:N"]);
    refused("--device cpu --devices 0", &["0 devices"]);
    refused("--devices cpu,cpu,cpu --batch 2", &["2 pictures", "3 devices"]);
    assert!(!path.join("other").exists());
    if !cfg!(feature = "remote") {
        let remote = "train --preset tiny --data pictures --run other --devices remote:ws://127.0.0.1:1";
        expect(&infill(path, remote), 3, &["127.0.0.1:1", "--features remote"]);
        expect(&infill(path, "serve-device"), 3, &["--features remote"]);
    }
}

#[cfg(feature = "remote")]
mod remote {
    use std::{
        io::{BufRead, BufReader},
        process::{Child, Stdio},
        time::{Duration, Instant},
    };

    use super::{
        support::{HANGS, TOKEN, command, wait_for},
        *,
    };

    /// A server on a free port, ended with the test.
    struct Server {
        child: Child,
        address: String,
    }

    impl Server {
        fn start(token: &str) -> Self {
            let mut command = command(&std::env::temp_dir(), "serve-device --port 0 --device cpu");
            command.env("INFILL_TOKEN", token).stdout(Stdio::piped()).stderr(Stdio::null());
            let mut child = command.spawn().unwrap();
            let mut line = String::new();
            BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
            let address = line.trim().strip_prefix("serving on ").expect("where it listens").to_owned();
            Self { child, address }
        }
    }

    impl Drop for Server {
        fn drop(&mut self) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }

    /// The remote device computes by burn's own operations, this machine by kernels of ours: they round
    /// differently, and Adam makes of that at most a step in another direction where a gradient is next to 0.
    #[test]
    fn a_device_of_another_process_gives_the_same_curve() {
        let folder = pictures(5);
        let path = folder.path();
        train(path, "one", "--device cpu");
        let server = Server::start(TOKEN);
        train(path, "two", &format!("--devices cpu,remote:{}", server.address));
        train(path, "alone", &format!("--devices remote:{}", server.address));
        let one = column(&path.join("one"), "loss");
        for run in ["two", "alone"] {
            let other = column(&path.join(run), "loss");
            assert_eq!(one.len(), other.len());
            for (one, other) in one.iter().zip(&other) {
                assert!((one - other).abs() < 1e-3 * one, "{one} on one device, {other} of the run {run}");
            }
        }
    }

    /// Killed in the middle, as a machine that is switched off: the training says so, and goes on elsewhere.
    #[test]
    fn a_server_that_dies_is_named_and_the_run_goes_on_without_it() {
        let folder = pictures(5);
        let path = folder.path();
        let mut server = Server::start(TOKEN);
        let devices = format!("cpu,remote:{}", server.address);
        let run = "train --run run --preset tiny --data pictures --batch 2 --steps 100000 --sample-every 0 --checkpoint-every 2";
        let mut child = command(path, &format!("{run} --keep-checkpoints 2 --devices {devices}")).stderr(Stdio::piped()).spawn().unwrap();
        wait_for(&path.join("run/checkpoints/step-00000002.safetensors"), &mut child);
        server.child.kill().unwrap();
        let begun = Instant::now();
        while child.try_wait().unwrap().is_none() {
            if begun.elapsed() > HANGS {
                child.kill().unwrap();
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let output = child.wait_with_output().unwrap();
        let texts = [&format!("infill: {} stopped answering", server.address), "--resume", "checkpoints/step-"];
        expect(&output, 1, &texts);
        assert!(!messages(&output).contains("panicked"), "{}", messages(&output));
        // One step more than was done: it ends by itself.
        let newest = column(&path.join("run"), "step").last().copied().unwrap();
        let resume = format!("train --run run --resume --device cpu --steps {}", newest + 1.0);
        expect(&infill(path, &resume), 0, &["going on after step"]);
    }

    /// A machine that is unplugged closes no connection: whoever waits for it would wait forever.
    #[test]
    fn a_server_that_is_unplugged_is_named_after_a_while() {
        let folder = pictures(5);
        let path = folder.path();
        let server = Server::start(TOKEN);
        let cable = Cable::to(&server.address);
        let run = "train --run run --preset tiny --data pictures --batch 2 --steps 100000 --sample-every 0 --checkpoint-every 2";
        let devices = format!("cpu,remote:ws://{}", cable.address);
        let mut child = command(path, &format!("{run} --keep-checkpoints 2 --devices {devices}")).stderr(Stdio::piped()).spawn().unwrap();
        wait_for(&path.join("run/checkpoints/step-00000002.safetensors"), &mut child);
        cable.pull();
        let begun = Instant::now();
        while child.try_wait().unwrap().is_none() {
            if begun.elapsed() > HANGS {
                child.kill().unwrap();
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let output = child.wait_with_output().unwrap();
        expect(&output, 1, &[&format!("{} stopped answering", cable.address), "--resume", "checkpoints/step-"]);
    }

    /// What lies between a client and a server, and can be pulled: nothing arrives any more and nobody takes a call, but no connection
    /// is closed.
    struct Cable {
        address: std::net::SocketAddr,
        pulled: std::sync::Arc<std::sync::atomic::AtomicBool>,
        listening: std::thread::JoinHandle<()>,
    }

    impl Cable {
        fn to(server: &str) -> Self {
            use std::{
                io::{Read, Write},
                net::{TcpListener, TcpStream},
                sync::{
                    Arc,
                    atomic::{AtomicBool, Ordering},
                },
            };
            let server = server.trim_start_matches("ws://").to_owned();
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let (address, pulled) = (listener.local_addr().unwrap(), Arc::new(AtomicBool::new(false)));
            listener.set_nonblocking(true).unwrap();
            let flag = pulled.clone();
            let pump = |mut from: TcpStream, mut to: TcpStream, flag: Arc<AtomicBool>| {
                std::thread::spawn(move || {
                    let mut bytes = vec![0; 1 << 16];
                    while let Ok(count) = from.read(&mut bytes) {
                        while flag.load(Ordering::SeqCst) {
                            std::thread::sleep(Duration::from_secs(1));
                        }
                        if count == 0 || to.write_all(&bytes[..count]).is_err() {
                            return;
                        }
                    }
                });
            };
            let listening = std::thread::spawn(move || {
                while !flag.load(Ordering::SeqCst) {
                    let Ok((client, _)) = listener.accept() else {
                        std::thread::sleep(Duration::from_millis(2));
                        continue;
                    };
                    client.set_nonblocking(false).unwrap();
                    let upstream = TcpStream::connect(&server).unwrap();
                    pump(client.try_clone().unwrap(), upstream.try_clone().unwrap(), flag.clone());
                    pump(upstream, client, flag.clone());
                }
            });
            Self { address, pulled, listening }
        }

        fn pull(&self) {
            self.pulled.store(true, std::sync::atomic::Ordering::SeqCst);
            while !self.listening.is_finished() {
                std::thread::sleep(Duration::from_millis(2));
            }
        }
    }

    #[test]
    fn a_server_that_is_not_there_or_wants_a_token_is_named() {
        let folder = pictures(5);
        let path = folder.path();
        let server = Server::start("another token");
        for address in [server.address.as_str(), "ws://127.0.0.1:9"] {
            let output = infill(path, &format!("train --preset tiny --data pictures --run run --devices remote:{address}"));
            expect(&output, 3, &[address, "infill serve-device", "INFILL_TOKEN"]);
        }
        // A web page reaches loopback too.
        for address in ["0.0.0.0", "127.0.0.1"] {
            let output = command(path, &format!("serve-device --address {address} --port 0")).env_remove("INFILL_TOKEN").output().unwrap();
            expect(&output, 3, &[address, "INFILL_TOKEN"]);
        }
    }
}

#[test]
fn sixteen_bits_are_one_word_and_their_scale_is_written_down_and_resumed() {
    let folder = pictures(5);
    let path = folder.path();
    train(path, "run", "--device cpu --precision f16 --checkpoint-every 3");
    assert_eq!(column(&path.join("run"), "loss_scale"), [65536.0; 6]);
    assert_eq!(column(&path.join("run"), "skipped_steps"), [0.0; 6]);
    let losses = column(&path.join("run"), "loss");
    std::fs::remove_file(path.join("run/checkpoints/step-00000006.safetensors")).unwrap();
    expect(&infill(path, "train --run run --resume --device cpu"), 0, &["going on after step 3"]);
    assert_eq!(column(&path.join("run"), "loss"), losses);
    expect(&infill(path, "train --data pictures --run other --precision f8"), 2, &["f8", "bf16"]);
}

#[test]
fn pictures_grow_and_a_resume_in_either_part_gives_the_same() {
    let folder = pictures(5);
    let path = folder.path();
    let growing = "--device cpu --progressive 8:0.5 --checkpoint-every 2 --keep-checkpoints 9";
    train(path, "run", growing);
    let model = std::fs::read(path.join("run/model.infill")).unwrap();
    for lost in [vec![6], vec![4, 6]] {
        for step in lost {
            std::fs::remove_file(path.join(format!("run/checkpoints/step-{step:08}.safetensors"))).unwrap();
        }
        expect(&infill(path, "train --run run --resume --device cpu"), 0, &[]);
        assert!(std::fs::read(path.join("run/model.infill")).unwrap() == model, "the models differ");
    }
    expect(&infill(path, "train --preset tiny --data pictures --run other --progressive 10:0.5"), 2, &["progressive.size", "10"]);
}

#[test]
fn the_regression_baseline_answers_at_once_and_always_the_same() {
    let folder = pictures(5);
    let path = folder.path();
    photo(30, 20).save(path.join("photo.png")).unwrap();
    train(path, "run", "--device cpu --objective regression --loss-power 1");
    let resolved = std::fs::read_to_string(path.join("run/config.toml")).unwrap();
    for setting in ["prediction = \"regression\"", "hole = \"smooth\"", "loss_power = 1"] {
        assert!(resolved.contains(setting), "no {setting} in {resolved}");
    }
    for seed in [1, 2] {
        let arguments = format!("colorize photo.png -o {seed}.png --seed {seed} --model run/model.infill --device cpu");
        expect(&infill(path, &arguments), 0, &[]);
    }
    let picture = |seed: u32| image::open(path.join(format!("{seed}.png"))).unwrap().into_rgb8();
    assert!(picture(1) == picture(2), "the seed changed what knows no noise");
}

#[test]
fn every_setting_can_be_set_and_a_wrong_one_is_named() {
    let folder = pictures(5);
    let path = folder.path();
    let changes = "--set model.prediction=velocity --set train.loss_weighting=min_snr --set train.low_discrepancy=false --set train.ema_warm_up=false --set train.hole_normalized=false --set train.task_shares.restore=0 --set train.task_levels.colorize=uniform --set model.unet.patch=1";
    train(path, "run", &format!("--device cpu --steps 1 {changes}"));
    let resolved = std::fs::read_to_string(path.join("run/config.toml")).unwrap();
    for setting in [
        "prediction = \"velocity\"",
        "loss_weighting = \"min_snr\"",
        "low_discrepancy = false",
        "ema_warm_up = false",
        "restore = 0",
        "colorize = \"uniform\"",
        "patch = 1",
    ] {
        assert!(resolved.contains(setting), "no {setting} in {resolved}");
    }
    for (change, texts) in [
        ("train.low_discrepanc=true", ["low_discrepanc", "unknown field"]),
        ("trian.batch=2", ["trian.batch", "no setting"]),
        ("train.levels=high", ["high", "logistic"]),
        ("train.task_levels.colorize=high", ["high", "logistic"]),
        ("train.batch", ["train.batch", "KEY=VALUE"]),
        ("train.batch=0", ["batch", "1 or more"]),
        ("train.task_shares.colorize=9999", ["task_shares", "9999"]),
    ] {
        expect(&infill(path, &format!("train --preset tiny --data pictures --run other --set {change}")), 2, &texts);
    }
    assert!(!path.join("other/config.toml").exists());
}

/// Records of a TFRecord file, their checksums checked.
fn records(bytes: &[u8]) -> Vec<Vec<u8>> {
    let checksum = |bytes: &[u8]| crc32c::crc32c(bytes).rotate_right(15).wrapping_add(0xA282_EAD8).to_le_bytes();
    let (mut rest, mut found) = (bytes, Vec::new());
    while !rest.is_empty() {
        let length = u64::from_le_bytes(rest[..8].try_into().unwrap()) as usize;
        assert_eq!(rest[8..12], checksum(&rest[..8]));
        assert_eq!(rest[12 + length..16 + length], checksum(&rest[12..12 + length]));
        found.push(rest[12..12 + length].to_vec());
        rest = &rest[16 + length..];
    }
    found
}

#[test]
fn tensorboard_finds_curves_and_pictures() {
    let folder = pictures(5);
    let path = folder.path();
    train(path, "run", "--device cpu --validation pictures --checkpoint-every 3 --sample-every 6");
    let files = strays(&path.join("run/tensorboard"), &[]);
    assert_eq!(files.len(), 1, "{files:?}");
    assert!(files[0].to_string_lossy().contains("events.out.tfevents."), "{files:?}");
    let records = records(&std::fs::read(&files[0]).unwrap());
    let holding = |text: &[u8]| records.iter().filter(|record| record.windows(text.len()).any(|part| part == text)).count();
    // The version, the start, a record a step and the grid.
    assert_eq!(records.len(), 2 + 6 + 1);
    assert_eq!(
        (holding(b"brain.Event:2"), holding(b"gradient_norm"), holding(b"learning_rate"), holding(b"pictures_per_second")),
        (1, 6, 6, 6)
    );
    assert_eq!((holding(b"validation_loss"), holding(b"samples"), holding(b"\x89PNG")), (2, 1, 1));
}

/// Pictures to train on, and one in `others` to judge by.
fn pictures_and_others() -> tempfile::TempDir {
    let folder = pictures(5);
    std::fs::create_dir(folder.path().join("others")).unwrap();
    photo(36, 48).save(folder.path().join("others/one.png")).unwrap();
    folder
}

#[test]
fn an_ablation_trains_every_variant_asked_for_and_writes_its_table() {
    let folder = pictures_and_others();
    let path = folder.path();
    let common = "ablate --preset tiny --data pictures --validation others --output table --steps 3 --batch 2 --pictures 2 --device cpu";
    let output = infill(path, common);
    expect(&output, 0, &["2 pictures asked for, 1 found"]);
    expect(&infill(path, common), 3, &["ablation.json is there already", "--output"]);
    let table = std::fs::read_to_string(path.join("table/ablation.md")).unwrap();
    assert!(
        table.contains("measured on 1 validation") && String::from_utf8_lossy(&output.stdout).contains(&table),
        "{}",
        messages(&output)
    );
    let numbers = json(&path.join("table/ablation.json"));
    let variants = numbers["variants"].as_array().unwrap();
    assert!(variants.len() > 12, "{table}");
    for variant in variants {
        let name = variant["name"].as_str().unwrap();
        assert!(table.contains(&format!("| {name} |")), "{table}");
        assert!(
            variant["clean_error"].as_array().unwrap().iter().all(|error| error.as_f64().is_some_and(|error| error > 0.0)),
            "{variant}"
        );
        assert!(variant["psnr"]["value"].as_f64().is_some_and(f64::is_finite), "{variant}");
    }
    // What differs in nothing but its steps' loss starts from the same weights, yet ends elsewhere.
    let error = |name: &str| variants.iter().find(|variant| variant["name"] == name).unwrap()["clean_error"].clone();
    assert_ne!(error("own"), error("absolute errors"));
    let others = common.replace("--output table", "--output two");
    expect(&infill(path, &format!("{others} --variant own --variant velocity")), 0, &[]);
    let numbers = json(&path.join("two/ablation.json"));
    assert_eq!(numbers["variants"][0]["clean_error"], error("own"));
    assert_eq!(numbers["variants"].as_array().unwrap().len(), 2);
    expect(&infill(path, &format!("{common} --variant own --variant best")), 2, &["best", "velocity"]);
}

#[test]
fn an_ablation_of_a_design_trains_for_the_same_time() {
    let folder = pictures_and_others();
    let path = folder.path();
    let common = "ablate --design --preset tiny --data pictures --validation others --steps 4 --batch 2 --pictures 1 --device cpu --output";
    let some = ["own", "twice the blocks", "Muon at 2e-3", "half the size at first"];
    let output = command(path, &format!("{common} table")).args(some.iter().flat_map(|name| ["--variant", *name])).output().unwrap();
    expect(&output, 0, &[]);
    let numbers = json(&path.join("table/ablation.json"));
    let variants = numbers["variants"].as_array().unwrap();
    let names: Vec<&str> = variants.iter().map(|variant| variant["name"].as_str().unwrap()).collect();
    assert_eq!(names, some);
    let parameters = |index: usize| variants[index]["parameters"].as_u64().unwrap();
    assert!(parameters(1) > parameters(0) && parameters(2) == parameters(0), "{numbers}");
    assert!(variants.iter().all(|variant| variant["steps"].as_u64() >= Some(1)) && variants[0]["steps"] == 4, "{numbers}");
    let table = std::fs::read_to_string(path.join("table/ablation.md")).unwrap();
    assert!(table.contains("the same time") && table.contains("| parameters | steps |"), "{table}");
    expect(&infill(path, &format!("{common} other --variant velocity")), 2, &["velocity", "twice the blocks"]);
    expect(&infill(path, &format!("{common} other --paper")), 2, &["--paper", "--design"]);
}

#[test]
fn an_ablation_of_the_paper_trains_its_nets_for_the_same_time() {
    let folder = pictures_and_others();
    let path = folder.path();
    let common =
        "ablate --paper --preset tiny --data pictures --validation others --output table --steps 3 --batch 2 --pictures 2 --device cpu";
    expect(&infill(path, common), 0, &[]);
    let table = std::fs::read_to_string(path.join("table/ablation.md")).unwrap();
    let numbers = json(&path.join("table/ablation.json"));
    let variants = numbers["variants"].as_array().unwrap();
    let names: Vec<&str> = variants.iter().map(|variant| variant["name"].as_str().unwrap()).collect();
    let wanted = ["global self-attention", "local self-attention", "no self-attention", "more residual blocks", "dilated convolutions"];
    assert_eq!(names, wanted);
    assert!(wanted.iter().all(|name| table.contains(&format!("| {name} |"))) && table.contains("the same time"), "{table}");
    assert!(
        variants
            .iter()
            .all(|variant| variant["steps"].as_u64() >= Some(1) && variant["psnr"]["value"].as_f64().is_some_and(f64::is_finite))
    );
    assert_eq!(variants[0]["steps"], 3);
    let parameters = |index: usize| variants[index]["parameters"].as_u64().unwrap();
    assert!(
        parameters(0) == parameters(1) && parameters(2) < parameters(0) && parameters(3) > parameters(0) && parameters(3) == parameters(4)
    );
    expect(&infill(path, &format!("{common} --variant velocity")), 2, &["velocity", "dilated convolutions"]);
}
