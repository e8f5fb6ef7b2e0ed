//! `infill launch` on the command line.

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::Args;

use crate::{
    device::DeviceChoice,
    exit::{input, usage},
    launch::{self, LaunchPlan, Way},
};

/// Train over the devices of several machines.
///
/// On each host `infill serve-device` is started, over ssh or in a SLURM allocation, and `infill train` runs here with all of their
/// devices. When a host is lost, the training goes on from its last checkpoint with those that are left, and with the lost one
/// if it is there again. Nothing between the machines is encrypted: use a trusted network. Every program must be built with `--features
/// remote`. The token is INFILL_TOKEN of this machine.
#[derive(Debug, Args)]
pub struct LaunchArguments {
    /// File with a host on each line: its name, where its port is reached if not by that name, and how many of its devices are used
    /// if not one.
    #[arg(long, value_name = "FILE", required_unless_present = "slurm", conflicts_with = "slurm")]
    pub hosts: Option<PathBuf>,
    /// The hosts of the SLURM allocation that this is called in, by srun.
    #[arg(long)]
    pub slurm: bool,
    /// Folder of the run, on this machine. A run that is there goes on.
    #[arg(long, value_name = "DIR")]
    pub run: PathBuf,
    /// Command that runs another one on a host, {host} for its name [default: ssh -o BatchMode=yes {host}].
    #[arg(long, value_name = "COMMAND", conflicts_with = "slurm")]
    pub connect: Option<String>,
    /// The program on the hosts.
    #[arg(long, value_name = "PATH", default_value = "infill")]
    pub program: String,
    /// Where hosts compute.
    #[arg(long, value_enum, default_value = "auto")]
    pub device: DeviceChoice,
    /// Port of the hosts' servers.
    #[arg(long, default_value_t = 4300, value_parser = clap::value_parser!(u16).range(1..))]
    pub port: u16,
    /// Options of `infill train` for a new run, after `--`.
    #[arg(last = true, value_name = "OPTIONS")]
    pub options: Vec<String>,
}

/// Options of `infill train` that this command gives itself.
const OWN: [&str; 4] = ["--run", "--resume", "--devices", "--device"];

/// Runs the command.
///
/// # Errors
/// Hosts that cannot be used, a training that fails, or a stop that was asked for.
pub fn run(arguments: &LaunchArguments) -> Result<()> {
    launch::run(&arguments.resolve()?)
}

impl LaunchArguments {
    fn resolve(&self) -> Result<LaunchPlan> {
        if !cfg!(feature = "remote") {
            bail!(input("this program was built without devices of other machines; add --features remote"));
        }
        let Some(token) = std::env::var("INFILL_TOKEN").ok().filter(|token| !token.is_empty() && !token.contains('\n')) else {
            bail!(input("whoever reaches the hosts could compute there; set INFILL_TOKEN to a word that nobody guesses"));
        };
        let name = |option: &String| option.split('=').next().unwrap_or_default().to_owned();
        if let Some(option) = self.options.iter().map(name).find(|name| OWN.contains(&name.as_str())) {
            bail!(usage(format!("{option} is chosen by `infill launch`; leave it out behind `--`")));
        }
        let hosts = match &self.hosts {
            Some(path) => launch::read(path)?,
            None => launch::of_slurm()?,
        };
        let by_default = if self.slurm { "srun --overlap --nodes=1 --ntasks=1 --nodelist={host}" } else { "ssh -o BatchMode=yes {host}" };
        let connect: Vec<String> = self.connect.as_deref().unwrap_or(by_default).split_whitespace().map(str::to_owned).collect();
        if !connect.iter().any(|word| word.contains("{host}")) {
            bail!(usage("--connect has no {host}, which stands for the host's name"));
        }
        let way = Way { connect, program: self.program.clone(), device: self.device.to_string(), port: self.port, token };
        Ok(LaunchPlan { hosts, way, run: self.run.clone(), options: self.options.clone() })
    }
}
