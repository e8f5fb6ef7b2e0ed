//! `infill launch`: two hosts, each a network namespace of its own, and the cable of one cut in the middle of a training. Without the
//! right to make namespaces the test is left out, and says so.
#![cfg(all(feature = "remote", target_os = "linux"))]

mod support;

use std::{
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use support::{HANGS, command, expect, infill, pictures};

/// What the cables of all hosts end in. The servers reach one another over it too.
struct Net {
    bridge: String,
    /// The first three bytes of all addresses.
    prefix: String,
}

/// A machine on a cable.
struct Host {
    name: String,
    cable: String,
    address: String,
}

fn ip(arguments: &str) -> bool {
    let status = Command::new("ip").args(arguments.split_whitespace()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

impl Net {
    /// `None` where nobody may make one.
    fn new() -> Option<Net> {
        // Other runs of this test on the same machine have other names, and nets of their own.
        let id = std::process::id();
        let net = Net { bridge: format!("infill{id}"), prefix: format!("10.{}.{}", 64 + id / 256 % 64, id % 256) };
        let Net { bridge, prefix } = &net;
        let made = ip(&format!("link add {bridge} type bridge"))
            && ip(&format!("addr add {prefix}.1/24 dev {bridge}"))
            && ip(&format!("link set {bridge} up"));
        made.then_some(net)
    }

    fn host(&self, number: u32) -> Option<Host> {
        let Net { bridge, prefix } = self;
        let (name, cable) = (format!("{bridge}-{number}"), format!("{bridge}n{number}"));
        let host = Host { name, cable, address: format!("{prefix}.{}", 2 + number) };
        let Host { name, cable, address } = &host;
        let made = ip(&format!("netns add {name}"))
            && ip(&format!("link add {cable} type veth peer name c netns {name}"))
            && ip(&format!("link set {cable} master {bridge}"))
            && ip(&format!("link set {cable} up"))
            && ip(&format!("-n {name} addr add {address}/24 dev c"))
            && ip(&format!("-n {name} link set c up"))
            && ip(&format!("-n {name} link set lo up"));
        made.then_some(host)
    }
}

impl Drop for Net {
    fn drop(&mut self) {
        ip(&format!("link del {}", self.bridge));
    }
}

impl Host {
    /// Nothing arrives any more, and nobody is told.
    fn cut(&self) {
        assert!(ip(&format!("link set {} down", self.cable)));
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        ip(&format!("link del {}", self.cable));
        ip(&format!("netns del {}", self.name));
    }
}

fn launch(path: &Path, hosts: &str, options: &str) -> Command {
    std::fs::write(path.join("hosts"), hosts).unwrap();
    let mut launch = command(path, "launch --hosts hosts --run run --device cpu --program");
    launch.arg(env!("CARGO_BIN_EXE_infill")).arg("--connect").arg("ip netns exec {host}").env("INFILL_TOKEN", "a test's");
    launch.arg("--").args(options.split_whitespace());
    launch
}

#[test]
fn a_host_whose_cable_is_cut_is_left_out_and_the_training_goes_on() {
    let net = Net::new();
    let (Some(one), Some(two)) = (net.as_ref().and_then(|net| net.host(0)), net.as_ref().and_then(|net| net.host(1))) else {
        println!("LEFT OUT: no network namespace can be made here, so no training over two hosts was tried");
        return;
    };
    let folder = pictures(5);
    let path = folder.path();
    let list = format!("{} {}\n{} {}\n", one.name, one.address, two.name, two.address);
    let options = "--preset tiny --data pictures --batch 2 --steps 100000 --checkpoint-every 2 --sample-every 0 --threads 1";
    let mut child = launch(path, &list, options).stderr(Stdio::piped()).spawn().unwrap();
    let step = |path: &Path| -> u64 {
        let names = std::fs::read_dir(path.join("run/checkpoints")).into_iter().flatten().flatten();
        let names = names.filter_map(|entry| entry.file_name().into_string().ok());
        names.filter_map(|name| name.strip_prefix("step-")?.strip_suffix(".safetensors")?.parse().ok()).max().unwrap_or(0)
    };
    let mut until = |what: &str, reached: &dyn Fn() -> bool| {
        let begun = Instant::now();
        while !reached() {
            assert!(child.try_wait().unwrap().is_none(), "it ended before {what}");
            assert!(begun.elapsed() < HANGS, "{what} did not come in {} s", HANGS.as_secs());
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    until("a checkpoint", &|| step(path) >= 2);
    two.cut();
    let at_the_cut = step(path);
    // Whatever was on its way is over by then; what comes later was computed without the second host.
    until("steps with one host", &|| step(path) > at_the_cut + 20);
    assert!(Command::new("kill").arg("-TERM").arg(child.id().to_string()).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    expect(&output, 130, &[&format!("{} was lost", two.name), &format!("going on without {}", two.name), "going on after step"]);
    let reached = step(path);
    let finished = infill(path, &format!("train --run run --resume --device cpu --steps {}", reached + 1));
    expect(&finished, 0, &[&format!("going on after step {reached} ")]);
}

#[test]
fn hosts_that_cannot_be_used_are_named() {
    let folder = pictures(1);
    let path = folder.path();
    let failing = |hosts: &str, connect: &str| {
        std::fs::write(path.join("hosts"), hosts).unwrap();
        let mut command = command(path, "launch --hosts hosts --run run --connect");
        command.arg(connect).env("INFILL_TOKEN", "a test's").output().unwrap()
    };
    expect(&failing("", "ssh {host}"), 3, &["hosts", "no host is named"]);
    expect(&failing("here", "ssh"), 2, &["--connect", "{host}"]);
    expect(&failing("here", "no-such-program {host}"), 3, &["cannot connect to here"]);
    expect(&failing("here", "false {host}"), 3, &["here"]);
    expect(&command(path, "launch --hosts hosts --run run").env_remove("INFILL_TOKEN").output().unwrap(), 3, &["INFILL_TOKEN"]);
    assert!(!path.join("run").exists());
}
