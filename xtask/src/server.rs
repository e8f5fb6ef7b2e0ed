//! A static host on 127.0.0.1: files with their types, the rest of a file on request, no special headers. Tests can make it
//! fail. It is no server for a network.
//!
//! Each connection has a thread and gets one answer. It is ours because most of it is faults that tests need: wrong bytes,
//! connections that end in the middle of a promised body or before an answer, a host without ranges, and a record of
//! requests. axum with tower-http's `ServeDir` would replace the
//! file types and the ranges, about 60 lines, for 36 s more CPU time before the first `cargo xtask demo` begins.

use std::{
    fs,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    sync::{
        Arc, Condvar, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    thread,
    time::Duration,
};

use anyhow::{Context, Result};

/// Most bytes of a request; a browser's have one or two thousand.
const LONGEST_REQUEST: usize = 1 << 16;

/// How long a connection may stay silent: browsers open some that they do not need.
const PATIENCE: Duration = Duration::from_secs(60);

/// The end of the path at which a test's page tells how many bytes of an answer it has, as the query.
const RECEIVED: &str = "received";

/// A fault of a path, for tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The server answers 404, as while a host is brought up to date.
    Status404,
    /// The server answers 500.
    Status500,
    /// The last byte is wrong.
    WrongByte,
    /// The answer comes late.
    Slow(Duration),
    /// The connection ends after this many bytes of the promised body.
    BreakOff(usize),
}

/// A request that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Asked {
    path: String,
    /// The first byte of a range request.
    from: Option<usize>,
}

#[derive(Default)]
struct Shared {
    /// By the end of the path: the fault, and how often it still happens. The first that matches is used.
    faults: Mutex<Vec<(String, Fault, usize)>>,
    requests: Mutex<Vec<Asked>>,
    /// Connections end without an answer.
    down: AtomicBool,
    /// Range requests get whole files.
    whole_files_only: AtomicBool,
    /// Seconds that browsers may keep an answer without asking; 0 says nothing about it.
    kept: AtomicU32,
    /// What a page told of the answer that is to break off; none where pages tell nothing.
    received: Mutex<Option<usize>>,
    tells: Condvar,
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
    /// When no port is free.
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

    /// Makes paths with this ending fail, this many times, after the faults that they have already.
    pub fn fail(&self, path_end: &str, fault: Fault, times: usize) {
        lock(&self.shared.faults).push((path_end.to_owned(), fault, times));
    }

    /// All paths that were asked for.
    pub fn requests(&self) -> Vec<String> {
        lock(&self.shared.requests).iter().map(|asked| asked.path.clone()).collect()
    }

    /// The first byte of each request for a path with this ending; 0 for a whole file.
    pub fn starts(&self, path_end: &str) -> Vec<usize> {
        let requests = lock(&self.shared.requests);
        requests.iter().filter(|asked| asked.path.ends_with(path_end)).map(|asked| asked.from.unwrap_or(0)).collect()
    }

    /// Ends every connection without an answer, as if host or network were gone; `false` answers again.
    pub fn set_down(&self, down: bool) {
        self.shared.down.store(down, Ordering::SeqCst);
    }

    /// Answers range requests with whole files, as some hosts do; `false` answers ranges again.
    pub fn send_whole_files_only(&self, only: bool) {
        self.shared.whole_files_only.store(only, Ordering::SeqCst);
    }

    /// Lets browsers keep what is sent for so many seconds without asking again, as some hosts do.
    pub fn let_keep(&self, seconds: u32) {
        self.shared.kept.store(seconds, Ordering::SeqCst);
    }

    /// Breaks connections off only when the page has told that it has what was sent until then: a browser drops bytes that it
    /// has not passed on when a connection ends.
    pub fn wait_until_received(&self) {
        *lock(&self.shared.received) = Some(0);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The parts of a request that matter here.
struct Request {
    head_only: bool,
    address: String,
    from: Option<usize>,
}

/// Reads a request; `None` when it is not HTTP or too long.
fn read(stream: &mut TcpStream) -> std::io::Result<Option<Request>> {
    let mut bytes = Vec::new();
    loop {
        let mut part = [0; 4096];
        let count = stream.read(&mut part)?;
        if count == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        bytes.extend_from_slice(&part[..count]);
        let mut headers = [httparse::EMPTY_HEADER; 64];
        let mut request = httparse::Request::new(&mut headers);
        match request.parse(&bytes) {
            Ok(httparse::Status::Complete(_)) => {
                let range = request.headers.iter().find(|header| header.name.eq_ignore_ascii_case("range"));
                let from = range.and_then(|range| std::str::from_utf8(range.value).ok()).and_then(open_range);
                let address = request.path.unwrap_or_default().to_owned();
                return Ok(Some(Request { head_only: request.method == Some("HEAD"), address, from }));
            }
            Ok(httparse::Status::Partial) if bytes.len() <= LONGEST_REQUEST => {}
            _ => return Ok(None),
        }
    }
}

/// The first byte of `bytes=N-`, the only form that is answered; other ranges are ignored.
fn open_range(value: &str) -> Option<usize> {
    value.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok()
}

/// Reads one request and answers it.
fn serve(mut stream: TcpStream, folder: &Path, shared: &Shared) -> std::io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    if shared.down.load(Ordering::SeqCst) {
        return Ok(());
    }
    let request = read(&mut stream)?;
    if shared.down.load(Ordering::SeqCst) {
        return Ok(());
    }
    let answer = match &request {
        Some(request) => answer(request, folder, shared),
        None => plain("400 Bad Request"),
    };
    let Answer { status, kind, range, body, break_off } = answer;
    let length = body.len();
    if break_off.is_some()
        && let Some(received) = &mut *lock(&shared.received)
    {
        *received = 0;
    }
    let caching = match shared.kept.load(Ordering::SeqCst) {
        0 => String::new(),
        seconds => format!("Cache-Control: max-age={seconds}\r\n"),
    };
    write!(stream, "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n{caching}{range}Connection: close\r\n\r\n")?;
    if !request.is_some_and(|request| request.head_only) {
        stream.write_all(&body[..break_off.unwrap_or(length).min(length)])?;
    }
    stream.flush()?;
    if let Some(count) = break_off {
        let waits = |received: &mut Option<usize>| received.is_some_and(|received| received < count.min(length));
        drop(shared.tells.wait_timeout_while(lock(&shared.received), PATIENCE, waits));
    }
    Ok(())
}

struct Answer {
    status: &'static str,
    kind: &'static str,
    /// The `Content-Range` header; empty for a whole file.
    range: String,
    body: Vec<u8>,
    /// How much of the body is sent; all where there is none.
    break_off: Option<usize>,
}

fn plain(status: &'static str) -> Answer {
    Answer { status, kind: "text/plain; charset=utf-8", range: String::new(), body: status.as_bytes().to_vec(), break_off: None }
}

fn answer(request: &Request, folder: &Path, shared: &Shared) -> Answer {
    let path = request.address.split(['?', '#']).next().unwrap_or_default().trim_start_matches('/').to_owned();
    lock(&shared.requests).push(Asked { path: path.clone(), from: request.from });
    if path.ends_with(RECEIVED)
        && let Some(received) = &mut *lock(&shared.received)
    {
        let told = request.address.rsplit_once('?').and_then(|(_, told)| told.parse().ok()).unwrap_or(0);
        *received = told.max(*received);
        shared.tells.notify_all();
        return plain("200 OK");
    }
    let fault = take_fault(shared, &path);
    if let Some(Fault::Slow(time)) = fault {
        thread::sleep(time);
    }
    let mut file = folder.join(&path);
    if path.is_empty() || path.ends_with('/') {
        file = file.join("index.html");
    }
    let inside = !path.split('/').any(|part| part == "..");
    let found = if inside { fs::read(&file).ok() } else { None };
    let mut bytes = match (found, fault) {
        (_, Some(Fault::Status404)) => return plain("404 Not Found"),
        (_, Some(Fault::Status500)) => return plain("500 Internal Server Error"),
        (None, _) => return plain("404 Not Found"),
        (Some(bytes), _) => bytes,
    };
    if fault == Some(Fault::WrongByte)
        && let Some(byte) = bytes.last_mut()
    {
        *byte ^= 1;
    }
    let break_off = if let Some(Fault::BreakOff(count)) = fault { Some(count) } else { None };
    let from = request.from.filter(|_| !shared.whole_files_only.load(Ordering::SeqCst));
    let total = bytes.len();
    match from {
        Some(from) if from >= total => plain("416 Range Not Satisfiable"),
        Some(from) => {
            let range = format!("Content-Range: bytes {from}-{}/{total}\r\n", total - 1);
            Answer { status: "206 Partial Content", kind: kind(&file), range, body: bytes.split_off(from), break_off }
        }
        None => Answer { status: "200 OK", kind: kind(&file), range: String::new(), body: bytes, break_off },
    }
}

fn take_fault(shared: &Shared, path: &str) -> Option<Fault> {
    let mut faults = lock(&shared.faults);
    let (_, fault, times) = faults.iter_mut().find(|(end, _, times)| *times > 0 && path.ends_with(end.as_str()))?;
    *times -= 1;
    Some(*fault)
}

fn kind(path: &Path) -> &'static str {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("json") => "application/json",
        Some("webmanifest") => "application/manifest+json",
        Some("svg") => "image/svg+xml",
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

    #[test]
    fn the_rest_of_a_file_is_sent_and_faults_are_what_they_are_called() {
        let folder = tempfile::TempDir::new().unwrap();
        fs::write(folder.path().join("file.webmanifest"), "0123456789").unwrap();
        let server = Server::start(folder.path().to_owned(), 0).unwrap();
        let get = |range: &str| ask(server.port(), &format!("GET /file.webmanifest HTTP/1.1\r\nHost: here\r\n{range}\r\n"));
        let rest = get("Range: bytes=7-\r\n");
        assert!(
            rest.starts_with("HTTP/1.1 206") && rest.contains("Content-Range: bytes 7-9/10\r\n") && rest.ends_with("\r\n789"),
            "{rest}"
        );
        assert!(rest.contains("application/manifest+json"), "{rest}");
        assert!(get("Range: bytes=10-\r\n").starts_with("HTTP/1.1 416"));
        server.fail("file.webmanifest", Fault::BreakOff(4), 1);
        let broken = get("");
        assert!(broken.contains("Content-Length: 10") && broken.ends_with("\r\n0123"), "{broken}");
        assert!(get("").ends_with("\r\n0123456789"));
        server.send_whole_files_only(true);
        assert!(get("Range: bytes=7-\r\n").starts_with("HTTP/1.1 200"));
        server.set_down(true);
        let mut stream = TcpStream::connect(("127.0.0.1", server.port())).unwrap();
        // Whether it ends before or after the request is read is the system's business.
        drop(stream.write_all(b"GET / HTTP/1.1\r\n\r\n"));
        let mut said = Vec::new();
        drop(stream.read_to_end(&mut said));
        assert!(said.is_empty());
        server.set_down(false);
        assert!(get("").starts_with("HTTP/1.1 200"));
        assert_eq!(server.starts("file.webmanifest")[..5], [7, 10, 0, 0, 7]);
    }
}
