//! `infill serve-device` on another machine, held by the connection that started it: it ends when that is closed.

use std::{
    io::Write,
    net::{TcpStream, ToSocketAddrs},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

use super::hosts::Host;
use crate::{exit::Cancelled, interrupt::Interrupt};

/// How long a server may take until it answers: its device is looked for and checked first.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// How long a host that was lost may take, while the others wait for it.
pub const LOST_PATIENCE: Duration = Duration::from_secs(20);

/// How long a server may take to take a call.
const CALL: Duration = Duration::from_secs(5);

/// How long a connection may take to end once it is closed.
const GOODBYE: Duration = Duration::from_secs(5);

/// How servers are started.
pub struct Way {
    /// The command that runs another one on a host, `{host}` for its name.
    pub connect: Vec<String>,
    /// The program there.
    pub program: String,
    /// The kind of its devices.
    pub device: String,
    /// Its port.
    pub port: u16,
    /// What clients must know.
    pub token: String,
}

/// A server that runs.
pub struct Server {
    /// Where.
    pub host: Host,
    address: String,
    connection: Child,
}

impl Server {
    /// Starts one and waits so long until it answers.
    ///
    /// # Errors
    /// A connection that fails, a server that ends or does not answer in time, or a stop that was asked for.
    pub fn start(host: &Host, way: &Way, patience: Duration, interrupt: &Interrupt) -> Result<Server> {
        let mut words = way.connect.iter().map(|word| word.replace("{host}", &host.name));
        let mut command = Command::new(words.next().context("no command that connects")?);
        command.args(words).arg("sh").stdin(Stdio::piped()).stdout(Stdio::null());
        apart(&mut command);
        let failed = || format!("cannot connect to {}", host.name);
        let connection = command.spawn().with_context(failed)?;
        let mut server = Server { host: host.clone(), address: format!("{}:{}", host.address, way.port), connection };
        // Over the connection and not in a command line, which everybody on the machine could read.
        let mut stdin = server.connection.stdin.take().context("the connection takes no input")?;
        stdin.write_all(script(host, way).as_bytes()).and_then(|()| stdin.flush()).with_context(failed)?;
        server.connection.stdin = Some(stdin);
        let began = Instant::now();
        while !server.answers() {
            interrupt.check(|| "stopped while hosts were started".to_owned())?;
            if let Some(status) = server.connection.try_wait()? {
                bail!("the server of {} ended ({status}); its reason is above", host.name);
            }
            if began.elapsed() > patience {
                bail!("{} does not answer at {} after {} s; is the port open?", host.name, server.address, patience.as_secs());
            }
            thread::sleep(Duration::from_millis(100));
        }
        tracing::info!("{} serves on {}", host.name, server.address);
        Ok(server)
    }

    /// Its devices, as `--devices` names them.
    pub fn devices(&self) -> impl Iterator<Item = String> {
        (0..self.host.devices).map(|index| format!("remote:ws://{}#{index}", self.address))
    }

    /// Whether it takes calls.
    pub fn answers(&self) -> bool {
        let mut addresses = self.address.to_socket_addrs().into_iter().flatten();
        addresses.any(|address| TcpStream::connect_timeout(&address, CALL).is_ok())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // What holds the server reads the end of its input, here or when the connection is noticed to be gone.
        drop(self.connection.stdin.take());
        let began = Instant::now();
        while began.elapsed() < GOODBYE {
            if !matches!(self.connection.try_wait(), Ok(None)) {
                return;
            }
            thread::sleep(Duration::from_millis(20));
        }
        drop(self.connection.kill());
        drop(self.connection.wait());
    }
}

/// What the shell of the host is told.
fn script(host: &Host, way: &Way) -> String {
    let Way { program, device, port, token, .. } = way;
    let quoted = |text: &str| format!("'{}'", text.replace('\'', r"'\''"));
    format!(
        "{{\nexec 3<&0\nINFILL_TOKEN={}; export INFILL_TOKEN\n{} serve-device --address 0.0.0.0 --port {port} --device {} --devices {} </dev/null 3<&- &\n\
         server=$!\n(cat <&3 >/dev/null; kill $server 2>/dev/null) &\nwait $server\nexit\n}}\n",
        quoted(token),
        quoted(program),
        quoted(device),
        host.devices
    )
}

/// A process that does not get the Ctrl-C of this one's terminal.
#[cfg(unix)]
pub fn apart(command: &mut Command) {
    std::os::unix::process::CommandExt::process_group(command, 0);
}

/// Elsewhere there are no groups of processes.
#[cfg(not(unix))]
pub fn apart(_: &mut Command) {}

/// Whether an error is a stop that was asked for.
pub fn is_stop(error: &anyhow::Error) -> bool {
    error.is::<Cancelled>()
}
