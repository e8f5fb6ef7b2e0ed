//! The header of a safetensors file.

use std::io::{Read, Seek, SeekFrom};

use safetensors::{Dtype, tensor::Metadata};

use crate::{Fault, number::Kind};

/// The header of a safetensors file is no longer than this.
const LONGEST: u64 = 100 << 20;

/// Names, shapes and places of all tensors.
pub struct Header {
    metadata: Box<Metadata>,
    /// The place of the first number.
    first: u64,
}

impl Header {
    /// Reads it, from the beginning.
    pub fn open(source: &mut (impl Read + Seek)) -> Result<Self, Fault> {
        let whole = source.seek(SeekFrom::End(0))?;
        source.seek(SeekFrom::Start(0))?;
        let mut length = [0; 8];
        source.read_exact(&mut length)?;
        let length = u64::from_le_bytes(length);
        if length > LONGEST {
            return Err(Fault::Damaged(format!("its header claims {length} bytes, and at most {LONGEST} are read")));
        }
        let mut header = Vec::new();
        source.take(length).read_to_end(&mut header)?;
        let metadata: Metadata =
            serde_json::from_slice(&header).map_err(|error| Fault::Damaged(format!("the header of a safetensors file: {error}")))?;
        let (first, wanted) = (8 + length, 8 + length + metadata.data_len() as u64);
        if whole != wanted {
            return Err(Fault::Damaged(format!("it has {whole} bytes and its header says {wanted}")));
        }
        Ok(Self { metadata: Box::new(metadata), first })
    }

    /// Names and shapes.
    pub fn shapes(&self) -> impl Iterator<Item = (String, Vec<usize>)> {
        self.metadata.tensors().into_iter().map(|(name, info)| (name, info.shape.clone()))
    }

    /// What the header says under a key.
    pub fn word(&self, key: &str) -> Option<&str> {
        self.metadata.metadata().as_ref()?.get(key).map(String::as_str)
    }

    /// What a tensor's numbers are, and their bytes; `None` for a tensor that is not there.
    pub fn read(&self, source: &mut (impl Read + Seek), name: &str) -> Result<Option<(Kind, Vec<u8>)>, Fault> {
        let Some(info) = self.metadata.info(name) else { return Ok(None) };
        let kind = match info.dtype {
            Dtype::F64 => Kind::F64,
            Dtype::F32 => Kind::F32,
            Dtype::F16 => Kind::F16,
            Dtype::BF16 => Kind::Bf16,
            _ => Kind::Other,
        };
        let (begin, end) = info.data_offsets;
        let mut bytes = vec![0; end.saturating_sub(begin)];
        source.seek(SeekFrom::Start(self.first + begin as u64))?;
        source.read_exact(&mut bytes)?;
        Ok(Some((kind, bytes)))
    }
}
