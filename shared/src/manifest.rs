//! The list of models that a page offers, and how a model file is cut for it: what `cargo xtask web` and `infill export --web`
//! write beside the page, and the page reads. Files are elsewhere.

use std::{cmp::Reverse, path::Path};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Bytes of a chunk: small enough that a broken connection costs little where the host knows no ranges, large enough that the
/// number of requests does not matter.
pub const CHUNK: usize = 4 << 20;

/// All models, the default one first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// The models.
    pub models: Vec<ModelEntry>,
}

/// One model file in pieces.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelEntry {
    /// Short name, such as `nature`.
    pub name: String,
    /// What people read in its place, and what it is good at.
    #[serde(flatten)]
    pub words: Words,
    /// Names of the tasks that it was trained on; of none where its file does not say it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tasks: Vec<String>,
    /// Bytes of the whole file.
    pub size: u64,
    /// SHA-256 of the whole file, in hexadecimal.
    pub sha256: String,
    /// Its pieces in order.
    pub chunks: Vec<Chunk>,
}

/// What a list says of a model for people.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Words {
    /// What stands in the place of its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What it is good at, in a few words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
}

/// A piece of a model file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Chunk {
    /// Where it is, relative to the manifest; named by its content.
    pub path: String,
    /// Bytes.
    pub size: u64,
    /// SHA-256, in hexadecimal.
    pub sha256: String,
}

impl ModelEntry {
    /// A model file cut into chunks of `chunk` bytes: its entry, and the chunks' bytes in the entry's order.
    pub fn cut<'a>(name: &str, words: Words, bytes: &'a [u8], chunk: usize) -> (Self, Vec<&'a [u8]>) {
        let pieces: Vec<&[u8]> = bytes.chunks(chunk).collect();
        let described = |piece: &&[u8]| {
            let sha256 = hash(piece);
            Chunk { path: format!("{}.bin", &sha256[..16]), size: piece.len() as u64, sha256 }
        };
        let chunks = pieces.iter().map(described).collect();
        let tasks = tasks(bytes).unwrap_or_default();
        (Self { name: name.to_owned(), words, tasks, size: bytes.len() as u64, sha256: hash(bytes), chunks }, pieces)
    }
}

impl Manifest {
    /// The model of a name.
    pub fn find(&self, name: &str) -> Option<&ModelEntry> {
        self.models.iter().find(|entry| entry.name == name)
    }

    /// Adds a model at the end, or in the place of the one of its name, or as the first, which is the default.
    pub fn put(&mut self, entry: ModelEntry, first: bool) {
        let place = self.models.iter().position(|old| old.name == entry.name);
        if let Some(place) = place {
            self.models.remove(place);
        }
        let place = if first { 0 } else { place.unwrap_or(self.models.len()) };
        self.models.insert(place, entry);
    }
}

/// Whether a file of a folder is a model, by its name.
pub fn is_model(file: &Path) -> bool {
    file.extension().is_some_and(|ending| ending == "infill")
}

/// Where a model comes among those of a folder: before those that know fewer tasks, among equals by its name. The first is the default.
pub fn rank<N: Ord>(tasks: usize, name: N) -> (Reverse<usize>, N) {
    (Reverse(tasks), name)
}

/// What a model file says of its tasks, by its beginning at least as far as its header, without the package's own reader: `xtask` takes
/// in this file alone. Whether it is a model that can be used is not looked at: see `model_file`.
pub fn tasks(bytes: &[u8]) -> Option<Vec<String>> {
    let (length, rest) = bytes.split_first_chunk::<8>()?;
    let header = rest.get(..usize::try_from(u64::from_le_bytes(*length)).ok()?)?;
    let header: serde_json::Value = serde_json::from_slice(header).ok()?;
    let model: serde_json::Value = serde_json::from_str(header["__metadata__"]["infill"].as_str()?).ok()?;
    serde_json::from_value(model["config"]["tasks"].clone()).ok()
}

/// SHA-256 in hexadecimal.
pub fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(name: &str, bytes: &[u8]) -> ModelEntry {
        ModelEntry::cut(name, Words::default(), bytes, 4).0
    }

    #[test]
    fn a_file_is_cut_into_chunks_that_are_named_by_their_content() {
        let (entry, pieces) = ModelEntry::cut("a", Words::default(), b"abcdabcdab", 4);
        assert_eq!(pieces, [b"abcd".as_slice(), b"abcd", b"ab"]);
        assert_eq!(entry.size, 10);
        // By sha256sum.
        assert_eq!(entry.chunks[0].sha256, "88d4266fd4e6338d13b845fcf289579d209c897823b9217da3e161936f031589");
        assert_eq!((&entry.chunks[0].path, &entry.chunks[0]), (&"88d4266fd4e6338d.bin".to_owned(), &entry.chunks[1]));
    }

    #[test]
    fn an_entry_says_which_tasks_a_model_file_names() {
        let header = r#"{"__metadata__":{"infill":"{\"config\":{\"tasks\":[\"restore\"]}}"}}"#;
        let bytes = [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), b"weights"].concat();
        assert_eq!(entry("a", &bytes).tasks, ["restore"]);
        for other in [&bytes[..20], b"", &u64::MAX.to_le_bytes()] {
            assert_eq!(entry("a", other).tasks, Vec::<String>::new());
        }
    }

    #[test]
    fn a_model_takes_the_place_of_the_one_of_its_name_or_the_first() {
        let mut list = Manifest::default();
        let names = |list: &Manifest| list.models.iter().map(|entry| entry.name.clone()).collect::<Vec<_>>().join(" ");
        for (name, first, wanted) in
            [("a", false, "a"), ("b", false, "a b"), ("c", true, "c a b"), ("a", false, "c a b"), ("b", true, "b c a")]
        {
            list.put(entry(name, name.as_bytes()), first);
            assert_eq!(names(&list), wanted);
        }
        list.put(entry("a", b"other"), false);
        assert_eq!(list.find("a"), Some(&entry("a", b"other")));
    }

    #[test]
    fn lists_without_words_are_read_and_written_as_before() {
        let text = serde_json::to_string(&Manifest { models: vec![entry("a", b"abc")] }).unwrap();
        assert!(!text.contains("title") && !text.contains("about") && !text.contains("words"), "{text}");
        let with = text.replace("\"name\":\"a\"", "\"name\":\"a\",\"title\":\"A\",\"about\":\"this\"");
        let read: Manifest = serde_json::from_str(&with).unwrap();
        assert_eq!(read.models[0].words, Words { title: Some("A".to_owned()), about: Some("this".to_owned()) });
    }
}
