//! The configurations of docs/hosting, each run by its server where that is installed, and asked as browsers ask. A server that
//! is not installed is said to be left out.

use std::{
    fs,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use tempfile::TempDir;
use xtask::{hosting, tools};

const SCRIPT: &str = "page-3b015dc8b142adf2.js";
const PROGRAM: &str = "page-addffbabb491ad53_bg.wasm";
const MODEL: &str = "models/0123456789abcdef.bin";

/// How long a server may take to answer for the first time.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a build leaves, as far as it matters here, in a folder that servers may read whoever they run as.
fn site() -> Result<TempDir> {
    let folder = tempfile::Builder::new().prefix("infill-hosting-").tempdir()?;
    fs::create_dir(folder.path().join("models"))?;
    for file in ["index.html", "service-worker.js", SCRIPT, PROGRAM, MODEL, "models/manifest.json"] {
        fs::write(folder.path().join(file), format!("the content of {file}, over and over; ").repeat(100))?;
    }
    hosting::finish(folder.path())?;
    for path in [folder.path().to_owned(), folder.path().join("models")] {
        readable(&path)?;
    }
    Ok(folder)
}

#[cfg(unix)]
fn readable(folder: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    Ok(fs::set_permissions(folder, fs::Permissions::from_mode(0o755))?)
}

#[cfg(not(unix))]
fn readable(_: &Path) -> Result<()> {
    Ok(())
}

/// A server that is stopped when the test ends.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// An answer: its head in lower case, and its body.
struct Answer {
    head: String,
    body: Vec<u8>,
}

fn ask(port: u16, path: &str, header: &str) -> Result<Answer> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    write!(stream, "GET /{path} HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\n{header}\r\n")?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes)?;
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").context("an answer without an end of its head")?;
    Ok(Answer { head: String::from_utf8_lossy(&bytes[..end]).to_lowercase(), body: bytes[end + 4..].to_vec() })
}

/// Runs `check` against the server if it is installed: `start` makes its command from the folder of the site, another for its own
/// files, and the port.
fn with(server: &str, start: impl Fn(&Path, &Path, u16) -> Result<Command>) -> Result<()> {
    let here = Command::new(server).arg("-v").stdout(Stdio::null()).stderr(Stdio::null()).status();
    if here.is_err() {
        println!("LEFT OUT: {server} is not installed here, so its configuration in docs/hosting was not tried");
        return Ok(());
    }
    let (site, own) = (site()?, tempfile::tempdir()?);
    let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
    let child = start(site.path(), own.path(), port)?.stdout(Stdio::null()).spawn().with_context(|| format!("cannot start {server}"))?;
    let mut running = Running(child);
    let began = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        if let Some(status) = running.0.try_wait()? {
            bail!("{server} refuses its configuration ({status})");
        }
        ensure!(began.elapsed() < PATIENCE, "{server} does not answer");
        thread::sleep(Duration::from_millis(50));
    }
    check(site.path(), port).with_context(|| server.to_owned())
}

fn check(site: &Path, port: u16) -> Result<()> {
    for (path, kind, caching) in [
        ("", "text/html", "no-cache"),
        ("service-worker.js", "text/javascript", "no-cache"),
        ("models/manifest.json", "application/json", "no-cache"),
        (SCRIPT, "text/javascript", "immutable"),
        (PROGRAM, "application/wasm", "immutable"),
        (MODEL, "", "immutable"),
    ] {
        let file = site.join(if path.is_empty() { "index.html" } else { path });
        let (packed, whole) = (ask(port, path, "Accept-Encoding: gzip\r\n")?, ask(port, path, "")?);
        for answer in [&packed, &whole] {
            let head = &answer.head;
            ensure!(head.contains(" 200 ") && head.contains(kind), "{path}: {head}");
            ensure!(head.matches("cache-control:").count() == 1 && head.contains(caching), "{path}: {head}");
            ensure!(head.contains("frame-ancestors 'self'"), "{path}: {head}");
        }
        ensure!(whole.body == fs::read(&file)? && !whole.head.contains("content-encoding"), "{path}: {}", whole.head);
        if path != MODEL {
            ensure!(packed.head.contains("content-encoding: gzip"), "{path}: {}", packed.head);
            ensure!(packed.body == fs::read(hosting::compressed(&file, "gz"))?, "{path} is not the file of the build");
        }
    }
    let rest = ask(port, MODEL, "Range: bytes=10-\r\n")?;
    ensure!(rest.head.contains(" 206 ") && rest.body == fs::read(site.join(MODEL))?[10..], "{}", rest.head);
    // Neither the page in place of what is missing, nor an answer that browsers keep for a year.
    for absent in ["absent.js", "absent/page", "page-0123456789abcdef.js", "models/fedcba9876543210.bin"] {
        let answer = ask(port, absent, "")?;
        ensure!(answer.head.contains(" 404 ") && !answer.head.contains("immutable"), "{absent}: {}", answer.head);
        ensure!(!String::from_utf8_lossy(&answer.body).contains("the content of index.html"), "{absent} is the page");
    }
    ensure!(ask(port, "robots.txt", "")?.head.contains(" 200 "), "search engines are told nothing");
    ensure!(ask(port, "_headers", "")?.head.contains(" 404 "), "what is for hosts is shown");
    Ok(())
}

/// A configuration of docs/hosting with this port and this folder.
fn configuration(file: &str, port: u16, site: &Path) -> Result<String> {
    let text = fs::read_to_string(tools::root().join("docs/hosting").join(file))?;
    Ok(text.replace("8080", &port.to_string()).replace("/srv/infill", &site.to_string_lossy()))
}

#[test]
fn nginx_sends_what_the_documentation_says() {
    with("nginx", |site, own, port| {
        let server = configuration("nginx.conf", port, site)?;
        let at = own.display();
        // One process: workers outlive a master that is killed.
        let logs = format!("error_log {at}/error.log; pid {at}/pid; daemon off; master_process off;");
        let bodies = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(|kind| format!("{kind}_temp_path {at}/{kind};")).join(" ");
        fs::write(own.join("nginx.conf"), format!("{logs} events {{}} http {{ access_log off; {bodies} {server} }}"))?;
        let mut command = Command::new("nginx");
        command.arg("-p").arg(own).arg("-c").arg(own.join("nginx.conf"));
        Ok(command)
    })
    .unwrap();
}

#[test]
fn caddy_sends_what_the_documentation_says() {
    with("caddy", |site, own, port| {
        let global = "{\n\tadmin off\n}\n";
        fs::write(own.join("Caddyfile"), format!("{global}{}", configuration("Caddyfile", port, site)?))?;
        let mut command = Command::new("caddy");
        command.args(["run", "--adapter", "caddyfile", "--config"]).arg(own.join("Caddyfile"));
        command.env("XDG_DATA_HOME", own).env("XDG_CONFIG_HOME", own).stderr(Stdio::null());
        Ok(command)
    })
    .unwrap();
}

#[test]
fn apache_sends_what_the_documentation_says() {
    // Debian's name and folder of modules; elsewhere it is left out.
    let modules = Path::new("/usr/lib/apache2/modules");
    with("apache2", |site, own, port| {
        fs::write(site.join(".htaccess"), configuration("apache.htaccess", port, site)?)?;
        let names = ["mpm_event", "authz_core", "dir", "mime", "headers", "rewrite"];
        let load: String = names.iter().map(|name| format!("LoadModule {name}_module {}/mod_{name}.so\n", modules.display())).collect();
        let (at, site) = (own.display(), site.display());
        fs::write(own.join("types"), "text/html html\ntext/css css\napplication/json json\nimage/png png\n")?;
        let text = format!(
            "{load}ServerRoot {at}\nServerName localhost\nListen 127.0.0.1:{port}\nPidFile {at}/pid\nErrorLog {at}/error.log\n\
             TypesConfig {at}/types\nDocumentRoot {site}\nDirectoryIndex index.html\n\
             <Directory {site}>\nAllowOverride All\nRequire all granted\n</Directory>\n"
        );
        fs::write(own.join("apache.conf"), text)?;
        let mut command = Command::new("apache2");
        command.args(["-X", "-f"]).arg(own.join("apache.conf"));
        Ok(command)
    })
    .unwrap();
}
