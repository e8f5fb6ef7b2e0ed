//! What static hosts can use beside the page's files: each of them compressed, and `_headers`, from which some hosts take
//! what to send along. No file here is needed; the page works from a host that knows none of them.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};
use flate2::{Compression, write::GzEncoder};

use crate::page_files::{is_for_hosts, replace, write};

/// Endings of files that compression makes smaller. Pictures and models are compressed already.
const COMPRESSIBLE: [&str; 6] = ["html", "js", "css", "wasm", "json", "webmanifest"];

/// How long a file may be kept whose name is that of its content.
const KEPT: &str = "public, max-age=31536000, immutable";
/// What is sent with others: they are asked for at every visit, and sent again where they have changed.
const ASKED: &str = "no-cache";

/// What search engines may fetch: the page, and not the megabytes of models. It counts at the top of a site only.
const ROBOTS: &str = "User-agent: *\nDisallow: /models/\n";

/// Says in the page where it is hosted, for sites that show a picture of what they link: many take full addresses only.
///
/// # Errors
/// What is no address of a folder on the web, or a page without a picture to show.
pub fn name_address(dist: &Path, address: &str) -> Result<()> {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-._~:/[]@%".contains(letter);
    let is_folder =
        (address.starts_with("https://") || address.starts_with("http://")) && address.ends_with('/') && address.chars().all(plain);
    ensure!(is_folder, "`{address}` is no address of a folder; give one such as https://example.org/infill/");
    let picture = "<meta property=\"og:image\" content=\"";
    replace(dist, "index.html", picture, &format!("<meta property=\"og:url\" content=\"{address}\">\n  {picture}{address}"))
}

/// What the page has where sites are named that may show it in a frame and speak with it.
const EMBED: &str = "data-embed=\"";

/// Names such sites in the page.
///
/// # Errors
/// What is no origin, or a page without a place for them.
pub fn name_embedding(dist: &Path, origins: &[String]) -> Result<()> {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-.:[]".contains(letter);
    for origin in origins {
        let host = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
        let is_origin = host.is_some_and(|host| !host.is_empty() && host.chars().all(plain));
        ensure!(is_origin, "`{origin}` is no origin; give one such as https://example.org, without a path and a slash");
    }
    replace(dist, "index.html", &format!("{EMBED}\""), &format!("{EMBED}{}\"", origins.join(" ")))
}

/// The sites that the page names.
fn embedding(page: &str) -> &str {
    page.split_once(EMBED).and_then(|(_, rest)| rest.split_once('"')).map_or("", |(origins, _)| origins)
}

/// Writes `FILE.br` and `FILE.gz` beside every file that gets smaller, `_headers` and `robots.txt`.
///
/// # Errors
/// When a file cannot be read or written.
pub fn finish(dist: &Path) -> Result<()> {
    write(&dist.join("robots.txt"), ROBOTS.as_bytes())?;
    let mut files = files(dist)?;
    files.extend(self::files(&dist.join("models"))?);
    for file in &files {
        if file.extension().is_some_and(|ending| COMPRESSIBLE.iter().any(|known| ending == *known)) {
            let bytes = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
            for (ending, small) in [("br", brotli(&bytes)?), ("gz", gzip(&bytes)?)] {
                if small.len() < bytes.len() {
                    write(&compressed(file, ending), &small)?;
                }
            }
        }
    }
    let page = fs::read_to_string(dist.join("index.html")).context("the build left no index.html")?;
    write(&dist.join("_headers"), headers(dist, &files, embedding(&page))?.as_bytes())
}

/// The files of a folder that visitors ask for, in the order of their names.
///
/// # Errors
/// When the folder cannot be read.
pub fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
    let mut files: Vec<PathBuf> = entries.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    files.retain(|path| path.is_file() && !is_for_hosts(&name(path)));
    files.sort();
    Ok(files)
}

/// The file beside another that holds it compressed.
pub fn compressed(file: &Path, ending: &str) -> PathBuf {
    file.with_file_name(format!("{}.{ending}", name(file)))
}

/// A file as brotli, at its best: that takes a minute more than the next best and makes WebAssembly an eighth smaller.
///
/// # Errors
/// None in practice: it writes to memory.
pub fn brotli(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut writer = brotli::CompressorWriter::new(Vec::new(), 1 << 16, 11, 24);
    writer.write_all(bytes)?;
    writer.flush()?;
    Ok(writer.into_inner())
}

fn gzip(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut writer = GzEncoder::new(Vec::new(), Compression::best());
    writer.write_all(bytes)?;
    Ok(writer.finish()?)
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// One rule for each file: hosts that find several rules for a file send both of their values.
fn headers(dist: &Path, files: &[PathBuf], embedding: &str) -> Result<String> {
    let around = format!("'self' {embedding}");
    let around = around.trim_end();
    let mut text = String::new();
    let mut rule = |path: &str, caching: &str| {
        text += &format!("/{path}\n  Cache-Control: {caching}\n  Content-Security-Policy: frame-ancestors {around}\n");
    };
    rule("", ASKED);
    // By their kind, so that it holds for a model that is put in later.
    rule("models/*.bin", KEPT);
    for file in files.iter().filter(|file| !is_chunk(file)) {
        let path = file.strip_prefix(dist).context("a file outside of the page's folder")?.to_string_lossy().replace('\\', "/");
        rule(&path, if is_named_by_content(&path) { KEPT } else { ASKED });
    }
    Ok(text)
}

/// Whether a file is a piece of a model.
fn is_chunk(file: &Path) -> bool {
    file.extension().is_some_and(|ending| ending == "bin") && file.parent().is_some_and(|folder| folder.ends_with("models"))
}

/// Whether another content would have another name: `page-3b015dc8b142adf2.js`, `page-3b015dc8_bg.wasm`.
fn is_named_by_content(path: &str) -> bool {
    let stem = path.rsplit('/').next().unwrap_or_default().split('.').next().unwrap_or_default();
    let stem = stem.strip_suffix("_bg").unwrap_or(stem);
    let hash = stem.rsplit_once('-').map_or("", |(_, hash)| hash);
    hash.len() >= 8 && hash.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn files_are_there_compressed_and_unpack_to_themselves() {
        let folder = tempfile::TempDir::new().unwrap();
        let dist = folder.path();
        fs::create_dir(dist.join("models")).unwrap();
        let text = "let it be shorter; ".repeat(200);
        for (path, content) in [
            ("index.html", text.as_str()),
            ("page-3b015dc8b142adf2.js", &text),
            ("icon-12345678.png", &text),
            ("models/manifest.json", "{}"),
        ] {
            fs::write(dist.join(path), content).unwrap();
        }
        finish(dist).unwrap();
        let packed = fs::read(dist.join("page-3b015dc8b142adf2.js.gz")).unwrap();
        let mut unpacked = String::new();
        flate2::read::GzDecoder::new(&packed[..]).read_to_string(&mut unpacked).unwrap();
        assert_eq!(unpacked, text);
        let packed = fs::read(dist.join("index.html.br")).unwrap();
        let mut unpacked = Vec::new();
        brotli::BrotliDecompress(&mut &packed[..], &mut unpacked).unwrap();
        assert_eq!(unpacked, text.as_bytes());
        // Neither what is no smaller nor what is compressed by its kind.
        assert!(!dist.join("models/manifest.json.gz").exists() && !dist.join("icon-12345678.png.br").exists());
        // What is for hosts is no file of the page, and a second build changes nothing.
        let names = || files(dist).unwrap().iter().map(|path| name(path)).collect::<Vec<_>>();
        assert_eq!(names(), ["icon-12345678.png", "index.html", "page-3b015dc8b142adf2.js"]);
        finish(dist).unwrap();
        assert_eq!(names().len(), 3);
        assert!(fs::read_to_string(dist.join("robots.txt")).unwrap().contains("Disallow: /models/"));
    }

    #[test]
    fn the_picture_of_a_link_gets_the_pages_address() {
        let folder = tempfile::TempDir::new().unwrap();
        let (dist, page) = (folder.path(), folder.path().join("index.html"));
        fs::write(&page, "<meta property=\"og:image\" content=\"icon.png\">").unwrap();
        for wrong in ["example.org/", "https://example.org/infill", "https://example.org/\"><script>/"] {
            assert!(name_address(dist, wrong).unwrap_err().to_string().contains(wrong), "{wrong}");
        }
        name_address(dist, "https://example.org/infill/").unwrap();
        let text = fs::read_to_string(&page).unwrap();
        assert!(text.contains("<meta property=\"og:url\" content=\"https://example.org/infill/\">"), "{text}");
        assert!(text.contains("<meta property=\"og:image\" content=\"https://example.org/infill/icon.png\">"), "{text}");
    }

    #[test]
    fn sites_that_may_embed_stand_in_the_page_and_in_what_is_sent_along() {
        let folder = tempfile::TempDir::new().unwrap();
        let dist = folder.path();
        fs::write(dist.join("index.html"), "<body data-embed=\"\">").unwrap();
        fs::create_dir(dist.join("models")).unwrap();
        finish(dist).unwrap();
        assert!(fs::read_to_string(dist.join("_headers")).unwrap().contains("frame-ancestors 'self'\n"));
        for wrong in ["example.org", "https://example.org/", "*", "https://", "https://a\" onload=\"x"] {
            assert!(name_embedding(dist, &[wrong.to_owned()]).unwrap_err().to_string().contains(wrong), "{wrong}");
        }
        name_embedding(dist, &["https://a.example".to_owned(), "http://localhost:8000".to_owned()]).unwrap();
        finish(dist).unwrap();
        assert!(fs::read_to_string(dist.join("index.html")).unwrap().contains("data-embed=\"https://a.example http://localhost:8000\""));
        let headers = fs::read_to_string(dist.join("_headers")).unwrap();
        assert!(headers.contains("frame-ancestors 'self' https://a.example http://localhost:8000\n"), "{headers}");
    }

    #[test]
    fn every_file_has_one_rule() {
        let dist = Path::new("dist");
        let paths =
            ["index.html", "page-3b015dc8b142adf2_bg.wasm", "service-worker.js", "models/0123456789abcdef.bin", "models/manifest.json"];
        let text = headers(dist, &paths.map(|path| dist.join(path)), "").unwrap();
        let rule = |path: &str| {
            let rules: Vec<&str> = text.split("\n/").filter(|rule| rule.trim_start_matches('/').lines().next() == Some(path)).collect();
            assert_eq!(rules.len(), 1, "{path} in {text}");
            rules[0].to_owned()
        };
        assert!(!text.contains("0123456789abcdef"), "{text}");
        for path in ["page-3b015dc8b142adf2_bg.wasm", "models/*.bin"] {
            assert!(rule(path).contains("immutable"), "{path}");
        }
        for path in ["", "index.html", "service-worker.js", "models/manifest.json"] {
            assert!(rule(path).contains("no-cache"), "{path}");
        }
    }
}
