//! A static host on 127.0.0.1: files with their types, no special headers. Tests can make it fail.
//!
//! A thread a connection and one answer each. Not a server for a network, and not tiny_http: its pool counts
//! a thread as free that was already woken for another connection, so that one of a browser's six waits for
//! the others to end, which kept alive they do not.

use std::{
    collections::HashMap,
    fs,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::Duration,
};

use anyhow::{Context, Result};

/// Bytes that a request may have; a browser's have one or two thousand.
const LONGEST_REQUEST: usize = 1 << 16;

/// How long a connection may say nothing: browsers open some that they may not need.
const PATIENCE: Duration = Duration::from_secs(60);

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
        let shared = Arc::new(Shared::default());
        let held = shared.clone();
        let thread = thread::spawn(move || {
            for stream in listener.incoming().filter_map(std::io::Result::ok) {
                let (folder, shared) = (folder.clone(), held.clone());
                // A reader that goes away is no error.
                thread::spawn(move || drop(serve(stream, &folder, &shared)));
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

/// Reads one request and answers it.
fn serve(mut stream: TcpStream, folder: &Path, shared: &Shared) -> std::io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut bytes = Vec::new();
    let asked = loop {
        let mut part = [0; 4096];
        let count = stream.read(&mut part)?;
        if count == 0 {
            return Ok(());
        }
        bytes.extend_from_slice(&part[..count]);
        let mut headers = [httparse::EMPTY_HEADER; 64];
        let mut request = httparse::Request::new(&mut headers);
        match request.parse(&bytes) {
            Ok(httparse::Status::Complete(_)) => break Some((request.method == Some("HEAD"), request.path.unwrap_or_default().to_owned())),
            Ok(httparse::Status::Partial) if bytes.len() <= LONGEST_REQUEST => {}
            _ => break None,
        }
    };
    let (head_only, (status, kind, body)) = match &asked {
        Some((head_only, path)) => (*head_only, answer(path, folder, shared)),
        None => (false, plain("400 Bad Request")),
    };
    let length = body.len();
    write!(stream, "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n")?;
    if !head_only {
        stream.write_all(&body)?;
    }
    stream.flush()
}

/// Status, type and body.
type Answer = (&'static str, &'static str, Vec<u8>);

fn plain(status: &'static str) -> Answer {
    (status, "text/plain; charset=utf-8", status.as_bytes().to_vec())
}

fn answer(address: &str, folder: &Path, shared: &Shared) -> Answer {
    let path = address.split(['?', '#']).next().unwrap_or_default().trim_start_matches('/').to_owned();
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
    let read = if inside { fs::read(&file).ok() } else { None };
    match (read, fault) {
        (_, Some(Fault::Status500)) => plain("500 Internal Server Error"),
        (None, _) => plain("404 Not Found"),
        (Some(mut bytes), fault) => {
            if fault == Some(Fault::WrongByte)
                && let Some(byte) = bytes.last_mut()
            {
                *byte ^= 1;
            }
            ("200 OK", kind(&file), bytes)
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
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("json") => "application/json",
        Some("wasm") => "application/wasm",
        Some("png") => "image/png",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(port: u16, request: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    #[test]
    fn files_are_served_and_nothing_outside() {
        let folder = tempfile::TempDir::new().unwrap();
        fs::create_dir(folder.path().join("site")).unwrap();
        fs::write(folder.path().join("site/index.html"), "hello").unwrap();
        fs::write(folder.path().join("secret"), "no").unwrap();
        let server = Server::start(folder.path().join("site"), 0).unwrap();
        // Connections that say nothing hold up nobody.
        let silent: Vec<TcpStream> = (0..20).map(|_| TcpStream::connect(("127.0.0.1", server.port())).unwrap()).collect();
        let found = ask(server.port(), "GET / HTTP/1.1\r\nHost: here\r\n\r\n");
        assert!(found.starts_with("HTTP/1.1 200") && found.contains("text/html") && found.ends_with("\r\n\r\nhello"), "{found}");
        assert!(ask(server.port(), "GET /absent HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 404"));
        assert!(ask(server.port(), "GET /../secret HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 404"));
        assert!(ask(server.port(), "nonsense\r\n\r\n").starts_with("HTTP/1.1 400"));
        let head = ask(server.port(), "HEAD /index.html HTTP/1.1\r\n\r\n");
        assert!(head.contains("Content-Length: 5") && head.ends_with("\r\n\r\n"), "{head}");
        assert_eq!(server.requests()[..2], ["", "absent"]);
        drop(silent);
    }
}
