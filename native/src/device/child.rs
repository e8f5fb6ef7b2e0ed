//! The check of a device in a child process: a driver that crashes or hangs takes nothing with it.

use std::{
    process::{Command, Stdio},
    time::Duration,
};

use anyhow::{Context, Result, bail};
use wait_timeout::ChildExt;

use super::choice::DeviceChoice;

/// How long a GPU may take to show that it works; a first call compiles its kernels.
const CHECK_LIMIT: Duration = Duration::from_secs(120);

/// Runs `infill check-device` and waits for its verdict. `software` accepts adapters that are programs.
///
/// # Errors
/// The device does not work; the error says why.
pub fn check_in_child(choice: DeviceChoice, index: usize, software: bool) -> Result<()> {
    let program = std::env::current_exe().context("cannot find this program's own file")?;
    let mut command = Command::new(program);
    command.arg("check-device").arg(choice.to_string()).arg("--index").arg(index.to_string());
    if software {
        command.arg("--software");
    }
    verdict(command, CHECK_LIMIT)
}

/// Waits for a check to exit with 0; anything else is the reason why its device is passed over.
fn verdict(mut command: Command, limit: Duration) -> Result<()> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().context("cannot start the check")?;
    let Some(status) = child.wait_timeout(limit).context("cannot wait for the check")? else {
        let _ = child.kill();
        let _ = child.wait();
        bail!("it gave no answer within {} s", limit.as_secs());
    };
    let mut said = String::new();
    if let Some(mut output) = child.stdout.take() {
        std::io::Read::read_to_string(&mut output, &mut said).context("cannot read the check's answer")?;
    }
    match (status.success(), said.lines().next()) {
        (true, _) => Ok(()),
        (false, None) => bail!("its driver crashed ({status})"),
        (false, Some(said)) => bail!("{said}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_check_that_crashes_hangs_or_disagrees_is_told_apart() {
        let said = |script: &str, limit: u64| {
            let mut command = Command::new("sh");
            command.args(["-c", script]);
            verdict(command, Duration::from_secs(limit)).map_err(|error| error.to_string())
        };
        assert_eq!(said("echo all is well", 60), Ok(()));
        assert_eq!(said("echo 'it computes something else'; echo more; exit 1", 60), Err("it computes something else".to_owned()));
        let crash = said("kill -SEGV $$", 60).unwrap_err();
        assert!(crash.contains("crashed") && crash.contains("signal"), "{crash}");
        assert_eq!(said("exec sleep 60", 1), Err("it gave no answer within 1 s".to_owned()));
    }
}
