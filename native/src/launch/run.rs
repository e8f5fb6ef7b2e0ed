//! Starts the servers, trains, and begins again with those that are left when one is lost.

use std::{
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus},
    thread,
    time::Duration,
};

use anyhow::{Context, Result, bail};

use super::{
    hosts::Host,
    server::{LOST_PATIENCE, PATIENCE, Server, Way, apart, is_stop},
};
use crate::{
    exit::{Cancelled, input},
    interrupt::Interrupt,
};

/// A training that loses a machine so often without a new checkpoint between is given up.
const FRUITLESS: usize = 3;

/// A training over several machines as it was asked for.
pub struct LaunchPlan {
    /// The machines.
    pub hosts: Vec<Host>,
    /// How servers are started there.
    pub way: Way,
    /// The run's folder, on this machine.
    pub run: PathBuf,
    /// Other options of `infill train`.
    pub options: Vec<String>,
}

/// Trains until all steps are done.
///
/// # Errors
/// A host that cannot be used at the start, a training that fails while all hosts answer, no host that is left, or a stop that was
/// asked for.
pub fn run(plan: &LaunchPlan) -> Result<()> {
    let interrupt = Interrupt::listen()?;
    let started: Result<Vec<Server>> = plan.hosts.iter().map(|host| Server::start(host, &plan.way, PATIENCE, &interrupt)).collect();
    let mut servers = started.map_err(|error| if is_stop(&error) { error } else { input(error) })?;
    let (mut newest, mut fruitless) = (newest_checkpoint(&plan.run), 0);
    if is_there(&plan.run) && !plan.options.is_empty() {
        tracing::info!("{} goes on with its own settings; options behind `--` are for a new run", plan.run.display());
    }
    loop {
        let status = train(plan, &servers, &interrupt)?;
        match status.code() {
            Some(0) => return Ok(()),
            _ if interrupt.is_asked() => bail!(Cancelled("stopped; the same command goes on from there".to_owned())),
            _ => {}
        }
        let lost: Vec<String> = servers.iter().filter(|server| !server.answers()).map(|server| server.host.name.clone()).collect();
        if lost.is_empty() {
            if matches!(status.code(), Some(2 | 3)) {
                // It said why.
                bail!(input("the training was refused"));
            }
            bail!("the training failed ({status}) while all hosts answer; they must reach one another at these addresses too");
        }
        tracing::warn!("{} was lost; going on from the last checkpoint", lost.join(", "));
        let found = newest_checkpoint(&plan.run);
        fruitless = if found == newest { fruitless + 1 } else { 0 };
        newest = found;
        if fruitless >= FRUITLESS {
            bail!("hosts were lost {FRUITLESS} times without a new checkpoint between; write them more often (--checkpoint-minutes)");
        }
        servers.clear();
        servers = restart(plan, &lost, &interrupt)?;
    }
}

/// Servers on all hosts that answer. Anew on those that were not lost too: theirs hold what the broken training left.
fn restart(plan: &LaunchPlan, lost: &[String], interrupt: &Interrupt) -> Result<Vec<Server>> {
    let mut servers = Vec::new();
    for host in &plan.hosts {
        let patience = if lost.contains(&host.name) { LOST_PATIENCE } else { PATIENCE };
        match Server::start(host, &plan.way, patience, interrupt) {
            Ok(server) => servers.push(server),
            Err(error) if is_stop(&error) => return Err(error),
            Err(error) => tracing::warn!("going on without {}: {error:#}", host.name),
        }
    }
    if servers.is_empty() {
        bail!("no host is left; the same command goes on from the last checkpoint");
    }
    Ok(servers)
}

/// One process of the training, to its end.
fn train(plan: &LaunchPlan, servers: &[Server], interrupt: &Interrupt) -> Result<ExitStatus> {
    let devices: Vec<String> = servers.iter().flat_map(Server::devices).collect();
    let mut command = Command::new(std::env::current_exe().context("this program does not know its own place")?);
    command.env("INFILL_TOKEN", &plan.way.token).arg("train").arg("--run").arg(&plan.run).arg("--devices").arg(devices.join(","));
    if is_there(&plan.run) {
        // The options of a run are in its settings by now, but for those of one call alone.
        command.arg("--resume");
    } else {
        command.args(&plan.options);
    }
    apart(&mut command);
    let mut child = command.spawn().context("the training does not start")?;
    let mut told = false;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        if interrupt.is_asked() && !told {
            told = true;
            stop(&mut child);
        }
        thread::sleep(Duration::from_millis(50));
    }
}

/// Tells the training to save and to end.
fn stop(child: &mut Child) {
    let told = Command::new("kill").arg("-TERM").arg(child.id().to_string()).status();
    if !told.is_ok_and(|status| status.success()) {
        drop(child.kill());
    }
}

/// Whether a run was begun.
fn is_there(run: &Path) -> bool {
    run.join("config.toml").exists()
}

/// The name of the newest checkpoint of a run.
fn newest_checkpoint(run: &Path) -> Option<std::ffi::OsString> {
    let names = std::fs::read_dir(run.join("checkpoints")).ok()?.filter_map(|entry| Some(entry.ok()?.file_name()));
    names.filter(|name| name.to_string_lossy().starts_with("step-")).max()
}
