//! The container of everything that is saved: a safetensors file whose metadata holds one header in JSON. Model files,
//! checkpoints and classifiers are such files, each with a header of its own. Bytes in, bytes out; files are elsewhere.

use std::collections::{BTreeSet, HashMap};

use safetensors::{SafeTensors, tensor::TensorView};
use serde::{Serialize, de::DeserializeOwned};

pub use safetensors::Dtype;

/// A kind of file.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// Key of the metadata that holds the header.
    pub key: &'static str,
    /// What the header's field `format` must say, where the key alone does not tell the kind.
    pub format: Option<&'static str>,
    /// What its field `version` must say.
    pub version: u32,
}

/// A tensor as plain numbers under its name.
#[derive(Clone, Debug, PartialEq)]
pub struct Weight {
    /// Dotted name.
    pub name: String,
    /// Shape, in the layout of the net that has it; convolutions are [O, I, KH, KW].
    pub shape: Vec<usize>,
    /// Values, last dimension fastest.
    pub values: Vec<f32>,
}

/// A tensor as a file holds it.
#[derive(Clone, Debug)]
pub struct Stored {
    /// Its name.
    pub name: String,
    /// Type of its numbers.
    pub dtype: Dtype,
    /// Its shape.
    pub shape: Vec<usize>,
    /// Its numbers, little-endian, last dimension fastest.
    pub bytes: Vec<u8>,
}

impl Stored {
    /// In 32-bit floats.
    pub fn floats(weight: &Weight) -> Self {
        let bytes = weight.values.iter().flat_map(|value| value.to_le_bytes()).collect();
        Self { name: weight.name.clone(), dtype: Dtype::F32, shape: weight.shape.clone(), bytes }
    }
}

/// Bytes that are not the file that was expected.
#[derive(Debug, thiserror::Error)]
pub enum ContainerError {
    /// Another kind of file; says what it is.
    #[error("{0}")]
    Foreign(String),
    /// Cut short or damaged.
    #[error("{0}")]
    Damaged(String),
    /// Written by another version.
    #[error("it has version {found}, this program reads version {known}")]
    Version {
        /// The file's.
        found: u64,
        /// The program's.
        known: u32,
    },
    /// Tensors or a header that cannot be written.
    #[error("{0}")]
    Encode(String),
}

/// Writes a file. Fields `format` and `version` of the header are the caller's to set, as [`Kind`] says.
///
/// # Errors
/// Two tensors of one name, bytes that do not fit their shape, or a header that is no JSON.
pub fn write(kind: Kind, header: &impl Serialize, tensors: &[Stored]) -> Result<Vec<u8>, ContainerError> {
    let encode = |error: &dyn std::fmt::Display| ContainerError::Encode(error.to_string());
    let header = serde_json::to_string(header).map_err(|error| encode(&error))?;
    let mut names = BTreeSet::new();
    // The safetensors crate panics on them.
    if let Some(twice) = tensors.iter().find(|stored| !names.insert(&stored.name)) {
        return Err(ContainerError::Encode(format!("two tensors are called `{}`", twice.name)));
    }
    let views = tensors
        .iter()
        .map(|stored| Ok((stored.name.as_str(), TensorView::new(stored.dtype, stored.shape.clone(), &stored.bytes)?)))
        .collect::<Result<Vec<_>, safetensors::SafeTensorError>>()
        .map_err(|error| encode(&error))?;
    safetensors::serialize(views, Some(HashMap::from([(kind.key.to_owned(), header)]))).map_err(|error| encode(&error))
}

/// A file that was read.
#[derive(Debug)]
pub struct Container<'a, H> {
    /// Its header.
    pub header: H,
    tensors: SafeTensors<'a>,
}

impl<'a, H: DeserializeOwned> Container<'a, H> {
    /// Reads a file.
    ///
    /// # Errors
    /// Bytes of another kind of file, damaged, or of another version.
    pub fn read(kind: Kind, bytes: &'a [u8]) -> Result<Self, ContainerError> {
        let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(|error| unreadable(bytes, &error))?;
        let text = metadata.metadata().as_ref().and_then(|metadata| metadata.get(kind.key));
        let text = text.ok_or_else(|| ContainerError::Foreign("it is a safetensors file of something else".to_owned()))?;
        let damaged = |error: serde_json::Error| ContainerError::Damaged(format!("its header: {error}"));
        let value: serde_json::Value = serde_json::from_str(text).map_err(damaged)?;
        if let Some(format) = kind.format
            && value["format"] != format
        {
            return Err(ContainerError::Foreign(format!("its metadata says {}", value["format"])));
        }
        let found = value["version"].as_u64().unwrap_or(0);
        if found != u64::from(kind.version) {
            return Err(ContainerError::Version { found, known: kind.version });
        }
        let header = serde_json::from_value(value).map_err(damaged)?;
        let tensors = SafeTensors::deserialize(bytes).map_err(|error| unreadable(bytes, &error))?;
        Ok(Self { header, tensors })
    }
}

impl<'a, H> Container<'a, H> {
    /// Names of its tensors.
    pub fn names(&self) -> Vec<&str> {
        self.tensors.names()
    }

    /// A tensor: its type, its shape and its bytes.
    ///
    /// # Errors
    /// There is none of that name.
    pub fn tensor(&self, name: &str) -> Result<(Dtype, Vec<usize>, &'a [u8]), ContainerError> {
        let tensor = self.tensors.tensor(name).map_err(|error| ContainerError::Damaged(format!("tensor `{name}`: {error}")))?;
        Ok((tensor.dtype(), tensor.shape().to_vec(), tensor.data()))
    }

    /// All tensors, which must be of 32-bit floats.
    ///
    /// # Errors
    /// One of another type.
    pub fn floats(&self) -> Result<Vec<Weight>, ContainerError> {
        let weight = |name: &str| {
            let (dtype, shape, bytes) = self.tensor(name)?;
            if dtype != Dtype::F32 {
                return Err(ContainerError::Damaged(format!("tensor `{name}` has the type {dtype:?}, not F32")));
            }
            Ok(Weight { name: name.to_owned(), shape, values: floats(bytes) })
        };
        self.names().into_iter().map(weight).collect()
    }
}

/// 32-bit floats from their bytes.
pub fn floats(bytes: &[u8]) -> Vec<f32> {
    bytes.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()
}

/// A file that begins as safetensors do but cannot be read is damaged; anything else is another kind of file.
fn unreadable(bytes: &[u8], error: &safetensors::SafeTensorError) -> ContainerError {
    let begins_right = bytes.len() > 9 && bytes[8] == b'{' && bytes[..8][4..] == [0; 4];
    match begins_right {
        true => ContainerError::Damaged(error.to_string()),
        false => ContainerError::Foreign(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    const KIND: Kind = Kind { key: "infill", format: Some("infill-test"), version: 2 };

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Header {
        format: String,
        version: u32,
        note: String,
    }

    fn header() -> Header {
        Header { format: "infill-test".to_owned(), version: 2, note: "grün".to_owned() }
    }

    fn weights() -> Vec<Weight> {
        let weight = |name: &str, shape: &[usize]| Weight {
            name: name.to_owned(),
            shape: shape.to_vec(),
            values: (0..shape.iter().product()).map(|value| value as f32 * 0.1 - 0.3).collect(),
        };
        vec![weight("b.weight", &[2, 3]), weight("a.bias", &[4])]
    }

    fn bytes() -> Vec<u8> {
        write(KIND, &header(), &weights().iter().map(Stored::floats).collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn what_is_written_is_read_again() {
        let bytes = bytes();
        let read: Container<'_, Header> = Container::read(KIND, &bytes).unwrap();
        assert_eq!(read.header, header());
        let mut found = read.floats().unwrap();
        found.sort_by(|left, right| right.name.cmp(&left.name));
        assert_eq!(found, weights());
    }

    #[test]
    fn what_is_no_such_file_is_told_apart() {
        let bytes = bytes();
        let refused = |kind: Kind, bytes: &[u8]| Container::<Header>::read(kind, bytes).unwrap_err();
        assert!(matches!(refused(KIND, b"a picture, maybe, of some length"), ContainerError::Foreign(_)));
        assert!(matches!(refused(KIND, &bytes[..bytes.len() - 1]), ContainerError::Damaged(_)));
        assert!(matches!(refused(Kind { key: "other", ..KIND }, &bytes), ContainerError::Foreign(_)));
        let message = refused(Kind { format: Some("infill-other"), ..KIND }, &bytes).to_string();
        assert!(message.contains("infill-test"), "{message}");
        assert!(matches!(refused(Kind { version: 3, ..KIND }, &bytes), ContainerError::Version { found: 2, known: 3 }));
        let half = Stored { dtype: Dtype::F16, bytes: vec![0; 2], shape: vec![1], name: "half".to_owned() };
        let bytes = write(KIND, &header(), &[half]).unwrap();
        let read: Container<'_, Header> = Container::read(KIND, &bytes).unwrap();
        let message = read.floats().unwrap_err().to_string();
        assert!(message.contains("half") && message.contains("F16"), "{message}");
    }

    #[test]
    fn one_name_twice_is_refused() {
        let stored: Vec<Stored> = weights().iter().chain(&weights()).map(Stored::floats).collect();
        assert!(matches!(write(KIND, &header(), &stored), Err(ContainerError::Encode(_))));
    }
}
