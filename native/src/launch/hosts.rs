//! Which machines there are: from a file, or from an allocation of SLURM.

use std::{path::Path, process::Command};

use anyhow::{Context, Result, bail};

use crate::{
    exit::{input, usage},
    files,
};

/// No list of hosts is longer.
const MOST_BYTES: u64 = 1 << 20;

/// A machine whose devices are used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    /// What it is connected to by.
    pub name: String,
    /// Where its port is reached.
    pub address: String,
    /// How many of its devices are used.
    pub devices: usize,
}

/// The hosts of a file.
///
/// # Errors
/// A file that cannot be read or names nobody, and a line that is none of a host.
pub fn read(path: &Path) -> Result<Vec<Host>> {
    let bytes = files::read_at_most(path, MOST_BYTES)?;
    parse(&String::from_utf8_lossy(&bytes)).with_context(|| format!("in {}", path.display())).map_err(input)
}

fn parse(text: &str) -> Result<Vec<Host>> {
    let mut hosts: Vec<Host> = Vec::new();
    for line in text.lines().map(|line| line.split('#').next().unwrap_or_default().trim()).filter(|line| !line.is_empty()) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let (name, address, devices) = match words[..] {
            [name] => (name, name, "1"),
            [name, address] => (name, address, "1"),
            [name, address, devices] => (name, address, devices),
            _ => bail!("`{line}` is not NAME, NAME ADDRESS, or NAME ADDRESS DEVICES"),
        };
        if name.starts_with('-') {
            bail!("`{name}` is no name of a host: it would be read as an option");
        }
        let devices = devices.parse().ok().filter(|count| *count > 0);
        let devices = devices.with_context(|| format!("`{line}` ends in no number of devices; give 1 or more"))?;
        if hosts.iter().any(|host| host.name == name) {
            bail!("{name} is there twice; give the number of its devices instead");
        }
        // By name it is also reached over the network; a user's name before it is for the connection alone.
        let address = address.rsplit_once('@').map_or(address, |(_, host)| host);
        hosts.push(Host { name: name.to_owned(), address: address.to_owned(), devices });
    }
    if hosts.is_empty() {
        bail!("no host is named");
    }
    Ok(hosts)
}

/// The hosts of the allocation of SLURM that this process is in.
///
/// # Errors
/// It is in none, or SLURM does not say its hosts.
pub fn of_slurm() -> Result<Vec<Host>> {
    let Some(list) = std::env::var_os("SLURM_JOB_NODELIST") else {
        bail!(usage("--slurm is for the inside of an allocation (sbatch, salloc), and SLURM_JOB_NODELIST is not set; give --hosts FILE"));
    };
    let output = Command::new("scontrol").args(["show", "hostnames"]).arg(list).output().context("scontrol does not run").map_err(input)?;
    parse(&String::from_utf8_lossy(&output.stdout)).context("from scontrol").map_err(input)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_host_and_its_rest_may_be_left_out() {
        let hosts = parse("# ours\nnode1\n  me@node2   # the large one\nnode3 10.0.0.3\nnode4 10.0.0.4 8\n").unwrap();
        let found: Vec<(&str, &str, usize)> = hosts.iter().map(|host| (host.name.as_str(), host.address.as_str(), host.devices)).collect();
        let expected = [("node1", "node1", 1), ("me@node2", "node2", 1), ("node3", "10.0.0.3", 1), ("node4", "10.0.0.4", 8)];
        assert_eq!(found, expected);
    }

    #[test]
    fn what_is_no_list_is_named() {
        for (text, words) in [
            ("", "no host"),
            ("# nobody\n", "no host"),
            ("a b c d", "a b c d"),
            ("a b none", "number of devices"),
            ("a b 0", "number of devices"),
            ("a\na 10.0.0.1", "twice"),
            ("-oProxyCommand=x", "option"),
        ] {
            let message = parse(text).unwrap_err().to_string();
            assert!(message.contains(words), "{text}: {message}");
        }
    }
}
