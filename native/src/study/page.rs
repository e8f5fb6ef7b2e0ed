//! The study's page as files: HTML with the study's data in it, so that it also runs from a folder, one script, one style sheet.

use std::path::Path;

use anyhow::{Context, Result, bail};

use super::key::Told;
use crate::{
    exit::{input, usage},
    files::write_atomically,
};

const HTML: &str = include_str!("page/index.html");
const SCRIPT: &str = include_str!("page/study.js");
const STYLE: &str = include_str!("page/study.css");

/// Writes the page and its pictures (names and PNG bytes).
///
/// # Errors
/// An address for answers that is none, or a file that cannot be written.
pub fn write(folder: &Path, told: &Told<'_>, pictures: &[(String, Vec<u8>)]) -> Result<()> {
    let connect = told.post.map(origin).transpose()?.unwrap_or_else(|| "'none'".to_owned());
    // In a script element only `<` could end the data.
    let data = serde_json::to_string(told)?.replace('<', "\\u003c");
    let below = folder.join("pictures");
    std::fs::create_dir_all(&below).with_context(|| format!("cannot make the folder {}", below.display())).map_err(input)?;
    for (name, bytes) in pictures {
        write_atomically(&below.join(format!("{name}.png")), bytes)?;
    }
    write_atomically(&folder.join("study.js"), SCRIPT.as_bytes())?;
    write_atomically(&folder.join("study.css"), STYLE.as_bytes())?;
    let html = HTML.replacen("CONNECT", &connect, 1).replacen("STUDY", &data, 1);
    write_atomically(&folder.join("index.html"), html.as_bytes())
}

/// Scheme, host and port of an address, which the page's policy allows to be told answers.
///
/// # Errors
/// What is no address of the web.
pub fn origin(address: &str) -> Result<String> {
    let parts = address.split_once("://").filter(|(scheme, _)| ["https", "http"].contains(scheme));
    let host = parts.map(|(_, rest)| rest.split(['/', '?', '#']).next().unwrap_or_default());
    let plain = |letter: char| letter.is_ascii_alphanumeric() || ".-:[]".contains(letter);
    match (parts, host) {
        (Some((scheme, _)), Some(host)) if !host.is_empty() && host.chars().all(plain) => Ok(format!("{scheme}://{host}")),
        _ => bail!(usage(format!("answers cannot be sent to `{address}`; give an address such as https://example.org/answers"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_names_the_host_and_nothing_else() {
        assert_eq!(origin("https://example.org:8443/a?b=c").unwrap(), "https://example.org:8443");
        assert_eq!(origin("http://[::1]:80").unwrap(), "http://[::1]:80");
        for wrong in ["example.org", "ftp://example.org", "https://", "https://a b", "https://a;script-src *", "https://user@host/"] {
            assert!(origin(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_template_has_both_places_once() {
        assert_eq!((HTML.matches("CONNECT").count(), HTML.matches("STUDY").count()), (1, 1));
        // The policy stands before the data, whose text may hold anything.
        assert!(HTML.find("CONNECT") < HTML.find("STUDY"));
    }
}
