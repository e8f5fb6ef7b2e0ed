//! `Checkpoint`: names and shapes of a file's tensors, and the numbers of each.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    io::{Read, Seek, SeekFrom},
};

use crate::{Fault, Old, archive::Archive, header::Header, number::Kind, pickle, tensor::Tensor};

/// Of these first bytes of a file it is known which kind it is.
const START: u64 = 512;

/// Where a tar archive says that it is one.
const TAR: (usize, &[u8]) = (257, b"ustar");

/// A checkpoint whose numbers are not read yet.
pub struct Checkpoint<S> {
    source: RefCell<S>,
    shapes: BTreeMap<String, Vec<usize>>,
    content: Content,
}

enum Content {
    Pytorch(Archive, BTreeMap<String, Tensor>),
    Safetensors(Header),
}

impl<S: Read + Seek> Checkpoint<S> {
    /// Reads names and shapes.
    ///
    /// # Errors
    /// A file that is neither `.pth` nor safetensors, one of an old format, damaged, or one that holds more than tensors.
    pub fn open(mut source: S) -> Result<Self, Fault> {
        source.seek(SeekFrom::Start(0))?;
        let mut start = Vec::new();
        Read::by_ref(&mut source).take(START).read_to_end(&mut start)?;
        let content = match start.as_slice() {
            [_, _, _, _, _, _, _, _, b'{', ..] => Content::Safetensors(Header::open(&mut source)?),
            [b'P', b'K', 3 | 5, ..] => {
                let archive = Archive::open(&mut source)?;
                let tensors = pickle::tensors(&archive.pickle(&mut source)?)?;
                Content::Pytorch(archive, tensors)
            }
            start if start.get(TAR.0..).is_some_and(|rest| rest.starts_with(TAR.1)) => return Err(Fault::Old(Old::Tar)),
            // How a pickle of protocol 2 or later begins.
            [0x80, 2..=5, ..] => return Err(Fault::Old(Old::Pickles)),
            _ => return Err(Fault::Foreign),
        };
        let shapes: BTreeMap<_, _> = match &content {
            Content::Pytorch(_, tensors) => tensors.iter().map(|(name, tensor)| (name.clone(), tensor.shape.clone())).collect(),
            Content::Safetensors(header) => header.shapes().collect(),
        };
        if shapes.is_empty() {
            return Err(Fault::Empty);
        }
        Ok(Self { source: RefCell::new(source), shapes, content })
    }

    /// All tensors' shapes by their names.
    pub fn shapes(&self) -> &BTreeMap<String, Vec<usize>> {
        &self.shapes
    }

    /// What a safetensors file says of itself under a key.
    pub fn word(&self, key: &str) -> Option<&str> {
        match &self.content {
            Content::Safetensors(header) => header.word(key),
            Content::Pytorch(..) => None,
        }
    }

    /// A tensor's numbers, last dimension fastest.
    ///
    /// # Errors
    /// No tensor of that name, one that is cut off or holds no floats, numbers that are not finite.
    pub fn read(&self, name: &str) -> Result<Vec<f32>, Fault> {
        let wrong = |what: String| Fault::Tensor { name: name.to_owned(), what };
        let missing = || wrong("is not there".to_owned());
        let no_floats = || wrong("holds no floats, and weights are F16, BF16, F32 or F64".to_owned());
        let mut source = self.source.borrow_mut();
        let values = match &self.content {
            Content::Pytorch(archive, tensors) => {
                let tensor = tensors.get(name).ok_or_else(missing)?;
                let (kind, count) = (tensor.storage.kind, tensor.storage.count);
                let size = kind.size().ok_or_else(no_floats)?;
                let bytes = archive.storage(&mut *source, &tensor.storage.key)?;
                if count.checked_mul(size) != Some(bytes.len()) {
                    return Err(wrong(format!("has {} bytes stored, and {count} numbers of {size} bytes should be there", bytes.len())));
                }
                tensor.gather(kind.floats(&bytes))
            }
            Content::Safetensors(header) => {
                let (kind, bytes) = header.read(&mut *source, name)?.ok_or_else(missing)?;
                if kind == Kind::Other {
                    return Err(no_floats());
                }
                kind.floats(&bytes)
            }
        };
        let wanted = self.shapes.get(name).map(|shape| shape.iter().product());
        if wanted != Some(values.len()) {
            return Err(wrong(format!("has {} numbers, and its shape says {}", values.len(), wanted.unwrap_or(0))));
        }
        match values.iter().position(|value| !value.is_finite()) {
            Some(place) => Err(wrong(format!("holds {} at place {place}", values[place]))),
            None => Ok(values),
        }
    }
}
