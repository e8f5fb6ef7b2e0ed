//! Devices of other machines that stop answering in the middle of a training. burn has no error for that: it panics where a
//! result is waited for. Here the panic becomes an error with the server's name. A server whose machine is cut off without the
//! connection being closed makes no panic: burn waits for it as long as the system does, which can be forever. Somebody beside asks
//! whether the servers still answer, and ends the program when one does not.

use std::{
    collections::BTreeSet,
    net::{TcpStream, ToSocketAddrs},
    panic::{self, AssertUnwindSafe},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use anyhow::{Result, anyhow};

use super::place::Devices;

/// How long a server may take to take a call before it counts as gone.
const LIMIT: Duration = Duration::from_secs(5);

/// How long between two questions whether a server is there.
const PAUSE: Duration = Duration::from_secs(5);

/// A server that takes no call so many times, one after the other, is gone.
const CALLS: usize = 3;

/// Does work on devices of which some may be of other machines.
///
/// # Errors
/// The work's own; and where it broke off while devices of other machines were computing, which of their servers do not answer
/// any more, or what burn said when all of them do. `state` says what there is to go on from.
pub fn name_the_lost<T>(
    devices: &Devices,
    state: impl Fn() -> String + Send + Sync + 'static,
    work: impl FnOnce() -> Result<T>,
) -> Result<T> {
    let servers = devices.servers();
    if servers.is_empty() {
        return work();
    }
    let state = Arc::new(state);
    let watch = Watch::begin(servers.clone(), state.clone());
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|info| tracing::debug!("{info}")));
    let outcome = panic::catch_unwind(AssertUnwindSafe(work));
    panic::set_hook(hook);
    drop(watch);
    outcome.unwrap_or_else(|payload| {
        let gone: Vec<&str> = servers.iter().map(String::as_str).filter(|server| !answers(server)).collect();
        let what = if gone.is_empty() {
            let said = payload.downcast_ref::<String>().map(String::as_str).or_else(|| payload.downcast_ref().copied());
            let servers = Vec::from_iter(servers.iter().map(String::as_str)).join(", ");
            format!("the work broke off, though {servers} can be reached ({})", said.unwrap_or("for no stated reason"))
        } else {
            format!("{} stopped answering", gone.join(", "))
        };
        Err(anyhow!("{what}; {}", state()))
    })
}

/// Asks beside the work whether the servers still answer, until it is dropped.
struct Watch {
    ended: Arc<AtomicBool>,
    thread: thread::Thread,
}

impl Watch {
    fn begin(servers: BTreeSet<String>, state: Arc<impl Fn() -> String + Send + Sync + 'static>) -> Self {
        let ended = Arc::new(AtomicBool::new(false));
        let stop = ended.clone();
        let thread = thread::spawn(move || {
            let mut missed = vec![0; servers.len()];
            while !stop.load(Ordering::SeqCst) {
                thread::park_timeout(PAUSE);
                for (server, missed) in servers.iter().zip(&mut missed) {
                    *missed = if answers(server) { 0 } else { *missed + 1 };
                    if *missed >= CALLS && !stop.load(Ordering::SeqCst) {
                        // The work hangs inside burn and cannot be called off; what it has saved is whole.
                        eprintln!("infill: {server} stopped answering; {}", state());
                        std::process::exit(1);
                    }
                }
            }
        });
        Self { ended, thread: thread.thread().clone() }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::SeqCst);
        self.thread.unpark();
    }
}

/// Whether somebody listens at a WebSocket's address.
fn answers(server: &str) -> bool {
    let secure = server.starts_with("wss://");
    let place = server.trim_start_matches("wss://").trim_start_matches("ws://");
    let place = place.split('/').next().unwrap_or(place);
    let with_port = format!("{place}:{}", if secure { 443 } else { 80 });
    let addresses = place.to_socket_addrs().or_else(|_| with_port.to_socket_addrs());
    addresses.is_ok_and(|mut addresses| addresses.any(|address| TcpStream::connect_timeout(&address, LIMIT).is_ok()))
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::{super::choice::DeviceChoice, *};

    fn devices(list: &str) -> Devices {
        Devices::parse(DeviceChoice::Auto, &list.split(',').map(str::to_owned).collect::<Vec<_>>()).unwrap()
    }

    /// In one test, because there is one hook for all panics of a program.
    #[test]
    fn who_does_not_answer_is_named_and_work_that_ends_is_left_alone() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let there = format!("ws://{}", listener.local_addr().unwrap());
        let fails = |list: &str| -> String {
            let work = || panic!("no answer to request {}", list.len());
            name_the_lost::<()>(&devices(list), || "begin again".to_owned(), work).unwrap_err().to_string()
        };
        let text = fails(&format!("cpu,remote:{there},remote:ws://127.0.0.1:9,remote:ws://127.0.0.1:9#1"));
        assert_eq!(text, "ws://127.0.0.1:9 stopped answering; begin again");
        let text = fails(&format!("remote:{there}"));
        assert!(text.contains(&there) && text.contains("(no answer to request ") && text.ends_with("; begin again"), "{text}");

        let state = || unreachable!("nothing broke off");
        assert_eq!(name_the_lost(&devices("remote:ws://127.0.0.1:9"), state, || Ok(3)).unwrap(), 3);
        let error = name_the_lost::<()>(&devices("remote:ws://127.0.0.1:9"), state, || Err(anyhow!("its own"))).unwrap_err();
        assert_eq!(error.to_string(), "its own");
    }
}
