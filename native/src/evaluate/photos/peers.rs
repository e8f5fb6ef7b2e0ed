//! Methods of others, run by Python: pictures and masks go into a folder, answers come out of it. The program that does it is
//! `tests/peers/inpaint.py`, carried inside this one.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::str::FromStr;

use anyhow::{Context, bail};
use infill::mask::Mask;
use infill::picture::Picture;
use serde::Deserialize;
use tempfile::TempDir;

use crate::exit::input;
use crate::interrupt::Interrupt;
use crate::pictures::{self, picture_file};

const PROGRAM: &str = include_str!("../../../../tests/peers/inpaint.py");

/// A published method that fills holes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peer {
    /// Telea 2004, OpenCV's.
    Telea,
    /// PatchMatch (Barnes et al. 2009), PyPatchMatch's.
    PatchMatch,
}

/// A name that no [`Peer`] has.
#[derive(Debug, thiserror::Error)]
#[error("there is no peer `{0}`; there are telea and patchmatch")]
pub struct NoPeer(String);

impl fmt::Display for Peer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Peer::Telea => "telea",
            Peer::PatchMatch => "patchmatch",
        })
    }
}

impl FromStr for Peer {
    type Err = NoPeer;

    fn from_str(text: &str) -> Result<Self, NoPeer> {
        [Peer::Telea, Peer::PatchMatch].into_iter().find(|peer| peer.to_string() == text).ok_or_else(|| NoPeer(text.to_owned()))
    }
}

/// A line of the Python program.
#[derive(Deserialize)]
#[serde(untagged)]
enum Told {
    Begun { version: String },
    Done { name: String, seconds: f64 },
}

/// Questions and answers as files.
pub struct PeerFolder {
    folder: TempDir,
    python: PathBuf,
}

impl PeerFolder {
    /// An empty one.
    ///
    /// # Errors
    /// No place for temporary files.
    pub fn new(python: &Path) -> anyhow::Result<PeerFolder> {
        let folder = tempfile::tempdir().context("a folder for the peers")?;
        std::fs::write(folder.path().join("inpaint.py"), PROGRAM).context("writing the peers' program")?;
        Ok(PeerFolder { folder, python: python.to_owned() })
    }

    /// Adds a question.
    ///
    /// # Errors
    /// Files that cannot be written.
    pub fn ask(&self, name: &str, given: &Picture, hole: &Mask) -> anyhow::Result<()> {
        let file = |what: &str| self.folder.path().join(format!("{name}.{what}.png"));
        pictures::write_with_mask(given, hole, &file("given"), &file("mask")).context("writing a question for the peers")
    }

    /// The method's version, after it has answered all questions that are there; `told` hears the name of each and its seconds.
    ///
    /// # Errors
    /// A Python that does not start or lacks a package, a method that fails, or a stop that was asked for.
    pub fn run(&self, peer: Peer, interrupt: &Interrupt, mut told: impl FnMut(&str, f64)) -> anyhow::Result<String> {
        let errors = self.folder.path().join("errors");
        let name = self.python.display();
        let mut child = Command::new(&self.python)
            .arg(self.folder.path().join("inpaint.py"))
            .arg(peer.to_string())
            .arg(self.folder.path())
            .stdout(Stdio::piped())
            .stderr(File::create(&errors).context("a file for the peers' messages")?)
            .spawn()
            .with_context(|| format!("cannot start {name} for the peer {peer}; name another Python with --python, or leave --peer out"))
            .map_err(input)?;
        let lines = BufReader::new(child.stdout.take().context("the peer's output")?).lines();
        let mut version = None;
        for line in lines.map_while(Result::ok) {
            if let Err(stopped) = interrupt.check(|| format!("stopped while {peer} ran")) {
                let _ = child.kill();
                let _ = child.wait();
                return Err(stopped);
            }
            match serde_json::from_str(&line) {
                Ok(Told::Begun { version: found }) => version = Some(found),
                Ok(Told::Done { name, seconds }) => told(&name, seconds),
                Err(_) => tracing::debug!("{peer}: {line}"),
            }
        }
        let status = child.wait().context("waiting for the peer")?;
        interrupt.check(|| format!("stopped while {peer} ran"))?;
        match version {
            Some(version) if status.success() => Ok(version),
            _ => {
                let said = std::fs::read_to_string(&errors).unwrap_or_default();
                let last = said.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("it said nothing");
                bail!(input(format!(
                    "the peer {peer} does not run ({status}): {last}\nwhat it needs: {name} -m pip install numpy opencv-python-headless \
                     pypatchmatch; or name a Python that has it with --python, or leave --peer out"
                )))
            }
        }
    }

    /// The method's answer to a question.
    ///
    /// # Errors
    /// An answer that is not there, is no picture, or has another size.
    pub fn answer(&self, name: &str, peer: Peer, given: &Picture) -> anyhow::Result<Picture> {
        let path = self.folder.path().join(format!("{name}.{peer}.png"));
        let answer = picture_file::read(&path).with_context(|| format!("{peer} gave no answer for {name}"))?.picture()?;
        let (found, wanted) = ((answer.width(), answer.height()), (given.width(), given.height()));
        anyhow::ensure!(found == wanted, "{peer} answered with {}×{} to {}×{}", found.0, found.1, wanted.0, wanted.1);
        Ok(answer)
    }
}

/// The version of each, asked with no question at all, so that what is missing is named before any work.
///
/// # Errors
/// As [`PeerFolder::run`].
pub fn versions(peers: &[Peer], python: &Path, interrupt: &Interrupt) -> anyhow::Result<BTreeMap<String, String>> {
    let folder = PeerFolder::new(python)?;
    peers.iter().map(|peer| Ok((peer.to_string(), folder.run(*peer, interrupt, |_, _| ())?))).collect()
}
