//! A static host on 127.0.0.1: files with their types, no special headers. Tests can make it fail.

use std::{
    collections::HashMap,
    fs::File,
    io::Read,
    net::TcpListener,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::Duration,
};

use anyhow::{Context, Result};
use tiny_http::{Header, Request, Response};

/// What is wrong with a path, for tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The server answers 500.
    Status500,
    /// One byte is another.
    WrongByte,
    /// The answer waits.
    Slow(Duration),
}

#[derive(Default)]
struct Shared {
    /// By the end of the path: the fault and how often it shows.
    faults: Mutex<HashMap<String, (Fault, usize)>>,
    requests: Mutex<Vec<String>>,
}

/// A running server; it stops with the process.
pub struct Server {
    port: u16,
    shared: Arc<Shared>,
    thread: thread::JoinHandle<()>,
}

impl Server {
    /// Serves a folder, on `port` or the next free one; 0 takes any.
    ///
    /// # Errors
    /// When no port can be had.
    pub fn start(folder: PathBuf, port: u16) -> Result<Self> {
        let listener = (port..=port.saturating_add(50)).find_map(|port| TcpListener::bind(("127.0.0.1", port)).ok());
        let listener = listener.with_context(|| format!("no port from {port} on is free; choose another with --port"))?;
        let port = listener.local_addr()?.port();
        let server = tiny_http::Server::from_listener(listener, None).map_err(|error| anyhow::anyhow!("cannot serve: {error}"))?;
        let shared = Arc::new(Shared::default());
        let held = shared.clone();
        let thread = thread::spawn(move || {
            for request in server.incoming_requests() {
                let (folder, shared) = (folder.clone(), held.clone());
                // A slow answer must not hold up the others; a reader that goes away is no error.
                thread::spawn(move || drop(answer(request, &folder, &shared)));
            }
        });
        Ok(Self { port, shared, thread })
    }

    /// The port it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Serves until the process ends.
    pub fn wait(self) {
        drop(self.thread.join());
    }

    /// Lets paths that end so fail, so many times.
    pub fn fail(&self, path_end: &str, fault: Fault, times: usize) {
        lock(&self.shared.faults).insert(path_end.to_owned(), (fault, times));
    }

    /// All paths that were asked for.
    pub fn requests(&self) -> Vec<String> {
        lock(&self.shared.requests).clone()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn answer(request: Request, folder: &Path, shared: &Shared) -> std::io::Result<()> {
    let path = request.url().split('?').next().unwrap_or_default().trim_start_matches('/').to_owned();
    lock(&shared.requests).push(path.clone());
    let fault = take_fault(shared, &path);
    if let Some(Fault::Slow(time)) = fault {
        thread::sleep(time);
    }
    let mut file = folder.join(&path);
    if path.is_empty() || path.ends_with('/') {
        file = file.join("index.html");
    }
    let inside = !path.split('/').any(|part| part == "..");
    let opened = if inside { File::open(&file).ok().filter(|_| file.is_file()) } else { None };
    let status = |code| Response::from_string(format!("{code}")).with_status_code(code);
    match (opened, fault) {
        (_, Some(Fault::Status500)) => request.respond(status(500)),
        (None, _) => request.respond(status(404)),
        (Some(mut opened), fault) => {
            let mut bytes = Vec::new();
            opened.read_to_end(&mut bytes)?;
            if fault == Some(Fault::WrongByte)
                && let Some(byte) = bytes.last_mut()
            {
                *byte ^= 1;
            }
            let response = Response::from_data(bytes);
            match Header::from_bytes("Content-Type", kind(&file)) {
                Ok(header) => request.respond(response.with_header(header)),
                Err(()) => request.respond(response),
            }
        }
    }
}

fn take_fault(shared: &Shared, path: &str) -> Option<Fault> {
    let mut faults = lock(&shared.faults);
    let (fault, times) = faults.iter_mut().find(|(end, _)| path.ends_with(end.as_str())).map(|(_, fault)| fault)?;
    *times = times.checked_sub(1)?;
    Some(*fault)
}

fn kind(path: &Path) -> &'static str {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("json") => "application/json",
        Some("wasm") => "application/wasm",
        Some("png") => "image/png",
        _ => "application/octet-stream",
    }
}
